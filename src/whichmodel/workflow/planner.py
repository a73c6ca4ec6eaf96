"""From what a person says to a workflow: a model's name, a workflow file, or plain words."""

from __future__ import annotations

import math
from pathlib import Path

from whichmodel.domain import DataType, InputError, Intent, ModelCard, Port, Step, UnboundError, Workflow
from whichmodel.nodes.operation import Cards
from whichmodel.pictures import Header
from whichmodel.understand import understand
from whichmodel.workflow.binding import ENLARGEMENT, enlargers, what_is_missing
from whichmodel.workflow.chain import best_chain
from whichmodel.workflow.load import SUFFIXES, load_workflow
from whichmodel.workflow.print_size import factor_for_pixels, factor_for_print
from whichmodel.workflow.steps import INPUT, chain_steps, model_step, number, workflow_of

LARGEST_FACTOR = 16.0
"""Beyond it each original pixel becomes more than 256, nearly all of them invented."""

SAY_HOW_MUCH = "say how much: e.g. 'enlarge 4x', or a print size: '60x90 cm at 150 dpi'"


def workflow_for(what: str, header: Header | None, cards: Cards) -> Workflow:
    """The workflow that WHAT stands for.

    Args:
        what: the exact name of a model; else the path of a workflow file (`.json`, `.yaml`, `.yml`);
            else plain words ("enlarge 4x").
        header: of the picture; print sizes need it.
        cards: model cards by name.

    Raises:
        InputError: not understood, no factor, a factor out of range, or a file that is no workflow.
        UnboundError: a task was understood for which no model can run here.
    """
    if what in cards:
        return workflow_for_card(cards[what])
    path = Path(what)
    if path.suffix.lower() in SUFFIXES and not any(char.isspace() for char in path.suffix):
        return load_workflow(path)
    return plan(understand(what), header, cards)


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


def plan(intent: Intent, header: Header | None, cards: Cards) -> Workflow:
    """The workflow for a question understood.

    Raises:
        InputError: no task was understood, or an enlargement without a size.
        UnboundError: a task for which no model can run here.
    """
    tasks = intent.steps or ((intent.task,) if intent.task else ())
    if not tasks and (intent.target or isinstance(intent.scale, int | float)):
        tasks = (ENLARGEMENT,)  # "4x" or "60x90 cm at 150 dpi" says enough
    if not tasks:
        raise InputError(
            f"cannot tell what to do from {intent.question!r}",
            hint="say it like 'enlarge 4x', or name a model; `whichmodel models list` lists them",
        )
    for task in tasks:
        if task != ENLARGEMENT:
            raise UnboundError(
                f"understood the task as {task!r}, for which no model can run here",
                hint="what runs here is enlargement, e.g. 'enlarge 4x'; "
                f"`whichmodel recommend` names models for {task!r}",
            )
    # An exact factor wins over a print size named beside it.
    if isinstance(intent.scale, int | float):
        return plan_enlargement(float(intent.scale), cards)
    if intent.target is None and intent.pixels is None:
        raise InputError("the size is missing", hint=SAY_HOW_MUCH)
    if header is None:
        raise InputError("a wished size needs the picture's own size", hint="name the picture too")
    if intent.target is not None:
        factor, words = factor_for_print(intent.target, header)
    elif intent.pixels is not None:
        factor, words = factor_for_pixels(intent.pixels, header)
    return plan_enlargement(factor, cards, title=f"enlarge {number(factor)}× for {words}")


def plan_enlargement(factor: float | None, cards: Cards, *, title: str = "") -> Workflow:
    """Enlarge by any factor with the models that run here, chained and resampled where needed.

    Args:
        factor: of both sides; below 1 makes the picture smaller, without a model.
        cards: model cards by name.
        title: of the workflow, for people.

    Raises:
        InputError: no factor, or one that is not above 0, is 1, or is above 16.
        UnboundError: no enlargement model can run here.
    """
    if factor is None:
        raise InputError("the factor is missing", hint=SAY_HOW_MUCH)
    check_factor(factor)
    if factor < 1:
        return workflow_of(
            title or f"make smaller, {number(factor)}×", chain_steps((), INPUT.name, factor=factor)
        )
    models = enlargers(cards)
    chain = best_chain(tuple(models), factor)
    if not chain:
        raise UnboundError(
            f"no enlargement models that run here reach {number(factor)}×",
            hint=f"there are: {', '.join(f'{scale}×' for scale in models) or 'none'}",
        )
    steps = chain_steps([models[scale] for scale in chain], INPUT.name, factor=factor)
    return workflow_of(title or f"enlarge {number(factor)}×", steps)


def check_factor(factor: float) -> None:
    """Raises `InputError` unless the factor is a finite number above 0, not 1, and at most 16."""
    if not math.isfinite(factor) or factor <= 0:
        raise InputError(f"the factor {factor} is not a number above 0", hint=SAY_HOW_MUCH)
    if factor == 1:
        raise InputError("a factor of 1 leaves the picture as it is: nothing to do", hint=SAY_HOW_MUCH)
    if factor > LARGEST_FACTOR:
        raise InputError(
            f"a factor of {number(factor)} is above {number(LARGEST_FACTOR)}, the largest that is offered:"
            f" of {factor * factor:,.0f} pixels one would be known",
            hint="for a print, fewer dots per inch may do: large prints are seen from afar",
        )
