"""The record of a run: what went in, what was done with what, what came out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from whichmodel.domain import Record, Workflow
from whichmodel.workflow.advice import Decision
from whichmodel.workflow.print_size import PrintTarget
from whichmodel.workflow.substitute import Substitution


class FileFacts(Record, frozen=True, kw_only=True):
    """A file: path as given, size in pixels (0 × 0 where it is no picture), sha256 of its bytes."""

    path: str
    width: int
    height: int
    sha256: str


class StepReport(Record, frozen=True, kw_only=True):
    """One step that ran.

    Args:
        size_in, size_out: (width, height) in pixels.
        model, weights, licence: names of the model card and the weights record and the weights'
            licence; `None` for steps without a model.
        weights_sha256: of the files by role, as pinned and verified when they were fetched.
        seconds: it took, without reading and writing.
        cached: whether the result of an earlier run was taken instead.
        device: that it ran on: `"cpu"`, or a GPU with its name.
    """

    step: str
    title: str
    operation: str
    size_in: tuple[int, int]
    size_out: tuple[int, int]
    seconds: float
    model: str | None = None
    weights: str | None = None
    weights_sha256: dict[str, str] = msgspec.field(default_factory=dict)
    licence: str | None = None
    cached: bool = False
    device: str = "cpu"


class RunReport(Record, frozen=True, kw_only=True):
    """A run that succeeded.

    Args:
        new_pixel_share: share 0..1 of the result's pixels that the input does not have.
        seconds: of the whole run.
        substitutions: models that ran in the place of others.
        notes: sentences for people.
        evidence: what the comparison of input and result says, as data; `None` where not asked for.
        workflow: what ran, with substitutions in place.
        data: the result, where it is no picture but data (`nodes.data`).
        provenance: path of the document that was written beside the output; `None` where not asked for.
        decisions: what the photo itself asked for, and whether it was done.
        others: files of the workflow's further inputs by name: a mask.
        print_target: the print that was wished; `None` where none was.
    """

    input: FileFacts
    output: FileFacts
    steps: tuple[StepReport, ...]
    new_pixel_share: float
    seconds: float
    workflow: Workflow
    substitutions: tuple[Substitution, ...] = ()
    notes: tuple[str, ...] = ()
    evidence: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    provenance: str | None = None
    others: dict[str, FileFacts] = msgspec.field(default_factory=dict)
    print_target: PrintTarget | None = None
    decisions: tuple[Decision, ...] = ()


class Failure(Record, frozen=True, kw_only=True):
    """An input of a batch that failed, and why."""

    input: str
    error: str
    hint: str = ""


class BatchReport(Record, frozen=True, kw_only=True):
    """Several inputs: runs that succeeded and inputs that failed, each in the order given.

    Args:
        kept: results that were there already and were left as they are.
    """

    runs: tuple[RunReport, ...]
    failures: tuple[Failure, ...]
    kept: tuple[str, ...] = ()


def file_sha256(path: Path) -> str:
    """sha256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
