"""A question in plain words, with or without a photo, becomes an answer whose workflow can run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from whichmodel.api.additions import (
    with_edited,
    with_here,
    with_kept,
    with_prepared,
    with_print,
    with_substitute,
)
from whichmodel.api.asked import Asked
from whichmodel.api.limits import limits_of
from whichmodel.api.look import Looking
from whichmodel.api.writers import BUILTIN, write_by
from whichmodel.catalog import tasks
from whichmodel.domain import Answer, InputError, Intent, Workflow
from whichmodel.recommending import make_brief, recommend
from whichmodel.understand import understand
from whichmodel.understand.intent import for_print

if TYPE_CHECKING:
    from whichmodel.pictures import Header
    from whichmodel.workflow import Decision, PrintTarget


@dataclass(frozen=True)
class Asking:
    """A question that has been answered, with what a run of its workflow needs.

    Args:
        intent: what was understood; its factor is the one that a wished print asks for.
        answer: the answer, with what is to be told about this computer and this photo.
        workflow: the recommended workflow; the answer's own one has the accepted substitutes in it.
        decisions: what the photo asks for.
        photo, header, keep: the picture, its header, a mask of what is left alone.
    """

    intent: Intent
    answer: Answer
    workflow: Workflow | None
    decisions: tuple[Decision, ...] = ()
    photo: Path | None = None
    header: Header | None = None
    keep: Path | None = None

    @property
    def files(self) -> dict[str, Path]:
        """Files of the workflow's further inputs by name."""
        return Asked(self.intent.question, self.intent, self.keep).files

    @property
    def target(self) -> PrintTarget | None:
        """The print that is wished, for this photo."""
        from whichmodel.workflow import print_target

        if self.header is None or self.intent.target is None:
            return None
        return print_target(self.intent.target, self.header)

    def runnable(self) -> Workflow:
        """The recommended workflow, if it says enough to be run.

        Raises:
            InputError: the question names no task, or leaves open how large the result is to be.
        """
        if self.workflow is None:
            raise InputError(
                "the question names no task, so there is nothing to run",
                hint="say what you want done, e.g. 'enlarge this photo 4x'",
            )
        if self.intent.scale in (None, "any") and tasks()[self.intent.task or ""].size == "larger":
            raise InputError(
                "the question does not say how large",
                hint="add a factor or a print size, e.g. 'enlarge it 4x' or '60x90 cm at 150 dpi'",
            )
        return self.workflow


def ask_about(
    question: str,
    photo: Path | None = None,
    *,
    paper: str = "",
    dpi: int | None = None,
    keep: Path | None = None,
    look: Looking | None = None,
    substitute: str | None = None,
    writer: str = BUILTIN,
) -> Asking:
    """Answer a question from the catalog; a photo is looked at, never changed.

    Args:
        question: in plain words.
        photo: the picture that the question is about.
        paper, dpi: size and resolution of a wished print, as for `--print` and `--dpi`.
        keep: a mask, white where the photo is left alone.
        look: whether the photo is looked at, and what is overruled.
        substitute: models, joined by `+`, in the place of one that cannot run here.
        writer: `builtin`, or `llm:NAME`.

    Raises:
        InputError: a wish that is not understood or does not go together with another.
        PictureError: the photo cannot be read; said before anything is answered.
    """
    from whichmodel.pictures import read_header

    header = read_header(photo) if photo is not None else None
    intent = _with_factor_for_print(for_print(understand(question), paper, dpi), header)
    ranking = recommend(intent)
    size = (header.width, header.height) if header is not None else None
    brief = msgspec.structs.replace(make_brief(ranking), picture=size)
    answer = write_by(writer, brief, intent=intent)
    decisions = (look or Looking()).decide(intent, photo, limits_of(None)) if photo else ()
    answer = with_edited(with_prepared(with_here(answer, ranking), decisions), intent)
    answer = with_kept(answer, intent, keep)
    answer = with_print(answer, intent, header)
    recommended = answer.workflow
    if substitute is not None:
        answer = with_substitute(answer, substitute)
    return Asking(intent, answer, recommended, decisions, photo, header, keep)


def _with_factor_for_print(intent: Intent, header: Header | None) -> Intent:
    """A print size or a size in pixels becomes a factor once the picture's own size is known."""
    from whichmodel.workflow import factor_for_pixels, factor_for_print

    if header is None or isinstance(intent.scale, float) or (intent.target is None and intent.pixels is None):
        return intent
    if intent.target is not None:
        factor, _ = factor_for_print(intent.target, header)
    elif intent.pixels is not None:
        factor, _ = factor_for_pixels(intent.pixels, header)
    return msgspec.structs.replace(intent, scale=round(factor, 4))
