"""A drafted sentence as plain text, or the reason why it cannot be used whatever the evidence says.

These rules do not trust the audit: a link, a made-up field, a number or a name that nothing given has
cannot pass here even if a judgement errs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from whichmodel.answering.llm.evidence import has_structure
from whichmodel.domain import Brief, Sentence

SHORTEST_WORDS, LONGEST_WORDS, LONGEST = 4, 60, 500
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]"
)
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}://|www\.|\bdata:|javascript:|mailto:|\]\s?\(|\S@\w+\.|(?<![\w.])[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}"
    r"\.(?:[a-z]{2}|com|org|net|edu|gov|info|app|dev|example|test|invalid|onion|xyz|site|online|shop|page|link|cloud|blog)"
    r"(?![\w.-]*\w)|\barxiv\s?:|\bdoi\s?:|\b10\.\d{4,9}/|\b\d{4}\.\d{4,5}\b",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e)\b\.?", re.IGNORECASE)
_FIELD = re.compile(
    r"^\W{0,6}(?:model|paper|github|hugging ?face|summary|answer|question|link|url|source|code|project|step|reply|"
    r"input|output|note|task|title|workflow|conclusion)s?\s{0,3}:",
    re.IGNORECASE,
)
# "Title of the paper: It does so." says with its label whom it speaks of; the answer says that itself.
_LABEL = re.compile(r"^[^:.!?]{1,120}:\s{1,3}(?=(?:This|It|The|A|An)\s)")
_CHATTER = re.compile(
    r"^\W{0,3}(?:sure|certainly|of course|okay|here (?:is|are)|in (?:summary|conclusion)|"
    r"(?:based on|according to|given) the (?:provided|given|above|supplied|following))\b"
    r"|\b(?:this|the|my) (?:analysis|answer|response|draft)\b|\bthe provided\b",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(r"^[A-Z][a-z]{1,20}ing\s[^,;]{0,600}$")
_CITED = re.compile(
    r"\s?(?:\*{0,2}\[[^\[\]]{0,40}\]\*{0,2}|【[^】]{0,40}】|\((?:sources?\s)?\d{1,2}(?:,\s?\d{1,2}){0,5}\))",
    re.IGNORECASE,
)
_TAGS = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_LEAD = re.compile(r"^(?:[-*+•>#]{1,6}\s{1,4}|\d{1,2}[.)]\s{1,4})+")
_EMPHASIS = re.compile(r"\*{1,3}|`{1,3}|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)")
_QUOTES = re.compile(r"[\"“”„«»]")
_FIRST_PERSON = re.compile(r"(?<![\w'’])(?:we|our|ours|us|my|me|I|I['’]m|we['’]re)(?![\w'’])", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![\w-])[A-Za-z][\w]*(?:[-+][\w]+)*")
_ALWAYS_KNOWN = frozenset({"ai", "british", "english", "ok"})


def clean(text: str) -> tuple[str, str]:
    """The sentence as plain text, and why it cannot be used; the reason is empty where it can.

    >>> clean("- **It** removes noise from *pictures* [2].")
    ('It removes noise from pictures.', '')
    >>> clean("See https://example.org for more of it.")[1]
    'it holds a link'
    """
    if has_structure(text):
        return text, "it has structure of its own"
    flat = " ".join(_INVISIBLE.sub("", text[: LONGEST * 2]).split())
    if _LINK.search(_ABBREVIATED.sub(" ", flat)):
        return flat, "it holds a link"
    flat = _EMPHASIS.sub("", _LEAD.sub("", _TAGS.sub("", _CITED.sub("", flat))))
    flat = re.sub(r"\s{1,9}([.,;:!?])", r"\1", " ".join(_QUOTES.sub("", flat).split()))
    if _FIELD.match(flat):
        return flat, "it is a field, not a sentence"
    if flat.endswith("?"):
        return flat, "it asks"
    if _CHATTER.search(flat):
        return flat, "it speaks of the answer"
    flat = _LABEL.sub("", flat)
    if flat.endswith(":") or _FRAGMENT.match(flat):
        return flat, "it is no whole sentence"
    if not SHORTEST_WORDS <= len(flat.split()) <= LONGEST_WORDS or len(flat) > LONGEST:
        return flat, "it is no sentence of usual length"
    if _FIRST_PERSON.search(flat):
        return flat, "it speaks as the authors"
    return flat if flat[-1] in ".!" else f"{flat}.", ""


class Known:
    """Every number and word of the evidence, of the question and of the built-in sentences."""

    def __init__(self, brief: Brief, builtin: Iterable[Sentence]) -> None:
        parts = [brief.question]
        for source in brief.sources:
            parts += [source.name, source.summary, *(statement.text for statement in source.statements)]
        parts += [sentence.text for sentence in builtin]
        whole = " ".join(parts)
        self._numbers = {_value(number) for number in _NUMBER.findall(whole)}
        self._words = {word.lower() for word in re.findall(r"\w+", whole)} | _ALWAYS_KNOWN

    def outside(self, text: str) -> str:
        """The first number or odd name of a cleaned sentence that is not known; empty where all are."""
        for number in _NUMBER.findall(text):
            if _value(number) not in self._numbers:
                return f"the number {number} is not in the sources"
        for match in _NAME.finditer(text):
            name = match[0]
            if _is_odd(name, first=match.start() == 0) and not self._has(name):
                return f"the name {name} is not in the sources"
        return ""

    def _has(self, name: str) -> bool:
        parts = [part.lower() for part in re.split(r"[-+_]", name) if part]
        return name.lower() in self._words or all(
            part in self._words or part.rstrip("s") in self._words for part in parts
        )


def _is_odd(name: str, *, first: bool) -> bool:
    """Whether a word looks like a name: capitals or digits inside, or a capital in mid-sentence."""
    return any(character.isupper() or character.isdigit() for character in name[1:]) or (
        name[0].isupper() and not first
    )


def _value(number: str) -> str:
    return number.replace(",", "").rstrip("0").rstrip(".") if "." in number else number.replace(",", "")
