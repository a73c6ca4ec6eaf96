"""What one line of a batch asks for, and the line that answers it."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, TypeVar

import msgspec

from whichmodel import __version__
from whichmodel.api.writers import BUILTIN
from whichmodel.domain import InputError, Record, to_data

Verb = Literal["recommend", "answer", "audit"]

EXPECTED = {
    "recommend": 'expected {"id": ..., "question": "..."}',
    "answer": 'expected {"id": ..., "prompt": "..."}',
    "audit": 'expected {"id": ..., "prompt": "...", "answer": "..."}',
}


class Wish(Record, frozen=True, kw_only=True):
    """What is wanted of every line of a batch.

    Args:
        verb: of the program.
        top: of `recommend`, how many models.
        collection: of `recommend`, whose models; all where it is None.
        writer: of `answer`, `builtin` or `llm:NAME`.
    """

    verb: Verb
    top: int = 3
    collection: str | None = None
    writer: str = BUILTIN


class _Line(msgspec.Struct):
    """Other fields of a line are allowed and ignored."""

    id: str | int


class _Question(_Line):
    question: str


class _Prompt(_Line):
    prompt: str


class _Answered(_Line):
    prompt: str
    answer: str


L = TypeVar("L", bound=_Line)


def reply(wish: Wish, line: bytes) -> tuple[bytes, bool]:
    """The line that answers a line, and whether an audit found something that the answer has to change.

    Args:
        line: JSON, not blank.

    Returns:
        One line of JSON with its end, `id` first; and False for verbs that find nothing.

    Raises:
        InputError: the line is not what the verb expects, or what it holds cannot be used.
    """
    found = False
    if wish.verb == "recommend":
        question = _read(line, _Question)
        id, fields = question.id, _ranked(wish, question.question)
    elif wish.verb == "answer":
        prompt = _read(line, _Prompt)
        id, fields = prompt.id, _written(wish, prompt.prompt)
    else:
        answered = _read(line, _Answered)
        id, (fields, found) = answered.id, _audited(answered)
    return msgspec.json.encode({"id": id, **fields}) + b"\n", found


def knowledge(wish: Wish) -> str:
    """Changes with what replies are made of beside their lines: the program, its tasks, its cards, its papers.

    Those differ from computer to computer, with packages that add cards and with what a person has imported. Two that
    give the same here give the same replies.
    """
    from whichmodel.catalog import cards, tasks
    from whichmodel.recommending.library import library

    papers = len(library()) if wish.verb == "recommend" else 0
    known = (__version__, list(tasks().values()), list(cards().values()), papers)
    return hashlib.sha256(msgspec.json.encode(known)).hexdigest()


def _read(line: bytes, kind: type[L]) -> L:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(str(error)) from error


def _ranked(wish: Wish, question: str) -> dict[str, Any]:
    from whichmodel.api.ranked import as_data
    from whichmodel.recommending import recommend
    from whichmodel.understand import understand

    return as_data(recommend(understand(question), top=wish.top, collection=wish.collection))


def _written(wish: Wish, prompt: str) -> dict[str, Any]:
    from whichmodel.api.writers import write_by
    from whichmodel.understand.prompt_format import read_prompt

    return to_data(write_by(wish.writer, read_prompt(prompt.encode(), where="the prompt")))


def _audited(line: _Answered) -> tuple[dict[str, Any], bool]:
    from whichmodel.api.audited import audit_texts, must_mend

    found, _ = audit_texts(
        line.prompt.encode(), line.answer.encode(), prompt_name="the prompt", answer_name="the answer"
    )
    return to_data(found), must_mend(found)
