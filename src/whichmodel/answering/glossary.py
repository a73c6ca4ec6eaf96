"""The technical words of what an answer quotes, in plain words; each once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import msgspec
import yaml

from whichmodel.answering.markup import inline
from whichmodel.domain import Record, Sentence
from whichmodel.understand.phrases import Phrase, compile_phrase, plain

# A reader takes in so many; what is quoted first is explained first.
_MOST = 8
_MOST_EACH = 2


_CAPITALS = re.compile(r"\b[A-Z][A-Za-z]?[A-Z]{1,4}\b")


class Term(Record, frozen=True, kw_only=True):
    """Phrases that mean the same (in the language of `understand.phrases`), and what they mean."""

    terms: tuple[str, ...]
    gloss: str


@cache
def _terms() -> tuple[Term, ...]:
    text = resources.files("whichmodel.answering").joinpath("data/glossary.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), type=tuple[Term, ...])


class Glossary:
    """Explains each technical word once, in the order in which an answer quotes them.

    Args:
        quoted: everything that the answer quotes; terms that stand nowhere in it are not looked for again.
        known: words that the answer explains elsewhere (the task's own name).
        most: so many words are explained at most.
    """

    def __init__(self, quoted: Iterable[str], known: str = "", most: int = _MOST) -> None:
        self._left = most
        self._said: set[str] = set()
        everything = plain(" | ".join(" ".join(text.split()) for text in quoted))
        self._terms = [
            (phrase, term.gloss)
            for term in _terms()
            for phrase in map(compile_phrase, term.terms)
            if phrase.find(everything) and not phrase.find(plain(known))
        ]

    def explain(self, sentence: Sentence, summaries: Mapping[int, str]) -> Sentence:
        """The sentence with its new technical words explained in brackets before the full stop.

        Args:
            summaries: the text of each source by its number; it may spell out its own short forms.

        Only quotations of summaries are explained; what we say ourselves should need no explanation.
        """
        found: list[str] = []
        for span in sentence.spans:
            if span.field != "summary":
                continue
            flat = " ".join(span.text.split())
            for word, gloss in [
                *_short_forms(flat, summaries.get(span.source, "")),
                *_in_text(flat, self._terms),
            ]:
                if gloss not in self._said and len(found) < min(_MOST_EACH, self._left):
                    self._said.add(gloss)
                    found.append(f"*{inline(word)}*: {gloss}")
        if not found:
            return sentence
        self._left -= len(found)
        text = sentence.text.removesuffix(".")
        return msgspec.structs.replace(sentence, text=f"{text} ({'; '.join(found)}).")


def _short_forms(quoted: str, summary: str) -> list[tuple[str, str]]:
    """Short forms of a quotation ("OOD") with what the same text says they stand for."""
    found = []
    for short in dict.fromkeys(_CAPITALS.findall(quoted)):
        place = summary.find(f"({short})")
        if place < 0 or f"({short})" in quoted:
            continue
        words = list(re.finditer(r"[^\W_]+", summary[:place]))[-len(short) :]
        if "".join(word.group()[0] for word in words).upper() == short.upper():
            found.append((short, inline(" ".join(summary[words[0].start() : place].split()))))
    return found


def _in_text(text: str, terms: list[tuple[Phrase, str]]) -> list[tuple[str, str]]:
    """The terms of one text, the longer before those within them, sorted by place."""
    folded = plain(text)
    hits: list[tuple[int, int, str]] = []
    for phrase, gloss in terms:
        place = phrase.find(folded)
        if place:
            hits.append((*place, gloss))
    hits.sort(key=lambda hit: (-(hit[1] - hit[0]), hit[0]))
    taken: list[tuple[int, int]] = []
    kept = []
    for start, end, gloss in hits:
        if all(end <= a or start >= b for a, b in taken):
            taken.append((start, end))
            kept.append((start, end, gloss))
    explained = (  # "the Global Information Vector (GIV)" explains itself, and so does "x, which is ..."
        re.compile(r"\s*\((?:i\.e\.|that is|[a-z]+ [a-z]+)")
    )
    return [(text[start:end], gloss) for start, end, gloss in sorted(kept) if not explained.match(text, end)]
