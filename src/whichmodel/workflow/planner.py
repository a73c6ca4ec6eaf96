"""From what a person says to a workflow: a model's name, a workflow file, or plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from whichmodel.domain import DataType, InputError, Intent, ModelCard, Port, Step, UnboundError, Workflow
from whichmodel.nodes.operation import Cards
from whichmodel.pictures import Header
from whichmodel.understand import understand
from whichmodel.workflow.advice import Decision, steps_of, with_parameters
from whichmodel.workflow.binding import ENLARGEMENT, runnable, what_is_missing
from whichmodel.workflow.edits import edited, with_edits
from whichmodel.workflow.enlarge import SAY_HOW_MUCH, plan_enlargement
from whichmodel.workflow.faces import plan_faces
from whichmodel.workflow.keeping import with_kept
from whichmodel.workflow.load import SUFFIXES, load_workflow
from whichmodel.workflow.pointing import pointed_at
from whichmodel.workflow.print_size import EnoughPixelsError, factor_for_pixels, factor_for_print
from whichmodel.workflow.ready import named_task
from whichmodel.workflow.sequence import FILLING, OUTLINING, is_sequence, plan_sequence, unsaid, wishes_of
from whichmodel.workflow.steps import INPUT, model_step, number, workflow_of

_REMOVE = re.compile(r"\b(?:remov|eras|delet|fill|take (?:out|away)|get rid)", re.IGNORECASE)


def workflow_for(
    what: str | Intent, header: Header | None, cards: Cards, *, decisions: Sequence[Decision] = ()
) -> Workflow:
    """The workflow that WHAT stands for.

    Args:
        what: the exact name of a model; else the path of a workflow file (`.json`, `.yaml`, `.yml`);
            else plain words ("enlarge 4x"), or what was understood from them.
        header: of the picture; print sizes need it.
        cards: model cards by name.
        decisions: what the photo itself asks for before it is enlarged (`advice.decide`).

    Raises:
        InputError: not understood, no factor, a factor out of range, or a file that is no workflow.
        UnboundError: a task was understood for which no model can run here.
    """
    intent = asked_for(what, cards)
    if intent is not None:
        return plan(intent, header, cards, decisions=decisions)
    return workflow_for_card(cards[str(what)]) if what in cards else load_workflow(Path(str(what)), cards)


def asked_for(what: str | Intent, cards: Cards) -> Intent | None:
    """What WHAT asks for in plain words; `None` where it is the name of a model or of a workflow file."""
    if isinstance(what, Intent):
        return what
    suffix = Path(what).suffix
    if what in cards or (suffix.lower() in SUFFIXES and not any(char.isspace() for char in suffix)):
        return None
    return understand(what)


def enlarges(intent: Intent) -> bool:
    """Whether an enlargement is asked for, before which the photo itself may need something."""
    return ENLARGEMENT in _tasks_of(intent)


def left_out(what: str | Intent, cards: Cards) -> tuple[str, ...]:
    """Sentences about parts of WHAT, given in plain words, that `workflow_for` did not understand."""
    intent = asked_for(what, cards)
    unread = intent.unread if intent is not None else ()
    return tuple(f"not understood and left out: {words.text!r}" for words in unread)


def workflow_for_card(card: ModelCard) -> Workflow:
    """One step that runs the card's model; the step may be unbound, which `bind` tells."""
    if not what_is_missing(card):
        return workflow_of(f"run {card.name}", (model_step(card, INPUT.name, id="model"),))
    scale = f"{number(card.scale)}" if isinstance(card.scale, int | float) else ""
    step = Step(
        id="model",
        title=f"enlarge {scale}× with {card.name}" if scale else f"run {card.name}",
        operation="model",
        model=card.name,
        takes={"image": INPUT.name},
        gives=Port(name="picture", type=DataType.IMAGE, shape=f"{scale}h × {scale}w × 3" if scale else ""),
    )
    return workflow_of(f"run {card.name}", (step,))


