"""Work of a process for programs: the functions behind the commands, and their documents."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from whichmodel import catalog
from whichmodel.api.asked import Asked
from whichmodel.api.audited import audit_texts
from whichmodel.api.limits import limits_of
from whichmodel.api.models import chosen_models, find_card, model_data
from whichmodel.api.papers import search
from whichmodel.api.plan import plan_asked
from whichmodel.api.ranked import as_data
from whichmodel.api.verbs import answer as answer_prompt
from whichmodel.api.verbs import ask as ask_question
from whichmodel.api.verbs import recommend as recommend_for
from whichmodel.domain import InputError, Record, WhichmodelError, to_data
from whichmodel.pictures import read_header
from whichmodel.web.ordered import asked_by, looking_by
from whichmodel.web.orders import Order
from whichmodel.web.rest.documents import Recommendation
from whichmodel.web.rest.requests import (
    AnswerRequest,
    AskRequest,
    AuditRequest,
    ModelsQuery,
    PapersQuery,
    PlanRequest,
    RecommendRequest,
    RunRequest,
)
from whichmodel.web.worker import NAME, Tell
from whichmodel.workflow import substitute
from whichmodel.workflow.binding import require_bound
from whichmodel.workflow.runs import runs

R = TypeVar("R", bound=Record)


def ask(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The answer to a question; `path` is that of the photo or `None`."""
    order = _order(given, AskRequest)
    path = Path(given["path"]) if given["path"] else None
    if not order.question.strip():
        raise InputError("the question is empty", hint="say what you saw, or what you want done")
    if path is None and (order.without or order.also):
        raise InputError("--with and --without are about a photo", hint="give one as photo")
    try:
        found = ask_question(
            " ".join(order.question.split()),
            path,
            print_size=order.paper,
            dpi=order.dpi or None,
            look=order.look,
            without=order.without,
            also=order.also,
            substitute=order.substitute,
        )
    except WhichmodelError as error:
        raise _named(error, {} if path is None else {str(path): NAME}) from None
    return {"found": to_data(found)}


def answer(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The answer to a prompt."""
    return {"found": to_data(answer_prompt(_order(given, AnswerRequest).prompt))}


def recommend(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Models for a question."""
    order = _order(given, RecommendRequest)
    ranking = recommend_for(order.question, top=order.top, collection=order.collection)
    # Whatever the ranking says, only what is described is sent.
    return {"found": msgspec.to_builtins(msgspec.convert(as_data(ranking), Recommendation))}


def audit(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The findings on an answer."""
    order = _order(given, AuditRequest)
    texts = (text.encode() for text in (order.prompt, order.answer))
    found, _ = audit_texts(*texts, prompt_name="the prompt", answer_name="the answer")
    return {"found": to_data(found)}


def plan(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """What would be done to a photo; `path` is its file, `places` those of the photos beside it."""
    order, path = _order(given, PlanRequest), Path(given["path"])
    try:
        found = plan_asked(
            _asked(order, given),
            path,
            look=looking_by(order),
            substitute=order.substitute,
            tile=order.tile,
            max_megapixels=given["max_megapixels"],
            calibrate=order.calibrate,
        )
    except WhichmodelError as error:
        raise _named(error, _names(given)) from None
    return {"found": to_data(found)}


def check(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Whether a run can be begun: what is asked for is understood, fits the photos, and can run here.

    What only looking at the photo would tell is not known yet.
    """
    order, path = _order(given, RunRequest), Path(given["path"])
    try:
        asked = _asked(order, given)
        limits = limits_of(None)
        workflow = asked.workflow(read_header(path, limits))
        if order.substitute:
            workflow, _ = substitute(workflow, order.substitute, catalog.cards())
        require_bound(workflow, catalog.cards())
        asked.headers(workflow, path, limits)
    except WhichmodelError as error:
        raise _named(error, _names(given)) from None
    return {}


def models(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The models that match filters."""
    query = _order(given, ModelsQuery)
    chosen = chosen_models(
        task=query.task or None, collection=query.collection or None, runs_here=query.runs_here
    )
    return {"found": [model_data(card, found) for card, found in chosen]}


def model(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The card of the model of a name."""
    card = find_card(given["name"])
    return {"found": model_data(card, runs(card))}


def tasks(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """All tasks."""
    return {"found": [to_data(task) for task in catalog.tasks().values()]}


def papers(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The papers for a query."""
    query = _order(given, PapersQuery)
    found = search(
        query.query,
        year=query.year,
        topic=query.topic,
        code=query.code,
        source=query.source,
        top=query.top,
    )
    return {"found": found.data()}


def _order(given: dict[str, Any], kind: type[R]) -> R:
    return msgspec.convert(given["order"], kind)


def _asked(order: Order, given: dict[str, Any]) -> Asked:
    return asked_by(order, lambda id: Path(given["places"][id]))


def _names(given: dict[str, Any]) -> dict[str, str]:
    """What files are called where a program reads it."""
    return {given["path"]: NAME, **{path: f"photo {id}" for id, path in given["places"].items()}}


def _named(error: WhichmodelError, names: Mapping[str, str]) -> WhichmodelError:
    """The error in words that do not tell where the server keeps its files."""
    message, hint = error.message, error.hint
    for path, name in names.items():
        message, hint = message.replace(path, name), hint.replace(path, name)
    kind = InputError if isinstance(error, InputError) else WhichmodelError
    return kind(message, hint=hint)
