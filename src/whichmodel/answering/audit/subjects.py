"""Whom a sentence speaks of: which of the sources, the question, several things put together.

A source goes by its name, the part of its title before the colon, its number in square brackets, its link, and by the
name that its own text gives to its work. What a name is, is read from the brief alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from whichmodel.answering.audit.task_words import task_words
from whichmodel.answering.audit.words import lexicon, stem, weight
from whichmodel.domain import Brief, Source
from whichmodel.understand.prompt_format import strip_link

_TOKEN = re.compile(r"[^\W_]+(?:\+\+)?")
_ODD = re.compile(
    r"\b(?=\w*[A-Z])(?:\w*[a-z]\w*[A-Z]\w*|[A-Z]{2,}\w*|\w*[A-Z]\w*\d\w*)(?:-[A-Z\d]\w*)*(?:\+\+)?"
)
_RUN = re.compile(r"\b[A-Z][\w'’]*(?:[ -](?:(?:of|for|and|as|to|in|with) )?[A-Z][\w'’]*){1,9}")
_LONGEST_ALIAS = 12
_READ = 20_000
_NEAR_TITLE = 0.7
_QUESTION = re.compile(
    r"\b(?:the user|users?'s?|user['’]s|you|your|the question|the person|the photo you|the asker|"
    r"the task here|this task|the task is|"
    r"this is (?:a case|real|the task)|the challenge|the goal|the key challenge)\b",
    re.IGNORECASE,
)
_USER_FIRST = re.compile(
    r"\W*(?:the user (?:is|was|wants|has|tries|asks|also|notes|applied|used|seeks|needs)|you\b|"
    r"your (?!.{0,40}(?:paper|model))|this is (?:a case|real|the task)|based on the provided)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A source named in a text: `text[start:end]`."""

    source: int
    start: int
    end: int


class Names:
    """Every name by which the sources of a brief go."""

    def __init__(self, brief: Brief) -> None:
        self._aliases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._titles: list[tuple[int, frozenset[str]]] = []
        self._links: dict[str, int] = {}
        claimed: dict[tuple[str, ...], set[int]] = {}
        for source in brief.sources:
            for alias in _aliases_of(source):
                claimed.setdefault(alias, set()).add(source.number)
            self._titles.append((source.number, _stems(source.name)))
            for link in source.links:
                self._links.setdefault(_bare(link.url), source.number)
        own = _own_names(brief.sources)
        for alias, number in own:
            claimed.setdefault(alias, set()).add(number)
        for alias, numbers in claimed.items():
            if len(numbers) == 1:  # a name that two sources share tells nothing
                self._aliases.setdefault(alias[0], []).append((alias, next(iter(numbers))))
        for entries in self._aliases.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def mentions(self, text: str) -> list[Mention]:
        """Every place where a source is named, the longest name first."""
        tokens = [(match[0].lower(), match.start(), match.end()) for match in _TOKEN.finditer(text)]
        found = []
        index = 0
        while index < len(tokens):
            step = 1
            for alias, number in self._aliases.get(tokens[index][0], ()):
                if tuple(token for token, _, _ in tokens[index : index + len(alias)]) != alias:
                    continue
                start, end = tokens[index][1], tokens[index + len(alias) - 1][2]
                if len(alias) == 1 and text[start:end].islower():
                    continue  # HAIR is a name, hair is hair
                step = len(alias)
                found.append(Mention(number, start, end))
                break
            index += step
        return found + self._runs(text, found)

    def _runs(self, text: str, found: list[Mention]) -> list[Mention]:
        """Capitalised words that stand together in one title alone: "the Dual Transformers approach"."""
        more = []
        for match in _RUN.finditer(text):
            if any(match.start() < mention.end and mention.start < match.end() for mention in found):
                continue
            stems = _stems(match[0])
            if len(stems) < 2:
                continue
            having = [number for number, title in self._titles if stems <= title]
            if len(having) == 1:
                more.append(Mention(having[0], *match.span()))
        return more

    def by_title(self, label: str) -> int | None:
        """The source whose title a label nearly is, though words are left out or changed."""
        label_stems = _stems(label)
        if len(label_stems) < 2:
            return None
        best, number = 0.0, None
        for candidate, stems in self._titles:
            if not stems:
                continue
            common = len(label_stems & stems)
            score = max(common / len(stems), common / len(label_stems) if common >= 3 else 0.0)
            if score > best:
                best, number = score, candidate
        return number if best >= _NEAR_TITLE else None

    def by_link(self, urls: Iterable[str]) -> int | None:
        """The source that a link belongs to."""
        for url in urls:
            number = self._links.get(_bare(url))
            if number is not None:
                return number
        return None


