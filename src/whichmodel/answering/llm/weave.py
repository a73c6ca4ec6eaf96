"""How drafted and built-in sentences of one slot come together.

Of a step and of a paper the draft speaks in the place of the built-in sentences, but what is open and
what our card says stays. In the short reply, in part 1 and where a question is answered, a built-in
sentence goes only where the draft says what it says; a poor draft then takes nothing away.
"""

from __future__ import annotations

from collections.abc import Sequence

from whichmodel.answering.audit.words import content
from whichmodel.answering.llm.plan import Slot
from whichmodel.answering.llm.prompt import without_marks
from whichmodel.domain import Sentence

# Shares of the weight of a sentence's words.
SAME_GROUND = 0.4
SAME_SENTENCE = 0.85
_COVERED = 0.5


def likeness(one: str, other: str) -> float:
    """Share, by weight, of the shorter sentence's content words that the other has; from 0 to 1."""
    small, large = sorted((_weights(one), _weights(other)), key=lambda words: sum(words.values()))
    return _share(small, large)


def same(one: str, other: str) -> bool:
    """Whether one of two sentences says hardly anything that the other does not say."""
    return one == other or likeness(one, other) >= SAME_SENTENCE


def copies(text: str, builtin: Sentence) -> bool:
    """Whether a drafted sentence is (a part of) the built-in one, which has quotation marks and explanations."""
    return letters(text) in letters(without_marks(builtin.text))


def letters(text: str) -> str:
    """Letters and digits alone, in lower case: what two sentences are compared by."""
    return "".join(character.lower() for character in text if character.isalnum())


def covers(text: str, builtin: Sentence) -> bool:
    """Whether a drafted sentence says most of what a built-in one says."""
    return _share(_weights(without_marks(builtin.text)), _weights(text)) >= _COVERED


def stays_whole(slot: Slot) -> bool:
    """Whether built-in sentences of a slot stay unless the draft covers them."""
    return slot.id in ("reply", "task") or slot.id.startswith("question-")


def nearest(text: str, sentences: Sequence[Sentence]) -> Sentence | None:
    """The sentence on the same ground that is most like a text; None where there is none."""
    near = max(sentences, key=lambda other: likeness(text, without_marks(other.text)), default=None)
    if near is None or likeness(text, without_marks(near.text)) < SAME_GROUND:
        return None
    return near


def weave(slot: Slot, told: Sequence[Sentence]) -> list[Sentence]:
    """The sentences of a slot, from what was kept and repaired; empty where nothing drafted was kept.

    Args:
        told: drafted sentences and built-in ones that replace drafted ones, in the order drafted.
    """
    drafted = [item for item in told if item not in slot.builtin]
    if not drafted:
        return []
    if not stays_whole(slot):
        left = [item for item in slot.builtin if item not in told and item.basis in ("open", "card", "here")]
        return [*told, *(item for item in left if not any(covers(other.text, item) for other in drafted))]
    woven: list[Sentence] = []
    waiting = drafted
    for sentence in slot.builtin:
        instead = [item for item in waiting if covers(without_marks(item.text), sentence)]
        woven += instead or [sentence]
        waiting = [item for item in waiting if item not in instead]
    return woven + waiting


def _weights(text: str) -> dict[str, float]:
    return {word.stem: word.weight for word in content(text)}


def _share(words: dict[str, float], of: dict[str, float]) -> float:
    whole = sum(words.values())
    return sum(weight for stem, weight in words.items() if stem in of) / whole if whole else 0.0
