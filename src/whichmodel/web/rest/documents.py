"""What programs get: the documents that the commands print with `--json`, and what only a server has."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from whichmodel.domain import SCHEMA_VERSION, Answer, Audit, Intent, ModelCard, Record, Scale, Task
from whichmodel.recommending.papers import Related
from whichmodel.web.store import State
from whichmodel.workflow import Plan
from whichmodel.workflow.runs import Runs


def document(kind: type[Record]) -> Any:
    """The type of a record as it leaves the program: with `schema_version` and `document`, as `domain.to_data`."""
    marks: list[tuple[str, Any]] = [
        ("schema_version", Literal[SCHEMA_VERSION]),
        ("document", Literal[kind.__name__.lower()]),
    ]
    made = msgspec.defstruct(
        f"{kind.__name__}Document", marks, bases=(kind,), frozen=True, kw_only=True, module=kind.__module__
    )
    made.__doc__ = kind.__doc__
    return made


AnswerDocument = document(Answer)
AuditDocument = document(Audit)
PlanDocument = document(Plan)
TaskDocument = document(Task)
RelatedDocument: Any = document(Related)
CardDocument = document(ModelCard)
Model: Any = msgspec.defstruct(
    "Model", [("runs_here", bool), ("runs", Runs)], bases=(CardDocument,), frozen=True, kw_only=True
)
Model.__doc__ = "The card of a model, and whether it runs on the computer of the server."


class RecommendedModel(Record, frozen=True, kw_only=True):
    """A model that is recommended.

    Args:
        score: 0..1.
        why, against: sentences for it and against it.
    """

    name: str
    task: str
    scale: Scale | None
    score: float
    why: str
    against: str
    runs_here: bool


class RecommendedPaper(Record, frozen=True, kw_only=True):
    """A paper behind the models."""

    title: str
    links: tuple[str, ...]


class Recommendation(Record, frozen=True, kw_only=True):
    """Models for a question, best first.

    Args:
        intent: what was understood.
        unsure: a sentence where the question leaves open what is meant; else empty.
    """

    intent: Intent
    models: tuple[RecommendedModel, ...]
    papers: tuple[RecommendedPaper, ...]
    unsure: str


class Papers(Record, frozen=True, kw_only=True):
    """Papers that belong to a question.

    Args:
        papers: how many the library has.
        found: best first.
    """

    papers: int
    found: tuple[RelatedDocument, ...]


class Token(Record, frozen=True, kw_only=True):
    """What a program sends with its requests: `Authorization: Bearer TOKEN`."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a kind


class PhotoFacts(Record, frozen=True, kw_only=True):
    """A photo that was brought.

    Args:
        width, height, bands, bits, has_alpha, format: as its header says.
        size: bytes of the file.
        small: address of a small copy.
    """

    id: str
    name: str
    width: int
    height: int
    bands: int
    bits: int
    has_alpha: bool
    format: str
    size: int
    made: datetime
    small: str


class StepState(Record, frozen=True, kw_only=True):
    """How far a step of a run is, 0..1."""

    id: str
    title: str
    share: float


class RunState(Record, frozen=True, kw_only=True):
    """A run: waiting, under way or ended.

    Args:
        kind: whether a workflow is run, or two pictures are compared.
        title: of the workflow, once it is known.
        what: what was asked for.
        photo: as it was brought.
        error, hint: why it failed, and what to do.
        note: why there is no evidence.
        place: how many are before it, while it waits.
        stage: what is done now; `share` says how far that is, 0..1.
        steps: of the workflow, while it is under way; afterwards the file `report` tells of them.
        said: the last lines about weights that are fetched.
        files: addresses of the files that are there, by name.
    """

    id: str
    kind: Literal["run", "evidence"]
    state: State
    title: str
    what: str
    photo: PhotoFacts
    made: datetime
    started: datetime | None
    ended: datetime | None
    error: str
    hint: str
    note: str
    place: int
    stage: str
    share: float
    steps: tuple[StepState, ...]
    said: tuple[str, ...]
    files: dict[str, str]


class ServerLimits(Record, frozen=True, kw_only=True):
    """What this server takes and gives at most.

    Args:
        upload_bytes: of a photo's file.
        photo_megapixels: of a photo.
        result_megapixels: of a result.
        run_seconds: after which a run is ended.
        waiting_runs: that may wait; more are refused with 429.
        keep_hours: after which what has ended is removed.
    """

    upload_bytes: int
    photo_megapixels: int
    result_megapixels: int
    run_seconds: float
    waiting_runs: int
    keep_hours: float


class Health(Record, frozen=True, kw_only=True):
    """That the server answers, and what it takes.

    Args:
        version: of whichmodel.
        waiting: runs that wait.
    """

    status: Literal["ok"] = "ok"
    version: str
    waiting: int
    limits: ServerLimits