def about_question(text: str) -> bool:
    """Whether a sentence speaks of the user, or of what the user has or wants."""
    return bool(_QUESTION.search(text))


def begins_with_user(text: str) -> bool:
    """Whether the user is the subject of a sentence, whatever else it names."""
    return bool(_USER_FIRST.match(text))


def is_joint(text: str) -> bool:
    """Whether a sentence puts several things together ("the combination of these ...")."""
    return bool(lexicon().joint.search(text))


def _aliases_of(source: Source) -> list[tuple[str, ...]]:
    name = source.name
    head, colon, _ = name.partition(":")
    whole = _tokens(name)
    found = {whole[:_LONGEST_ALIAS], _tokens(re.sub(r"\s*\([^)]*\)", "", name))[:_LONGEST_ALIAS]}
    if colon and len(head.split()) <= 6:
        found.add(_tokens(head))
    for match in re.finditer(r"\(([^()]{2,40})\)", name):
        found.add(_tokens(match[1]))
    if " " not in name.strip():
        if len(whole) >= 3:
            found.add(whole[1:])
        # A file name such as "Denoise-Net-15": its parts that look like nothing but names.
        found |= {_tokens(part) for part in re.split(r"[\s_/]+|-(?=[A-Za-z])", name) if _is_odd(part)}
    else:
        odd = [match[0] for match in _ODD.finditer(head if colon else name)]
        found |= {_tokens(word) for word in odd if _is_odd(word) and not _mostly_capitals(head)}
        if len(whole) >= 6:
            found.add(whole[:5])
    return [
        alias
        for alias in found
        if alias and (len(alias) > 1 or (len(alias[0]) >= 3 and weight(alias[0]) > 0))
    ]


def _own_names(sources: Iterable[Source]) -> list[tuple[tuple[str, ...], int]]:
    """Names that a text gives to its own work: odd words of one source alone, used twice or introduced."""
    where: dict[str, set[int]] = {}
    strong: dict[str, int] = {}
    texts = {source.number: source.summary[:_READ] for source in sources}
    for number, text in texts.items():
        seen: dict[str, int] = {}
        for match in _ODD.finditer(text):
            seen[match[0]] = seen.get(match[0], 0) + 1
            where.setdefault(match[0], set()).add(number)
            before = text[max(0, match.start() - 60) : match.start()]
            introduced = re.search(
                r"\b(?:introduc|present|propos|develop|call|dubbed|named|term|name|build|creat)\w*\b[^.]*$",
                before,
            )
            if (introduced or seen[match[0]] >= 2) and _is_odd(match[0]):
                strong[match[0]] = number
    return [(_tokens(word), number) for word, number in strong.items() if len(where[word]) == 1]


def _is_odd(word: str) -> bool:
    """Whether a word looks like a name: capitals, at least three letters, no common abbreviation."""
    bare = word.strip("+-")
    return (
        len(bare) >= 3
        and bool(_ODD.fullmatch(word) or re.fullmatch(r"[A-Z]\w*-[A-Z]\w*", word))
        and bare.lower() not in lexicon().general
        and bare.rstrip("s").lower() not in lexicon().general
        and bare.lower() not in task_words()
    )


def _mostly_capitals(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return sum(character.isupper() for character in letters) > 0.7 * max(len(letters), 1)


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(match[0].lower() for match in _TOKEN.finditer(text))


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(token) for token in _tokens(text[:400]) if weight(token) > 0)


def _bare(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", strip_link(url).lower()).rstrip("/").removesuffix(".git")
