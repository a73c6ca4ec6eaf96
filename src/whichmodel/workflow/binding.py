"""Which steps can run on this computer, and why the others cannot."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from whichmodel.catalog import tasks
from whichmodel.domain import DataType, InputError, ModelCard, Parameter, Record, Step, UnboundError, Workflow
from whichmodel.domain.card import INVENTING
from whichmodel.nodes.operation import Cards
from whichmodel.nodes.registry import OPERATIONS, operation_of, wrong_ports
from whichmodel.weights import Obstacle, WeightsRecord, installed, obstacle, origin, records
from whichmodel.weights.conversion import EXTRA
from whichmodel.weights.obstacles import pull_command
from whichmodel.workflow.chain import best_chain
from whichmodel.workflow.steps import operation_for, plain_name

RUNTIMES = frozenset({"ncnn", "onnx"})
"""Formats of weights that `runtimes` can run."""

_ON_A_PICTURE = "model"
"""The operation that takes one picture and gives one."""

_ONLY_FOR = {"faces": "portrait", "text": "sign"}
"""Operations that do their task for one kind of subject: it must be named."""

ENLARGEMENT = "super-resolution"
"""Id of the task in the ontology whose models the planner may chain."""


class Binding(Record, frozen=True, kw_only=True):
    """Whether one step can run here.

    Args:
        step: id of the step.
        status: `"bound"` it can run at once; `"needs-pull"` it can run after its weights were
            fetched, which the first run does; `"unbound"` it cannot.
        reason: why, in plain words; for `"bound"` what it runs with.
        substitute: values for `--substitute` that could stand in, best first.
        command: what makes it run, where a person has to decide that: `"whichmodel weights pull ..."`.
    """

    step: str
    status: Literal["bound", "needs-pull", "unbound"]
    reason: str
    substitute: tuple[str, ...] = ()
    command: str = ""


def bind(step: Step, cards: Cards) -> Binding:
    """Find out whether a step can run here.

    Raises:
        InputError: the step itself is wrong: unknown operation or parameter.
    """
    operation = operation_of(step)
    wrong = wrong_ports(step)
    if not operation.takes_model:
        if wrong:
            raise InputError(f"step {step.id!r}: {wrong}")
        return Binding(step=step.id, status="bound", reason="needs no model")
    if step.model is None:
        return Binding(step=step.id, status="unbound", reason=_without_model(step, cards))
    if step.model not in cards:
        return Binding(step=step.id, status="unbound", reason=f"{step.model} is not a model of the catalog")
    card = cards[step.model]
    missing = wrong or what_is_missing(card) or _other_operation(step, card)
    if missing:
        return Binding(
            step=step.id,
            status="unbound",
            reason=f"{card.name} cannot run here: {missing}",
            substitute=substitutes_for(card, cards, step.parameters.get("factor")),
        )
    weights = records()[card.weights or ""]
    first = obstacle(weights)
    if first is not None and weights.given:
        return _to_be_given(step, card, first, cards)
    if first is not None:
        return Binding(
            step=step.id,
            status="unbound",
            reason=f"{card.name} cannot run here yet: {first.why}"
            + (f"; run first: {first.command}" if first.command else ""),
            substitute=_free(substitutes_for(card, cards, step.parameters.get("factor")), cards),
            command=first.command,
        )
    if installed(weights.id) is None:
        return Binding(
            step=step.id,
            status="needs-pull",
            reason=f"weights {weights.id} ({weights.licence}) are fetched on first use",
        )
    return Binding(
        step=step.id, status="bound", reason=f"runs with weights {weights.id} ({_rights(weights)})"
    )


def _rights(weights: WeightsRecord) -> str:
    """The licence; of the user's own file its name and hash too, as nothing else says what it is."""
    found = origin(weights.id) if weights.given else None
    if found is None:
        return weights.licence
    return f"from your file {found.file}, sha256 {found.sha256[:12]}…, licence {weights.licence}"


