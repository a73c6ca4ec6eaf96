"""What programs may send: bodies and queries. Their fields are what is checked and what is described."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from whichmodel.domain import Record
from whichmodel.web.orders import Also, Comparing, Dpi, Making, Order, PhotoId, PrintSize, Without

Question = Annotated[str, Meta(min_length=1, max_length=4000, description="In plain words.")]
Pasted = Annotated[str, Meta(min_length=1, max_length=2_000_000)]
Short = Annotated[str, Meta(max_length=200)]
Top = Annotated[int, Meta(ge=1, le=100, description="How many at most.")]


class AskRequest(Record, frozen=True, kw_only=True):
    """A question, as for `whichmodel ask`.

    Args:
        photo: that it is about; it is looked at, and what it needs enters the workflow.
        paper, dpi: of a wished print.
        look: whether the photo is looked at.
        without, also: tasks that are left out or added then.
        substitute: models, joined by `+`, in the place of one that cannot run here.
    """

    question: Question
    photo: PhotoId | None = None
    paper: PrintSize = msgspec.field(name="print", default="")
    dpi: Dpi = 0
    look: bool = True
    without: Without = ()
    also: Also = msgspec.field(name="with", default=())
    substitute: Short | None = None


class AnswerRequest(Record, frozen=True, kw_only=True):
    """A prompt with its own evidence, as for `whichmodel answer`."""

    prompt: Pasted


class RecommendRequest(Record, frozen=True, kw_only=True):
    """A question, as for `whichmodel recommend`.

    Args:
        top: how many models at most.
        collection: only models of this collection: cnaps, whichmodel, or one that a package brings.
    """

    question: Question
    top: Top = 3
    collection: Short | None = None


class AuditRequest(Record, frozen=True, kw_only=True):
    """An answer in Markdown and the prompt that it was written for, as for `whichmodel audit`."""

    prompt: Pasted
    answer: Pasted


class PlanRequest(Order, frozen=True, kw_only=True):
    """What would be done to a photo, as for `whichmodel plan`.

    Args:
        photo: that it would be done to.
        calibrate: whether models that were never timed here are timed, for about a second each.
    """

    photo: PhotoId
    calibrate: bool = False


class RunRequest(Making, frozen=True, kw_only=True):
    """What is to be done to a photo, as for `whichmodel run`.

    Args:
        photo: that it is done to; it is never changed.
    """

    photo: PhotoId

    def order(self) -> Making:
        """Without the photo."""
        return Making(**{name: getattr(self, name) for name in Making.__struct_fields__})


class EvidenceRequest(Comparing, frozen=True, kw_only=True):
    """A photo and a result of anybody's, as for `whichmodel evidence`.

    Args:
        before: the photo.
    """

    before: PhotoId

    def comparing(self) -> Comparing:
        """Without the photo."""
        return Comparing(**{name: getattr(self, name) for name in Comparing.__struct_fields__})


class PhotoQuery(Record, frozen=True, kw_only=True):
    """What is said about a photo that is brought.

    Args:
        name: what you call it; for showing only.
    """

    name: Annotated[str, Meta(max_length=200)] = "photo"


class RunsQuery(Record, frozen=True, kw_only=True):
    """Which runs are listed.

    Args:
        top: how many at most, the newest first.
    """

    top: Top = 50


class ModelsQuery(Record, frozen=True, kw_only=True):
    """Which models are listed, as for `whichmodel models list`.

    Args:
        task: only models of this task, and of narrower ones that it includes.
        collection: only models of this collection: cnaps, whichmodel, or one that a package brings.
        runs_here: only those that run now, or after a pull.
    """

    task: Short = ""
    collection: Short = ""
    runs_here: bool = False


class PapersQuery(Record, frozen=True, kw_only=True):
    """Which papers are searched for, as for `whichmodel papers search`.

    Args:
        query: a question, or words of a title.
        year: `2023`, `2020..`, `..2022` or `2020..2022`.
        topic: one of their tasks or subjects.
        code: only papers whose code is linked.
        source: only those of this list or import.
        top: how many at most.
    """

    query: Question
    year: Annotated[str, Meta(max_length=10)] = ""
    topic: Short = ""
    code: bool = False
    source: Short = ""
    top: Top = 10
