"""Names in an answer that the brief does not have: models, papers, data sets, institutions.

A name is told by its looks: capitals inside a word, several capitals, capitals with digits, capitalised words in the
middle of a sentence. Short forms that the answer itself explains ("neural style transfer (NST)") are no outside names,
and neither are the terms of the tasks that the catalog knows.
"""

from __future__ import annotations

import re

from whichmodel.answering.audit.task_words import task_words
from whichmodel.answering.audit.words import lexicon, stem, weight
from whichmodel.domain import Brief

_ODD = re.compile(
    r"(?<![\w/.@-])(?=[\w-]*[A-Z])(?:[A-Za-z]?[a-z\d]*(?:[a-z][A-Z]|[A-Z]{2}|[A-Z]\d|\d[A-Z])[\w]*(?:-[A-Z\d]\w*)*|[A-Z]\w*(?:-[A-Z\d][\w]*)+)(?:\+\+)?"
)
_CAPITALISED = re.compile(r"(?<=[a-z,)] )[A-Z][a-z]+(?:[ -](?:of |for )?[A-Z][a-z]+){0,6}(?![\w:])")
_TOKEN = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_LOWER_SHARE = 0.5
_RARE = 0.9


class KnownNames:
    """All words that the brief has, in whatever case and joined by whatever sign."""

    def __init__(self, brief: Brief) -> None:
        parts = [brief.question]
        for source in brief.sources:
            parts += [source.name, source.summary, *(statement.text for statement in source.statements)]
            parts += [link.url for link in source.links] + list(source.inside_links)
        whole = " ".join(parts)
        self._tokens = {token.lower() for token in _TOKEN.findall(whole)}
        self._stems = {stem(token) for token in self._tokens}
        self._pieces = {
            piece.lower() for token in set(_TOKEN.findall(whole)) for piece in _CAMEL.split(token)
        }
        # Words run together are looked for in the whole text: "RealBlur" in "Real-Blur".
        self._joined = "".join(character for character in whole.lower() if character.isalnum())

    def has(self, name: str) -> bool:
        """Whether every word of a name is the brief's, or a term of a task."""
        squeezed = "".join(character for character in name.lower() if character.isalnum())
        if len(squeezed) >= 4 and (squeezed in self._joined or squeezed.rstrip("s") in self._joined):
            return True
        return all(self._has_word(token) for token in _TOKEN.findall(name))

    def _has_word(self, token: str) -> bool:
        lower = token.lower()
        single = lower.removesuffix("s")
        return (
            lower in self._tokens
            or single in self._tokens
            or lower in self._pieces
            or stem(token) in self._stems
            or lower in lexicon().general
            or single in lexicon().general
            or lower in task_words()
            or single in task_words()
            or lower.isdigit()
        )

    def outside(self, text: str) -> list[str]:
        """Names in a sentence that the brief does not have, in order, each once.

        Args:
            text: a sentence without markup.
        """
        found: dict[str, None] = {}
        for match in _ODD.finditer(text):
            name = match[0]
            if (
                name.isdigit()
                or self.has(name)
                or _explained(name, text, match.start())
                or not _is_name(name)
            ):
                continue
            found[name] = None
        if _mostly_lower(text):
            for match in _CAPITALISED.finditer(text):
                name = match[0]
                if not self.has(name) and _is_proper(name) and not any(name in other for other in found):
                    found[name] = None
        return list(found)


def _is_name(name: str) -> bool:
    """A compound of plain capitalised words ("Multi-Input") names nothing; a word in capitals for stress neither."""
    parts = [part for part in re.split(r"[-+]", name) if part]
    plain = [part for part in parts if re.fullmatch(r"[A-Z]?[a-z]+", part)]
    if len(plain) == len(parts):
        return len(parts) == 2 and len(parts[0]) == 1  # "U-Net"
    letters = name.replace("-", "")
    return not (letters.isalpha() and letters.isupper() and len(letters) >= 4 and 0 < weight(letters) < _RARE)


def _is_proper(name: str) -> bool:
    words = _TOKEN.findall(name)
    lists = lexicon()
    if all(word.lower() in lists.eponyms for word in words):
        return False
    if len(words) == 1:
        return words[0].lower() in lists.institutions or weight(words[0]) >= 1.0
    return any(weight(word) > 0 for word in words)


def _explained(name: str, text: str, start: int) -> bool:
    """Whether a short form stands in brackets after the words whose first letters it is, or before them."""
    letters = [character.lower() for character in name if character.isupper()]
    if len(letters) < 2 or text[max(start - 1, 0) : start] != "(":
        return False
    before = re.findall(r"[^\W\d_]+", text[:start])[-2 * len(letters) - 2 :]
    return _initials(letters, [word[0].lower() for word in before])


def _initials(letters: list[str], first: list[str]) -> bool:
    position = 0
    for initial in first:
        if position < len(letters) and initial == letters[position]:
            position += 1
    return position == len(letters)


def _mostly_lower(text: str) -> bool:
    words = re.findall(r"[^\W\d_]{4,}", text)
    return bool(words) and sum(word[0].islower() for word in words) >= _LOWER_SHARE * len(words)
