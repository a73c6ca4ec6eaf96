"""Put runnable models in the place of a step whose model cannot run here, visibly."""

from __future__ import annotations

from whichmodel.domain import InputError, ModelCard, Record, Step, Workflow
from whichmodel.nodes.operation import Cards
from whichmodel.workflow.binding import bind, card_of, what_is_missing
from whichmodel.workflow.chain import LONGEST, product
from whichmodel.workflow.steps import chain_steps, number, scale_of


class Substitution(Record, frozen=True, kw_only=True):
    """What stands in for what.

    Args:
        step: id of the step whose model cannot run here.
        instead_of: name of that model.
        models: names of the models that ran in its place, in order.
        note: the substitution as a sentence for people.
    """

    step: str
    instead_of: str
    models: tuple[str, ...]
    note: str


def substitute(workflow: Workflow, names: str, cards: Cards) -> tuple[Workflow, tuple[Substitution, ...]]:
    """The workflow with every unbound step of the models' task replaced.

    Args:
        names: model names joined by `+`, in the order in which they run: `"SPAN-4x+SPAN-2x"`. Where
            the product of their factors is not the factor of the step, a resampling follows.

    Raises:
        InputError: an unknown model, one that cannot run here itself, models of different tasks, too
            many models, or no unbound step of their task.
    """
    models = _models(names, cards)
    task = models[0].task
    steps: list[Step] = []
    done: list[Substitution] = []
    for step in workflow.steps:
        binding = bind(step, cards)
        card = cards.get(step.model or "")
        if binding.status != "unbound" or card is None or card.task != task:
            steps.append(step)
            continue
        # An "any" model enlarges by what its step asks; without a number the chain's product counts.
        asked = step.parameters.get("factor") if card.scale == "any" else card.scale
        factor = float(asked) if isinstance(asked, int | float) else None
        steps += chain_steps(
            models,
            step.takes["image"],
            factor=factor,
            last_id=step.id,
            prefix=f"{step.id}-",
            substituted_for=card.name,
        )
        done.append(_substitution(step, card, models, factor))
    if not done:
        raise InputError(
            f"nothing to substitute {names!r} for: no step with a {task} model is unable to run here",
            hint="leave out --substitute",
        )
    return (
        Workflow(title=workflow.title, inputs=workflow.inputs, steps=tuple(steps), output=workflow.output),
        tuple(done),
    )


def _models(names: str, cards: Cards) -> tuple[ModelCard, ...]:
    parts = [part.strip() for part in names.split("+")]
    if not all(parts) or len(parts) > LONGEST:
        raise InputError(
            f"--substitute {names!r} must name one to {LONGEST} models joined by '+'",
            hint="for example: --substitute SPAN-4x+SPAN-2x",
        )
    models = tuple(card_of(part, cards) for part in parts)
    for card in models:
        missing = what_is_missing(card)
        if missing:
            raise InputError(f"--substitute {names!r}: {card.name} cannot run here either: {missing}")
    if len({card.task for card in models}) > 1:
        raise InputError(f"--substitute {names!r}: the models do different tasks")
    return models


def _substitution(
    step: Step, card: ModelCard, models: tuple[ModelCard, ...], factor: float | None
) -> Substitution:
    names = tuple(model.name for model in models)
    total = product([scale_of(model) for model in models])
    note = f"{' then '.join(names)} substituted for {card.name}"
    if factor is not None and factor != total:
        note += f": {total}×, then resampled to {number(factor)}×"
        if total < factor:
            note += "; the resampling adds pixels but no detail"
    return Substitution(step=step.id, instead_of=card.name, models=names, note=note)
