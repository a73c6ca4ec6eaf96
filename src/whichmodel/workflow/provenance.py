"""Where a result comes from: a JSON document beside it, and XMP inside it that says that AI made part of it.

The document holds times and the date; the picture does not, so that the same work gives the same bytes.
"""

from __future__ import annotations

import platform
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from whichmodel import __version__
from whichmodel.domain import DataType, PictureError, Record, Step, Workflow, to_json
from whichmodel.files import replacing
from whichmodel.nodes.model import overlap_of, tile_side
from whichmodel.nodes.operation import Cards
from whichmodel.nodes.registry import operation_of
from whichmodel.pictures.bridge import pyvips
from whichmodel.pictures.xmp import Event, merge_xmp
from whichmodel.runtimes.devices import choose
from whichmodel.weights import WeightsRecord, hashes, origin, record
from whichmodel.workflow.advice import Decision
from whichmodel.workflow.print_size import PrintTarget
from whichmodel.workflow.report import FileFacts, RunReport, StepReport
from whichmodel.workflow.substitute import Substitution

TOOL = f"whichmodel {__version__}"

# The IPTC's controlled vocabulary "Digital Source Type", as published at cv.iptc.org/newscodes/digitalsourcetype.
# - compositeWithTrainedAlgorithmicMedia, "Edited using Generative AI": augmentation, correction or enhancement
#   with a trained model. Right wherever samples of the result were computed by a trained model: they show what
#   the model learned from other pictures. That the models here are trained to restore and not to invent does
#   not make their pixels captured ones, and a reader must not take them for such.
# - algorithmicallyEnhanced: augmentation, correction or enhancement by an algorithm, as sharpening. Right where
#   every sample follows from the input by a formula, even if a model chose where to apply it.
# - minorHumanEdits is retired since 2024, its successor humanEdits says that a person retouched. Neither is true
#   of a change of size alone: it gets no term, and what the input declares stays true of it.
AI = "compositeWithTrainedAlgorithmicMedia"
ENHANCED = "algorithmicallyEnhanced"
_PLAIN = frozenset({"resample"})

_MOST_ASIDE = 1_000_000
_LIBRARIES = ("ncnn", "onnxruntime", "numpy", "pyvips")


class WeightsFacts(Record, frozen=True, kw_only=True):
    """Weights that made part of a result.

    Args:
        sha256: of the files by role.
        source: package and version that they came from.
    """

    id: str
    model: str
    paper: str
    source: str
    sha256: dict[str, str]
    licence: str
    licence_note: str


class Provenance(Record, frozen=True, kw_only=True):
    """All that is needed to tell how a result came to be, and to make it again.

    Args:
        made_at: date and time in UTC, ISO 8601.
        program: name and version.
        libraries: versions by name.
        machine: system and kind of processor.
        input, output: names without their folders, sizes, and sha256.
        others: the same of the workflow's further inputs, by name.
        print_target: the print that was wished, with its viewing distance; `None` where none was.
        digital_source_type: IPTC's term that stands in the picture, or `None`.
        workflow: what ran, with substitutions in place.
        steps: with device, tile, weights and seconds.
        weights: of all models that ran.
        checks: that every step's result passed before the next one started.
        evidence: what the comparison of input and result says.
        decisions: what the photo itself asked for, and whether it was done.
        xmp_set_aside: the input's XMP in base64 where it could not be kept in the picture; its first
            megabyte.
    """

    made_at: str
    program: str
    libraries: dict[str, str]
    machine: str
    input: FileFacts
    output: FileFacts
    digital_source_type: str | None
    workflow: Workflow
    steps: tuple[StepReport, ...]
    weights: tuple[WeightsFacts, ...]
    substitutions: tuple[Substitution, ...]
    plan: dict[str, Any]
    checks: tuple[str, ...]
    seconds: float
    notes: tuple[str, ...] = ()
    evidence: dict[str, Any] | None = None
    xmp_set_aside: str | None = None
    others: dict[str, FileFacts] = msgspec.field(default_factory=dict)
    print_target: PrintTarget | None = None
    decisions: tuple[Decision, ...] = ()


CHECKS = (
    "every unit of every step gave the planned size, sample type and channels",
    "no network gave NaN or infinite values",
    "no result is of one single colour where its input is not",
    "local means of each result agree with those of the picture that it was made from",
)


def provenance_path(output: Path) -> Path:
    """Where the document of a result goes: `photo.png.provenance.json`."""
    return output.with_name(f"{output.name}.provenance.json")


def digital_source_type(workflow: Workflow, cards: Cards) -> str | None:
    """IPTC's term for the result of a workflow; `None` where nothing but the size was changed."""
    of_models: dict[str, bool] = {port.name: False for port in workflow.inputs}
    for step in workflow.steps:
        made = operation_of(step).needs_weights(step, cards) is not None
        pictures = [name for name in step.takes.values() if _is_picture(workflow, name)]
        of_models[step.id] = made or any(of_models[name] for name in pictures)
    if of_models[workflow.output]:
        return AI
    return None if all(step.operation in _PLAIN for step in workflow.steps) else ENHANCED


@dataclass(frozen=True, slots=True)
class Stamp:
    """The XMP block for a result.

    Args:
        block: what goes into the picture.
        notes: sentences for people.
        set_aside: whether the input's block is not in it, as it is damaged or too large.
    """

    block: bytes
    notes: tuple[str, ...] = ()
    set_aside: bool = False