def bindings(workflow: Workflow, cards: Cards) -> tuple[Binding, ...]:
    """The binding of each step, in order; errors as for `bind`."""
    return tuple(bind(step, cards) for step in workflow.steps)


def require_bound(workflow: Workflow, cards: Cards) -> tuple[Binding, ...]:
    """The binding of each step, when all can run.

    Raises:
        UnboundError: a step cannot; names the step, the model, what is missing, and substitutes.
    """
    found = bindings(workflow, cards)
    for step, binding in zip(workflow.steps, found, strict=True):
        if binding.status == "unbound":
            raise UnboundError(
                f"step {step.id!r} ({step.title}): {binding.reason}", hint=_how_to_substitute(step, binding)
            )
    return found


def card_of(name: str, cards: Cards) -> ModelCard:
    """The card of this name.

    Raises:
        InputError: there is none.
    """
    card = cards.get(name)
    if card is None:
        raise InputError(
            f"no model is called {name!r}", hint="`whichmodel models list` lists the models of the catalog"
        )
    return card


def what_is_missing(card: ModelCard) -> str:
    """What keeps a card's model from running here, in plain words; empty where nothing does."""
    if card.weights is None:
        return "no weights that whichmodel can run are known for it"
    weights: WeightsRecord | None = records().get(card.weights)
    if weights is None:
        return f"its weights {card.weights!r} have no record"
    if weights.format not in RUNTIMES:
        return f"its weights are in the format {weights.format!r}, for which there is no runtime"
    if weights.operation not in OPERATIONS:
        return f"its weights {weights.id} need the operation {weights.operation!r}, which there is not"
    if weights.channels != 3:
        return f"its weights take {weights.channels} channels instead of 3"
    if (card.scale or 1) != weights.scale:
        return f"its card says {card.scale}×, its weights {weights.id} enlarge {weights.scale}×"
    return ""


def enlargers(cards: Cards, qualities: Collection[str] = ()) -> dict[int, ModelCard]:
    """One runnable enlargement model for each whole factor, smallest factor first.

    A model that invents texture is taken only where that was asked for, and one that a chain of others was
    measured to outdo never without its name.

    Args:
        qualities: what was said beside the task.
    """
    found: dict[int, ModelCard] = {}
    for card in cards.values():
        if card.task != ENLARGEMENT or what_is_missing(card):
            continue
        weights = records()[card.weights or ""]
        invents = INVENTING in card.suits
        if weights.outdone_by or (invents and INVENTING not in qualities):
            continue
        if invents or weights.scale not in found:
            found[weights.scale] = card
    return dict(sorted(found.items()))


def runnable(task: str, cards: Cards, qualities: Collection[str] = ()) -> ModelCard | None:
    """The model that does a task and can run here: the first of the catalog, unless another suits better.

    Args:
        qualities: what was said beside the task ("portrait"), looked for in what the cards suit.
    """
    found = [
        card
        for card in cards.values()
        if card.task == task
        and not what_is_missing(card)
        and not records()[card.weights or ""].given
        and _ONLY_FOR.get(operation_for(card), "") in ("", *qualities)
    ]
    # `max` keeps the first of equals.
    return max(found, key=lambda card: len(set(qualities).intersection(card.suits)), default=None)


def substitutes_for(card: ModelCard, cards: Cards, asked: Parameter | None = None) -> tuple[str, ...]:
    """Values for `--substitute` that could stand in for a card: same task, runnable, best first.

    The chain that the planner would take for the factor comes first, then single models. For a task at the same
    size they are those models that take nothing but the picture, in the order of the catalog.

    Args:
        asked: the factor that the step asks of a model of any factor.
    """
    if card.task != ENLARGEMENT:
        return tuple(
            other.name
            for other in cards.values()
            if other.task == card.task
            and other.name != card.name
            and not what_is_missing(other)
            and not records()[other.weights or ""].given
            and operation_for(other) == _ON_A_PICTURE
        )
    models = enlargers(cards)
    found: list[str] = []
    factor = asked if card.scale == "any" else card.scale
    if isinstance(factor, int | float):
        steps = best_chain(tuple(models), factor)
        if steps:
            found.append("+".join(models[scale].name for scale in steps))
    found += [models[scale].name for scale in sorted(models, reverse=True)]
    return tuple(dict.fromkeys(found))