def plan(
    intent: Intent, header: Header | None, cards: Cards, *, decisions: Sequence[Decision] = ()
) -> Workflow:
    """The workflow for a question understood; what is to be left alone is put back behind all of it.

    Args:
        decisions: what the photo itself asks for; those that were chosen come before an enlargement.

    Raises:
        InputError: no task was understood, or an enlargement without a size.
        UnboundError: a task for which no model can run here; of several wishes only where nothing before
            gives what it takes.
    """
    about_faces = plan_faces(intent.question, cards)
    if about_faces is not None:
        return about_faces
    if intent.edits and header is not None:
        header = edited(header, intent.edits)
    done = None if _only_edits(intent) else _doing(intent, header, cards, decisions)
    if done is None or intent.edits:
        done = with_edits(done, intent.edits)
    return with_kept(done, intent.kept, cards, qualities=intent.qualities)


def _only_edits(intent: Intent) -> bool:
    """Whether nothing is asked for but changes that need no model."""
    asked = _tasks_of(intent) or pointed_at(intent.question) or named_task(intent.question)
    return bool(intent.edits) and not asked


def _doing(intent: Intent, header: Header | None, cards: Cards, decisions: Sequence[Decision]) -> Workflow:
    """The steps that do what was asked for, to the whole picture."""
    tasks = _tasks_of(intent)
    if not tasks and pointed_at(intent.question):
        tasks = (FILLING if _REMOVE.search(intent.question) else OUTLINING,)
    if not tasks and (named := named_task(intent.question)):
        tasks = (named,)
    if not tasks:
        raise InputError(
            f"cannot tell what to do from {intent.question!r}",
            hint="say it like 'enlarge 4x', or name a model; `whichmodel models list` lists them",
        )
    if ENLARGEMENT not in tasks:
        decisions = ()
    wishes = wishes_of(intent, tasks) + unsaid(steps_of(decisions, tasks))
    if is_sequence(intent, wishes):
        enlarged = _enlargement(intent, header, several=True) if ENLARGEMENT in tasks else None
        return with_parameters(plan_sequence(intent, wishes, enlarged, cards, header), decisions, cards)
    for task in tasks:
        if task != ENLARGEMENT:
            return _single(task, intent, cards)
    factor, title = _enlargement(intent, header)
    return plan_enlargement(factor, cards, title=title, qualities=intent.qualities)


def _tasks_of(intent: Intent) -> tuple[str, ...]:
    """Ids of the tasks that were asked for."""
    tasks = intent.steps or ((intent.task,) if intent.task else ())
    if not tasks and (intent.target or isinstance(intent.scale, int | float)):
        return (ENLARGEMENT,)  # "4x" or "60x90 cm at 150 dpi" says enough
    return tasks


def _single(task: str, intent: Intent, cards: Cards) -> Workflow:
    """One wish that is no enlargement: the model that runs here does it."""
    card = runnable(task, cards, intent.qualities)
    if card is None:
        raise UnboundError(
            f"understood the task as {task!r}, for which no model can run here",
            hint="`whichmodel models list --runs-here` lists what runs;"
            f" `whichmodel recommend` names models for {task!r}",
        )
    return workflow_for_card(card)


def _enlargement(intent: Intent, header: Header | None, *, several: bool = False) -> tuple[float, str]:
    """The factor that was asked for, and the enlargement in words.

    Args:
        several: of several wishes; then a picture that is large enough already has a factor of 1.

    Raises:
        InputError: no size was named, or the picture is large enough.
    """
    # An exact factor wins over a print size named beside it.
    if isinstance(intent.scale, int | float):
        return float(intent.scale), ""
    if intent.target is None and intent.pixels is None:
        raise InputError("the size is missing", hint=SAY_HOW_MUCH)
    if header is None:
        raise InputError("a wished size needs the picture's own size", hint="name the picture too")
    try:
        if intent.target is not None:
            factor, words = factor_for_print(intent.target, header)
        elif intent.pixels is not None:
            factor, words = factor_for_pixels(intent.pixels, header)
    except EnoughPixelsError as error:
        if not several:
            raise
        return 1.0, f"keep its size: {error.message.partition(':')[0]}"
    return factor, f"enlarge {number(factor)}× for {words}"
