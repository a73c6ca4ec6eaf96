"""From an Intent to ranked models, each with a reason and what speaks against it.

Order: the task, then the factor, then what runs here, then the fit to what the question names.
A model of the exact factor therefore always stands above one that would need a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from whichmodel.catalog import cards, require_collection, tasks
from whichmodel.domain import Intent, ModelCard, Record, Scale, Task
from whichmodel.domain.card import INVENTING
from whichmodel.weights import installed, records

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Below this confidence a recommendation says that it is unsure.
UNSURE = 0.45
# A quality named and served counts 1; likeness of meaning between question and card decides the rest.
LIKENESS = 4.0
_FACTOR_FIT = {"exact": 1.0, "any": 0.9, "unnamed": 0.8, "none": 1.0, "chain": 0.3}


class Recommendation(Record, frozen=True, kw_only=True):
    """A model recommended for a question.

    Args:
        card: its card.
        score: 0..1; comparable within one answer only.
        why: one sentence for it.
        against: what speaks against it, or "".
        runs_here: whether its weights are known to this program.
    """

    card: ModelCard
    score: float
    why: str
    against: str
    runs_here: bool


class Ranking(Record, frozen=True, kw_only=True):
    """Recommendations, best first, and whether they are sure.

    Args:
        unsure: a sentence that says why, with the question that would settle it; "" when sure.
    """

    intent: Intent
    models: tuple[Recommendation, ...]
    unsure: str = ""


def recommend(
    intent: Intent,
    *,
    top: int = 3,
    collection: str | None = None,
    runs_here: Callable[[ModelCard], bool] | None = None,
    among: Iterable[ModelCard] | None = None,
) -> Ranking:
    """Rank the catalog's models for an intent.

    Args:
        intent: a question understood.
        top: how many to return.
        collection: only models of this collection.
        runs_here: tells whether a card's model can run here; by default those with weights,
            where only the user can bring them once they are here.
        among: cards to choose from, by default the whole catalog.

    Raises:
        InputError: the catalog has no such collection.
    """
    if among is None:
        require_collection(collection)
    if intent.task is None:
        return Ranking(intent=intent, models=(), unsure=_no_task(intent))
    alike = _likeness(intent.question)
    runs = runs_here or _has_weights
    pool = [
        card
        for card in (among if among is not None else cards().values())
        if collection is None or card.collection == collection
    ]
    ranked = []
    for card in pool:
        distance = _task_distance(tasks()[intent.task], card.task)
        if distance is None:
            continue
        factor = factor_fit(intent.scale, card.scale)
        fit = _fit(intent, card) + LIKENESS * alike(card)
        here = runs(card)
        spare = bool(_set_aside(intent, card))
        # What the user's own file makes of a picture nobody has measured: it does not move the model up.
        proven = here and not _from_the_user(card)
        key = (distance, -_FACTOR_FIT[factor], spare, not proven, -fit, *_variant_order(card))
        score = (
            0.5 * (1 - 0.25 * distance)
            + 0.3 * _FACTOR_FIT[factor]
            + 0.1 * (proven and not spare)
            + 0.1 * min(max(fit, 0.0), 3.0) / 3
        )
        ranked.append(
            (
                key,
                Recommendation(
                    card=card,
                    score=round(score, 3),
                    why=_why(intent, card, factor, here=here),
                    against=_against(intent, card, factor, here=here),
                    runs_here=here,
                ),
            )
        )
    ranked.sort(key=lambda item: item[0])
    return Ranking(
        intent=intent,
        models=tuple(recommendation for _, recommendation in ranked[:top]),
        unsure=_doubt(intent, found=bool(ranked)),
    )


def _has_weights(card: ModelCard) -> bool:
    """Whether weights can be fetched for a card's model, or those that only the user can bring are here."""
    if card.weights is None:
        return False
    return not _from_the_user(card) or installed(card.weights) is not None


def _from_the_user(card: ModelCard) -> bool:
    weights = records().get(card.weights or "")
    return weights is not None and bool(weights.given)


def factor_fit(wanted: Scale, has: Scale) -> str:
    """How a model's factor serves the wanted one: `exact`, `any`, `unnamed`, `chain` or `none`.

    >>> factor_fit(8.0, 8), factor_fit(8.0, "any"), factor_fit(8.0, 4), factor_fit(None, 4)
    ('exact', 'any', 'chain', 'unnamed')
    """
    if has is None:
        return "none"
    if wanted is None:
        return "unnamed"
    if wanted == "any":
        return "exact" if has == "any" else "chain"
    if has == "any":
        return "any"
    return "exact" if float(has) == float(wanted) else "chain"


