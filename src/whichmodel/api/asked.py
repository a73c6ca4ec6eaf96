"""What is asked for: WHAT, with the wishes that say how large a print and what is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from whichmodel.domain import InputError, Intent, Workflow

if TYPE_CHECKING:
    from whichmodel.pictures import Header, Limits
    from whichmodel.workflow import Decision, PrintTarget


@dataclass(frozen=True)
class Asked:
    """What is to be done to a picture.

    Args:
        what: name of a model or a workflow file, plain words, or a workflow itself.
        intent: what the words mean, with the options; `None` for a model and a file.
        keep: a mask of what is left alone.
        inputs: files of the workflow's further inputs by name, without that mask.
    """

    what: str | Workflow
    intent: Intent | None
    keep: Path | None = None
    inputs: Mapping[str, Path] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, Path]:
        """Files of all further inputs by name."""
        from whichmodel.workflow.keeping import MASK

        return {**self.inputs, **({MASK.name: self.keep} if self.keep else {})}

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sentences about parts of the words that were not understood."""
        from whichmodel.catalog import cards
        from whichmodel.workflow import left_out

        return left_out(self.intent, cards()) if self.intent else ()

    def workflow(self, header: Header, *, decisions: Sequence[Decision] = ()) -> Workflow:
        """The workflow for a picture; errors as for `workflow.workflow_for`."""
        from whichmodel.catalog import cards
        from whichmodel.workflow import workflow_for
        from whichmodel.workflow.keeping import with_kept

        if isinstance(self.what, Workflow):
            workflow = self.what
        else:
            workflow = workflow_for(self.intent or self.what, header, cards(), decisions=decisions)
        return with_kept(workflow, {}, cards(), mask=self.keep is not None)

    def target(self, header: Header) -> PrintTarget | None:
        """The print that is wished, for a picture of this size."""
        from whichmodel.workflow import print_target
        from whichmodel.workflow.edits import edited

        if self.intent is None or self.intent.target is None:
            return None
        return print_target(self.intent.target, edited(header, self.intent.edits))

    def headers(self, workflow: Workflow, photo: Path, limits: Limits) -> dict[str, Header]:
        """Headers of the further inputs; refuses those that are missing, and masks of another size."""
        from whichmodel.nodes.operation import Size
        from whichmodel.pictures import read_header
        from whichmodel.workflow.inputs import check_masks, check_others

        files = check_others(workflow, self.files)
        found = {name: read_header(path, limits) for name, path in files.items()}
        sizes = {name: Size(header.width, header.height) for name, header in found.items()}
        own = read_header(photo, limits)
        check_masks(workflow, files, sizes, Size(own.width, own.height))
        return found


def read_asked(
    what: str | Workflow,
    paper: str = "",
    dpi: int | None = None,
    keep: Path | None = None,
    further: Sequence[str] = (),
) -> Asked:
    """What WHAT and its options ask for.

    Raises:
        InputError: a print beside a model or a workflow file, a size that is not understood or said twice, or
            a further input without a name.
    """
    from whichmodel.catalog import cards
    from whichmodel.understand.intent import for_print
    from whichmodel.workflow.planner import asked_for

    intent = None if isinstance(what, Workflow) else asked_for(what, cards())
    if intent is not None:
        intent = for_print(intent, paper, dpi)
    elif paper or dpi is not None:
        raise InputError(
            "--print and --dpi go with plain words, which leave open by how much the picture is enlarged",
            hint="say what you want done, e.g. 'enlarge', instead of a model or a workflow file",
        )
    inputs = {}
    for item in further:
        name, equals, path = item.partition("=")
        if not (name and equals and path):
            raise InputError(f"--input {item!r} is not NAME=FILE", hint="for example: --input mask=mask.png")
        inputs[name] = Path(path)
    return Asked(what, intent, keep, inputs)
