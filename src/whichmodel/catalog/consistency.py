"""Does the catalog agree with itself? Run by the tests, and (without the phrases) by `models list`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from whichmodel.catalog.kin import ancestors
from whichmodel.catalog.load import cards, tasks
from whichmodel.domain import InputError, ModelCard, Task


def check(compile_phrase: Callable[[str], object] | None = None) -> None:
    """Check every reference within the catalog.

    Args:
        compile_phrase: reads one cue phrase and raises `ValueError` when it is none. The language of
            the phrases belongs to a layer above this one, hence it is handed in; without it the
            phrases are not looked at, which saves most of the time.

    Raises:
        InputError: names every contradiction that was found.
    """
    problems = [
        *(problem for task in tasks().values() for problem in _task_problems(task)),
        *(problem for card in cards().values() for problem in _card_problems(card)),
    ]
    if compile_phrase is not None:
        problems += [
            problem for task in tasks().values() for problem in _phrase_problems(task, compile_phrase)
        ]
    if problems:
        raise InputError(
            f"the catalog contradicts itself in {len(problems)} places", hint="\n  ".join(problems)
        )


def _task_problems(task: Task) -> Iterator[str]:
    for other in (*task.parents, *(neighbour.task for neighbour in task.neighbours)):
        if other not in tasks():
            yield f"task {task.id} refers to the task {other}, which does not exist"
        if other == task.id:
            yield f"task {task.id} refers to itself"
    if task.id in ancestors(task):
        yield f"task {task.id} is its own ancestor"
    for field in ("definition", "verb", "changes"):
        text = getattr(task, field)
        if not text or text.endswith("."):
            yield f"task {task.id}: `{field}` is to be a piece of a sentence, without a full stop"
    if not task.in_general.endswith("."):
        yield f"task {task.id}: `in_general` is to be a whole sentence"
    if task.kind == "task" and not task.cues.ask:
        yield f"task {task.id} has no `ask` cues"


def _card_problems(card: ModelCard) -> Iterator[str]:
    if card.task not in tasks():
        yield f"model {card.name} has the task {card.task}, which does not exist"
    if not card.statements:
        yield f"model {card.name} has no statements"
    for statement in card.statements:
        if not statement.locator or not statement.text.endswith("."):
            yield f"model {card.name}: no whole sentence with a locator: {statement.text!r}"
        if "{" in statement.text:
            yield f"model {card.name}: unknown placeholder in {statement.text!r}"


def _phrase_problems(task: Task, compile_phrase: Callable[[str], object]) -> Iterator[str]:
    cues = task.cues
    for phrase in (*cues.ask, *cues.state, *cues.term, *cues.against, *task.synonyms):
        try:
            compile_phrase(phrase)
        except ValueError as error:
            yield f"task {task.id}: {error}"
    for part in cues.name:
        if not part.isalnum() or part != part.casefold():
            yield f"task {task.id}: the name part {part!r} is to be lower-case letters and digits"