def _task_distance(wanted: Task, name: str) -> int | None:
    """0 the same task, 1 a part or a wider one, None another task."""
    if name == wanted.id:
        return 0
    other = tasks().get(name)
    if other is None:
        return None
    return 1 if wanted.id in other.parents or other.id in wanted.parents else None


def _fit(intent: Intent, card: ModelCard) -> int:
    suits = {word.lower() for word in card.suits}
    return sum(1 for quality in intent.qualities if quality in suits)


def _likeness(question: str) -> Callable[[ModelCard], float]:
    """How much the question and a card's own words mean the same, about -1..1."""
    from whichmodel.runtimes.text_encoder import encode

    vectors = _card_vectors()
    asked = encode([question])[0]
    return lambda card: float(vectors[card.name] @ asked) if card.name in vectors else 0.0


@cache
def _card_vectors() -> dict[str, NDArray[np.float32]]:
    from whichmodel.catalog.vectors import card_vectors
    from whichmodel.runtimes.text_encoder import encode

    return card_vectors(encode)


def _variant_order(card: ModelCard) -> tuple[object, ...]:
    """Among equals: general variants before special ones, then by name, so that results repeat."""
    factor = card.scale if isinstance(card.scale, int | float) else 0
    return (bool(card.suits), -factor, card.name)


def _why(intent: Intent, card: ModelCard, factor: str, *, here: bool) -> str:
    task = tasks()[card.task].name
    reason = f"Does {task[:1].lower() + task[1:] if task[1:2].islower() else task}"
    if factor == "exact" and card.scale == "any":
        reason += " at any factor, as an open print size needs"
    elif factor == "exact":
        reason += f" at exactly the {card.scale:g}× you name" if isinstance(card.scale, int | float) else ""
    elif factor == "any":
        reason += " at any factor, so also at yours"
    elif factor == "unnamed" and isinstance(card.scale, int | float):
        reason += f" at {card.scale:g}×"
    suiting = [quality for quality in intent.qualities if quality in {word.lower() for word in card.suits}]
    if suiting:
        reason += f", meant for {', '.join(suiting)}"
    return reason + (", and can run on this computer." if here else ".")


def _against(intent: Intent, card: ModelCard, factor: str, *, here: bool) -> str:
    told = [
        _against_fit(intent, card, factor),
        _set_aside(intent, card),
        "" if here else "Cannot run on this computer yet.",
    ]
    return " ".join(filter(None, told))


def _set_aside(intent: Intent, card: ModelCard) -> str:
    """Why a model stands behind its equals; empty where it does not."""
    if INVENTING in card.suits and INVENTING not in intent.qualities:
        return "Invents texture, which you do not ask for."
    weights = records().get(card.weights or "")
    return f"{weights.outdone_by} was measured to come closer." if weights and weights.outdone_by else ""


def _against_fit(intent: Intent, card: ModelCard, factor: str) -> str:
    if factor == "chain" and isinstance(card.scale, int | float):
        wanted = f"{intent.scale:g}×" if isinstance(intent.scale, int | float) else "an open size"
        return f"Enlarges {card.scale:g}× only; {wanted} needs several steps and resampling."
    if factor == "unnamed":
        return "You name no factor; this one may be more or less than you need."
    if intent.task != card.task:
        return f"It is for {tasks()[card.task].name}, not exactly the task you describe."
    return ""


def _no_task(intent: Intent) -> str:
    if not intent.question.strip():
        return "The question is empty. What did you see, or what do you want done?"
    return (
        "This question names no task that the catalog knows."
        " What went in (a photo, a text, a recording) and what came out? English is understood."
    )


def _doubt(intent: Intent, *, found: bool) -> str:
    if not found:
        return "The catalog holds no model for this task yet."
    first = intent.candidates[0]
    if first.confidence >= UNSURE or len(intent.candidates) < 2:
        return ""
    one, two = tasks()[first.task], tasks()[intent.candidates[1].task]
    tell = next((n.tell for n in one.neighbours if n.task == two.id), "")
    return f"Unsure: did you mean {one.name} or {two.name}? {tell}".strip()