def _to_be_given(step: Step, card: ModelCard, first: Obstacle, cards: Cards) -> Binding:
    """The binding of a step whose weights the user has to bring: what, from whom, by what right, and meanwhile."""
    weights = records()[card.weights or ""]
    code = next((link.url for link in card.links if link.kind == "code"), "")
    told = [f"{card.name} cannot run here yet: {first.why}."]
    told.append(f"It takes {weights.given}" + (f" (its authors: {code})." if code else "."))
    told.append(weights.licence_note)
    needs = f", which needs {' and '.join(first.missing)} ({EXTRA})" if first.missing else ""
    told.append(f"With the file in hand run `{first.command}`{needs}.")
    others = substitutes_for(card, cards, step.parameters.get("factor"))
    ready = [name for name in others if installed(cards[name].weights or "") is not None]
    if ready:
        told.append(
            f"{ready[0]} does the same task and is on this computer: `--substitute {ready[0]}` runs that instead."
        )
    elif others:
        command = pull_command(records()[cards[others[0]].weights or ""])
        told.append(
            f"{others[0]} does the same task after `{command}`: then `--substitute {others[0]}` runs that instead."
        )
    else:
        told.append("No other model of the same task can run here.")
    return Binding(
        step=step.id,
        status="unbound",
        reason=" ".join(told),
        substitute=_free(others, cards),
        command=first.command,
    )


def _other_operation(step: Step, card: ModelCard) -> str:
    """That a step's operation is not the one that runs the card's network; empty where it is."""
    runs = records()[card.weights or ""].operation
    return "" if runs == step.operation else f"operation {runs!r} runs it, not {step.operation!r}"


def _what_is_not_given(step: Step, card: ModelCard) -> str:
    """Why a model that runs here was not taken for a step: something that it needs is not given."""
    ports = OPERATIONS[records()[card.weights or ""].operation].ports
    missing = [spec.type for port, spec in ports.items() if spec.required and port not in step.takes]
    if DataType.MASK in missing:
        return (
            f"{card.name} needs a mask of the place: say where, in pixels ('at 320,200', 'box 10,20,300,400'),"
            " or give a picture that is transparent there"
        )
    if missing:
        return f"{card.name} needs {' and '.join(missing)} too"
    return f"{card.name} needs to be told where: say it in pixels ('at 320,200', 'box 10,20,300,400')"


def _free(names: tuple[str, ...], cards: Cards) -> tuple[str, ...]:
    """Those of the substitutes whose weights a run may use at once."""
    return tuple(
        name
        for name in names
        if all(obstacle(records()[cards[part].weights or ""]) is None for part in name.split("+"))
    )


def _without_model(step: Step, cards: Cards) -> str:
    task = tasks().get(str(step.parameters.get("task")))
    if task is None:
        return "no model is named for it"
    card = runnable(task.id, cards)
    if card is not None:
        return _what_is_not_given(step, card)
    count = sum(card.task == task.id for card in cards.values())
    known = f"the catalog has {count}, none with weights to run" if count else "nor does the catalog have one"
    return f"no model for {plain_name(task)} can run here yet ({known})"


def _how_to_substitute(step: Step, binding: Binding) -> str:
    if binding.command and "--from" in binding.command:
        return ""  # the reason says all of it
    if binding.command:
        return "that is done once, and never by a run itself"
    if not binding.substitute and "task" in step.parameters:
        name = step.parameters["task"]
        return f"leave that wish out, or do it with a model of your own before: `whichmodel models list --task {name}`"
    if not binding.substitute:
        return "no model of the same task can run here, so nothing can stand in for it"
    choices = " or ".join(f"--substitute {name!r}" for name in binding.substitute)
    return f"another model of the same task can stand in: {choices}"
