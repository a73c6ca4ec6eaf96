"""Quick work of a process: answer a question, audit an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from whichmodel.answering.audit import audit as audit_answer
from whichmodel.answering.page import to_fragment, to_html
from whichmodel.catalog import cards
from whichmodel.domain import InputError, Step, WhichmodelError
from whichmodel.understand.prompt_format import MAX_BYTES, read_prompt
from whichmodel.web.store import Wish
from whichmodel.web.wanted import answered, needs_size
from whichmodel.web.wishes import FACTORS
from whichmodel.web.worker import Tell, anonymous
from whichmodel.weights import record
from whichmodel.workflow.runs import runs

ANCHOR = "inspect-"
"""Begins the id of the place in a page that shows a step."""


def warm(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Answer one question, so that everything is loaded."""
    answered(Wish(question="I enlarged a photo 4x and it looks new. How?"))
    return {}


def ask(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Answer a question.

    Args:
        given: `wish`, and `path` of the photo or `None`; `whole` asks for a page that stands alone.
    """
    wish = msgspec.convert(given["wish"], Wish)
    path = Path(given["path"]) if given["path"] else None
    try:
        asked = answered(wish, path)
    except WhichmodelError as error:
        raise anonymous(error, path) from None
    if given.get("whole"):
        return {"page": to_html(asked.answer)}
    workflow = asked.answer.workflow
    steps = workflow.steps if workflow else ()
    head, body, style = to_fragment(asked.answer, {step.id: f"#{ANCHOR}{step.id}" for step in steps})
    return {
        "head": head,
        "body": body,
        "style": style,
        "steps": [step_facts(step) for step in steps],
        "needs_size": needs_size(asked.intent),
        "runs_as": asked.runs_as,
        "factor": next((scale for step in steps if (scale := _scale(step.model)) in FACTORS), 4),
    }


def _scale(model: str | None) -> float | str | None:
    """By how much a model enlarges."""
    card = cards().get(model or "")
    return card.scale if card is not None else None


def step_facts(step: Step) -> dict[str, Any]:
    """What is known about a step without a photo: its model, whether it runs here, and the licence."""
    facts: dict[str, Any] = {
        "id": step.id,
        "title": step.title,
        "operation": step.operation,
        "model": step.model,
        "parameters": {name: str(value) for name, value in step.parameters.items()},
    }
    card = cards().get(step.model or "")
    if card is not None:
        found = runs(card)
        facts["runs"] = found.text
        facts["status"] = found.status
        weights = record(card.weights) if card.weights else None
        facts["licence"] = weights.licence if weights else card.licence
        facts["statements"] = [item.text for item in card.statements[:3]]
    return facts


def audit(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Audit an answer against the prompt that it was written for.

    Args:
        given: `prompt` and `answer`, texts.

    Raises:
        InputError: one of them is empty or too long, or the prompt cannot be read.
    """
    prompt, answer = given["prompt"], given["answer"]
    for name, text in (("prompt", prompt), ("answer", answer)):
        if not text.strip():
            raise InputError(f"the {name} is empty", hint=f"paste the {name}")
        if len(text.encode()) > MAX_BYTES:
            raise InputError(f"the {name} is longer than {MAX_BYTES // 2**20} MB")
    found = audit_answer(read_prompt(prompt.encode(), where="the prompt"), answer)
    return {"audit": msgspec.to_builtins(found)}
