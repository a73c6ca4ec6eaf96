"""Running a workflow on a picture file, with what every way in wants of it: evidence, provenance, progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from whichmodel.api.asked import Asked
from whichmodel.api.beside import examiner
from whichmodel.api.limits import limits_of
from whichmodel.api.look import Looking
from whichmodel.domain import Step, Workflow

if TYPE_CHECKING:
    from whichmodel.workflow import Decision, PrintTarget, RunReport
    from whichmodel.workflow.hosting import Hosting


@dataclass(frozen=True)
class RunOptions:
    """How a workflow is run.

    Args:
        substitute: models, joined by `+`, that stand in for one that cannot run here.
        quality: 1..100, of JPEG and lossy WebP.
        tile: side of a tile in pixels of the step's input; smaller needs less memory.
        max_megapixels: of the largest picture that is read or made; `None`: 250 read, 1000 made.
        resume: go on with the unfinished work of an interrupted run.
        cache: take and keep results of steps.
        device: what networks run on: `cpu`, `vulkan`, `cuda` or `auto`.
        provenance: write `OUT.provenance.json`, and XMP about AI.
        pyramid: write a TIFF in tiles with smaller copies, whatever its size.
        evidence: write the folder `OUT.evidence`; `None`: where a picture is enlarged or restored, up to 4 megapixels.
    """

    substitute: str | None = None
    quality: int = 92
    tile: int = 256
    max_megapixels: int | None = None
    resume: bool = False
    cache: bool = True
    device: str = "cpu"
    provenance: bool = True
    pyramid: bool = False
    evidence: bool | None = None


@dataclass(frozen=True)
class Feedback:
    """Where a run tells how far it is.

    Args:
        advance: is told a step, its pixels done and all of them.
        writing: is told the share 0..1 of the output that is written.
        say: is told lines about weights that are fetched, the licence first.
    """

    advance: Callable[[Step, int, int], None] = lambda step, done, total: None
    writing: Callable[[float], None] = lambda share: None
    say: Callable[[str], None] = lambda line: None


def run_file(
    workflow: Workflow,
    source: Path,
    target: Path,
    options: RunOptions = RunOptions(),
    *,
    print_target: PrintTarget | None = None,
    others: Mapping[str, Path] | None = None,
    decisions: tuple[Decision, ...] = (),
    feedback: Feedback = Feedback(),
    hosting: Hosting | None = None,
) -> RunReport:
    """Run a workflow on one picture file; the result is compared with its input.

    Args:
        print_target: a wished print, whose dots per inch are written into the file.
        others: files of the workflow's further inputs by name.
        decisions: what the photo asked for; only told, the workflow has it already.
        hosting: who computes; by default this process alone.

    Raises:
        WhichmodelError: as `workflow.run_workflow`.
    """
    from whichmodel.catalog import cards
    from whichmodel.workflow import run_workflow
    from whichmodel.workflow.data_output import gives_data
    from whichmodel.workflow.hosting import ALONE

    if options.evidence and gives_data(workflow):
        feedback.say("evidence: left out, the result is no picture")
    return run_workflow(
        workflow,
        source,
        target,
        cards=cards(),
        substitute_names=options.substitute,
        tile=options.tile,
        quality=options.quality,
        limits=limits_of(options.max_megapixels),
        target=print_target,
        others=others,
        decisions=decisions,
        progress=feedback.advance,
        writing=feedback.writing,
        say=feedback.say,
        examine=examiner(
            workflow, source, target, options.evidence, feedback.say, options.substitute is None
        ),
        resume=options.resume,
        cache=options.cache,
        device=options.device,
        provenance=options.provenance,
        pyramid=options.pyramid,
        hosting=hosting or ALONE,
    )


def run_asked(
    asked: Asked,
    source: Path,
    target: Path,
    options: RunOptions = RunOptions(),
    *,
    look: Looking = Looking(),  # noqa: B008 - frozen
    feedback: Feedback = Feedback(),
    hosting: Hosting | None = None,
) -> RunReport:
    """Do what is asked for to one picture file: look at it, plan, run.

    Raises:
        WhichmodelError: as `workflow.run_workflow` and `workflow.workflow_for`.
    """
    from whichmodel.pictures import read_header

    limits = limits_of(options.max_megapixels)
    header = read_header(source, limits)
    tidies = hosting is None or hosting.tidies
    decisions = look.decide(asked.intent, source, limits, cache=options.cache, tidies=tidies)
    return run_file(
        asked.workflow(header, decisions=decisions),
        source,
        target,
        options,
        print_target=asked.target(header),
        others=asked.files,
        decisions=decisions,
        feedback=feedback,
        hosting=hosting,
    )
