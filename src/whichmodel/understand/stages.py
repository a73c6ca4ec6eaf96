"""Which stages of a longer work are meant: "restore this old photo but leave the colours", "only the scratches".

A stage is named by its phrases. Whether a name asks for the stage or forbids it is said by the last word before
it that does either ("leave", "without", "only", "fix"), or by one that follows ("the colours untouched").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from whichmodel.understand.phrases import find_all, plain

# A verb after a refusal belongs to it: "do not remove the grain".
_REFUSAL = (
    r"(?:leav\w*|keep\w*|preserv\w*|except\w*|skip\w*|without|never|no|not|don't|doesn't|nothing about)(?![-\w])"
    r"(?:\s+(?:to\s+)?(?:touch|chang|remov|alter|correct|restor|fix|clean|repair|tak|do|mak|adjust)\w*)?"
)
_REQUEST = (
    r"(?:only|just|but|fix\w*|repair\w*|remov\w*|correct\w*|restor\w*|fill\w*|clean\w*|find\w*|improv\w*|bring\w*|"
    r"tak\w*|get\w*|heal\w*|reviv\w*|reduc\w*|refresh\w*)(?![-\w])"
)
_MARK = re.compile(rf"(?<![-\w])(?:(?P<no>{_REFUSAL})|(?P<yes>{_REQUEST}))")
_END = re.compile(r"[.;!?\n]")
_KEPT = re.compile(
    r"(?:\W+\w+){0,3}?\W+(?:untouched|unchanged|alone|intact|as (?:it|they) (?:is|are|was|were))\b"
)
_ONLY = re.compile(r"(?<![-\w])(?:only|just|nothing but)(?![-\w])")
# What asks for the work as a whole: "restore", or "fix" with the photograph itself as what is fixed.
_WHOLE = re.compile(
    r"(?<!\w)(?:(?:restor|rescu|reviv|salvag|renovat)\w*|"
    r"(?:fix|repair|clean|improv|enhanc|refresh)\w*(?:\s+(?!in\b|of\b|on\b|from\b)[\w']+){0,3}?\s+(?:photo|pictur|imag|print)\w*)"
)


@dataclass(frozen=True, slots=True)
class Stages:
    """What a question says about stages.

    Args:
        wanted: names of those that it asks for by name.
        refused: names of those that it forbids.
        only: whether nothing but those wanted by name is meant.
    """

    wanted: frozenset[str]
    refused: frozenset[str]
    only: bool

    def chosen(self, every: tuple[str, ...]) -> tuple[str, ...]:
        """Of all stages, in their order, those that are meant."""
        if self.only:
            return tuple(name for name in every if name in self.wanted)
        return tuple(name for name in every if name not in self.refused)


def read_stages(question: str, phrases: Mapping[str, tuple[str, ...]]) -> Stages:
    """Which stages a question names, and how.

    Args:
        phrases: by name of the stage, in the language of `understand.phrases`.

    >>> phrases = {"scratches": ("scratch*",), "colours": ("colour|colours",)}
    >>> read_stages("restore this old photo but leave the colours", phrases).chosen(tuple(phrases))
    ('scratches',)
    >>> read_stages("only the scratches", phrases).chosen(tuple(phrases))
    ('scratches',)
    """
    text = plain(question)
    wanted: set[str] = set()
    refused: set[str] = set()
    for name, known in phrases.items():
        for _, start, end in find_all(known, text):
            (refused if _refused(text, start, end) else wanted).add(name)
    only = bool(wanted) and (bool(_ONLY.search(text)) or not _WHOLE.search(text))
    return Stages(frozenset(wanted), frozenset(refused - wanted), only)


def _refused(text: str, start: int, end: int) -> bool:
    """Whether what stands at a place is forbidden."""
    begin = max((match.end() for match in _END.finditer(text, 0, start)), default=0)
    stop = _END.search(text, end)
    if _KEPT.match(text, end, stop.start() if stop else len(text)):
        return True
    marks = list(_MARK.finditer(text, begin, start))
    return bool(marks) and marks[-1]["no"] is not None
