"""Plans of enlargements by any factor: models in a row, then a resampling where needed."""

from __future__ import annotations

import math
from collections.abc import Collection

from whichmodel.domain import InputError, Step, UnboundError, Workflow
from whichmodel.nodes.operation import Cards
from whichmodel.workflow.binding import enlargers
from whichmodel.workflow.chain import best_chain
from whichmodel.workflow.steps import INPUT, chain_steps, number, workflow_of

LARGEST_FACTOR = 16.0
"""Beyond it each original pixel becomes more than 256, nearly all of them invented."""

SAY_HOW_MUCH = "say how much: e.g. 'enlarge 4x', or a print size: '60x90 cm at 150 dpi'"


def plan_enlargement(
    factor: float | None, cards: Cards, *, title: str = "", qualities: Collection[str] = ()
) -> Workflow:
    """Enlarge by any factor with the models that run here, chained and resampled where needed.

    Args:
        factor: of both sides; below 1 makes the picture smaller, without a model.
        cards: model cards by name.
        title: of the workflow, for people.
        qualities: what was said beside the factor; may ask for invented texture.

    Raises:
        InputError: no factor, or one that is not above 0, is 1, or is above 16.
        UnboundError: no enlargement model can run here.
    """
    steps = enlarging_steps(factor, cards, qualities=qualities)
    return workflow_of(title or enlarging_title(factor or 1.0), steps)


def enlarging_title(factor: float) -> str:
    """What an enlargement does, for people."""
    return f"enlarge {number(factor)}×" if factor > 1 else f"make smaller, {number(factor)}×"


def enlarging_steps(
    factor: float | None, cards: Cards, source: str = INPUT.name, qualities: Collection[str] = ()
) -> tuple[Step, ...]:
    """The steps that enlarge the value `source` by any factor; errors as for `plan_enlargement`."""
    if factor is None:
        raise InputError("the factor is missing", hint=SAY_HOW_MUCH)
    check_factor(factor)
    if factor < 1:
        return chain_steps((), source, factor=factor)
    models = enlargers(cards, qualities)
    chain = best_chain(tuple(models), factor)
    if not chain:
        raise UnboundError(
            f"no enlargement models that run here reach {number(factor)}×",
            hint=f"there are: {', '.join(f'{scale}×' for scale in models) or 'none'}",
        )
    return chain_steps([models[scale] for scale in chain], source, factor=factor)


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