def stamped(xmp: bytes | None, workflow: Workflow, cards: Cards, *, largest: int | None = None) -> Stamp:
    """The XMP block for the result of a workflow, from that of its input.

    It holds nothing that differs between two runs of the same: no time, no path.

    Args:
        largest: bytes that the format of the result can hold; the input's block gives way, so that what is
            said about AI never does.
    """
    events = tuple(_event(step, cards) for step in workflow.steps)
    term = digital_source_type(workflow, cards)
    found = merge_xmp(xmp, source_type=term, tool=TOOL, events=events)
    if largest is None or len(found.block) <= largest:
        return Stamp(found.block, found.notes, found.set_aside)
    fresh = merge_xmp(None, source_type=term, tool=TOOL, events=events)
    note = f"the XMP block of the input ({len(xmp or b''):,} bytes) is too large for the format: left out"
    return Stamp(fresh.block, (note,), set_aside=True)


def provenance_of(
    report: RunReport, cards: Cards, plan: Mapping[str, Any], set_aside: bytes | None = None
) -> Provenance:
    """The document about a run that succeeded.

    Args:
        plan: tile, overlap and device of each step by its id, as plain data.
        set_aside: XMP of the input that could not be kept in the picture.
    """
    used: dict[str, WeightsFacts] = {}
    for step in report.steps:
        if step.weights and step.weights not in used:
            used[step.weights] = _weights_facts(record(step.weights), step.model or "")
    return Provenance(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        program=TOOL,
        libraries=_libraries(),
        machine=f"{platform.system()} {platform.machine()}",
        input=_named(report.input),
        output=_named(report.output),
        digital_source_type=digital_source_type(report.workflow, cards),
        workflow=report.workflow,
        steps=report.steps,
        weights=tuple(used.values()),
        substitutions=report.substitutions,
        plan=dict(plan),
        checks=CHECKS,
        seconds=report.seconds,
        notes=report.notes,
        evidence=_without_place(report.evidence),
        xmp_set_aside=b64encode(set_aside[:_MOST_ASIDE]).decode() if set_aside else None,
        others={name: _named(facts) for name, facts in report.others.items()},
        print_target=report.print_target,
        decisions=report.decisions,
    )


def _without_place(evidence: dict[str, Any] | None) -> dict[str, Any] | None:
    """Evidence without the folder that it lies in: the document travels with the picture and tells no paths."""
    return evidence and {name: value for name, value in evidence.items() if name != "folder"}


def write_provenance(document: Provenance, output: Path) -> Path:
    """Write the document beside a result; gives its path.

    Raises:
        PictureError: it cannot be written; the result itself is complete.
    """
    path = provenance_path(output)
    try:
        with replacing(path) as temporary:
            temporary.write_text(to_json(document), encoding="utf-8")
    except OSError as error:
        raise PictureError(
            f"{path} could not be written: {error.strerror or error}; {output} itself is complete",
            hint="is the disk full? --no-provenance leaves the document out",
        ) from error
    return path


def step_plan(workflow: Workflow, cards: Cards, tile: int, device: str) -> dict[str, Any]:
    """Tile, overlap and device of each step that runs a network, by its id."""
    planned: dict[str, Any] = {}
    for step in workflow.steps:
        weights_id = operation_of(step).needs_weights(step, cards)
        if weights_id is not None:
            weights = record(weights_id)
            planned[step.id] = {
                "tile": tile_side(step, weights, tile),
                "overlap": overlap_of(weights),
                "device": choose(device, weights.format).name,
            }
    return planned


def _is_picture(workflow: Workflow, name: str) -> bool:
    """Whether samples of a value can come into the result as they are; a mask only says where."""
    ports = [port for port in workflow.inputs if port.name == name]
    ports += [step.gives for step in workflow.steps if step.id == name]
    return all(port.type == DataType.IMAGE for port in ports)


def _event(step: Step, cards: Cards) -> Event:
    weights_id = operation_of(step).needs_weights(step, cards)
    if weights_id is None:
        given = ", ".join(
            f"{key} {value}" for key, value in sorted(step.parameters.items()) if key != "substituted_for"
        )
        action = "resized" if step.operation == "resample" else "filtered"
        return Event(action, TOOL, f"{step.operation}{f': {given}' if given else ''}")
    weights = record(weights_id)
    hashes = ", ".join(f"{file.role} sha256 {file.sha256}" for file in weights.files)
    return Event(
        "resized" if weights.scale != 1 else "filtered",
        TOOL,
        f"AI model {step.model}, weights {weights.id}, {hashes}",
    )


def _weights_facts(weights: WeightsRecord, model: str) -> WeightsFacts:
    own = origin(weights.id) if weights.given else None
    return WeightsFacts(
        id=weights.id,
        model=model,
        paper=weights.paper,
        source=f"the user's file {own.file}, sha256 {own.sha256}" if own else weights.source,
        sha256=hashes(weights.id) if weights.given else {file.role: file.sha256 for file in weights.files},
        licence=weights.licence,
        licence_note=weights.licence_note,
    )


def _named(facts: FileFacts) -> FileFacts:
    """Without the folder: the document travels with the picture, the folders of this computer do not."""
    return msgspec.structs.replace(facts, path=Path(facts.path).name)


def _libraries() -> dict[str, str]:
    found = {
        "python": platform.python_version(),
        "libvips": ".".join(str(pyvips.version(i)) for i in range(3)),
    }
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # the builds of ONNX Runtime for GPUs have names of their own
            continue
    return found
