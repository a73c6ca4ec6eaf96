"""Reading a source: which task it does, how we know, and how that relates to the question.

Only what the source itself says is used: its name or title and its text (or, for our own
recommendations, its model card). What a model is known for elsewhere plays no part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from whichmodel.answering.quotes import Piece, contributions, kind_of, sentences
from whichmodel.catalog import tasks
from whichmodel.catalog.kin import ancestors
from whichmodel.domain import DataType, Scale, Source, Span, Task
from whichmodel.understand.phrases import compile_phrase, find_all, plain
from whichmodel.understand.tasks import Scored, read_name, read_name_scale, score_text

# Scores below which a text is not placed: one term in passing says little.
_PLACED = 2.0
_RESEARCH = 4.0
_LONGEST_PROMISE = 14
_CLEAR_TERM = 1.5
_OWN = re.compile(r"\b(?:we|our|ours|this (?:paper|work|study))\b", re.IGNORECASE)
_MEDIUM_WORDS = (
    (
        frozenset({DataType.IMAGE, DataType.VIDEO, DataType.MASK}),
        re.compile(
            r"\b(?:images?|imag(?:ing|ery)|pictures?|photo\w*|visual\w*|vision|videos?|pixels?|cameras?|scenes?|"
            r"views?|faces?|facial|portraits?|x-rays?|scans?|ct|mri|radiograph\w*|paintings?|render\w*|films?)\b"
        ),
    ),
    (
        frozenset({DataType.AUDIO}),
        re.compile(
            r"\b(?:audio|speech|sounds?|voices?|acoustic\w*|music\w*|spoken|listen\w*|utterances?|asr)\b"
        ),
    ),
)
# Research that looks at how others do a task.
_LOOKS_ON = ("study", "benchmark-dataset")
_LOOKING = re.compile(
    r"\b(?:data ?sets?(?!\s+(?:curation|distillation|pruning))|benchmark\w*|survey\w*|review\w*|study|studies|"
    r"corpus|leaderboard|suite|diagnos\w+|rethinking)\b",
    re.IGNORECASE,
)
_NAMING_WORDS = 14
_AGAINST = re.compile(
    r"\b(?:defen[cs]e|defend\w*|attack\w*|watermark\w*|deepfakes?|forensic\w*|backdoor\w*|jailbreak\w*|anti-spoofing|"
    r"(?:un)?authori[sz]ed|unlearn\w*|(?:ai-)?generated \w+ detection|fake \w+ detection|tamper\w*)\b",
    re.IGNORECASE,
)
_NEARLY = 0.5

Relation = Literal["same", "wider", "part", "sibling", "neighbour", "other", "unknown"]
Closeness = Literal["does the task", "wider task", "part of the task", "neighbour", "background", "unclear"]
KnownBy = Literal["name", "title", "summary", "card"]
ON_TASK: tuple[Closeness, ...] = ("does the task", "wider task", "part of the task")
"""The closeness of what is on the question's task, closest first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source is about, as far as it says.

    Args:
        source: the source.
        task: the task it does or is about; None where it does not say.
        known_by: where that is said.
        words: the very words.
        research: set for training methods, benchmarks and studies; research_words: the words that say so.
        relation: of its task to the task of the question.
        scale: factor of enlargement that it names.
        against: words of its title that tell that it works against such results (a defence, a detector).
        looks_on: by its title or its main contribution it is a study, a benchmark or a data set.
        other_media: a kind of data that it needs and the question does not have (video for a photo).
    """

    source: Source
    task: Task | None
    known_by: KnownBy | None
    words: Span | None
    research: Task | None
    research_words: Span | None
    relation: Relation
    scale: Scale
    other_media: DataType | None
    against: Span | None = None
    looks_on: bool = False

    @property
    def on_task(self) -> bool:
        """Whether its task is that of the question, a wider one or a part of it."""
        return self.relation in ("same", "wider", "part")


def read_source(source: Source, question_task: Task | None, *, video_meant: bool = False) -> Reading:
    """Read one source against the task of the question.

    Args:
        video_meant: the person speaks of video, so that works on video are none on other data.
    """
    task, known_by, words = _task_of(source, question_task)
    research = _research_of(source) if source.kind == "paper" else None
    named_scale = read_name_scale(source.name)
    scale: Scale = source.scale if source.scale is not None else named_scale[0] if named_scale else None
    return Reading(
        source=source,
        task=task,
        known_by=known_by,
        words=words,
        research=research,
        research_words=_words_of(source, research) if research else None,
        relation=relate(question_task, task),
        scale=scale,
        other_media=None if video_meant else _other_media(source, task, question_task),
        against=_works_against(source),
        looks_on=research is not None and research.id in _LOOKS_ON and _says_looks_on(source),
    )


def relate(question: Task | None, other: Task | None) -> Relation:
    """How a source's task stands to that of the question."""
    if question is None or other is None:
        return "unknown"
    if question.id == other.id:
        return "same"
    if other.id in ancestors(question):
        return "wider"
    if question.id in ancestors(other):
        return "part"
    if ancestors(question) & ancestors(other):
        return "sibling"
    near = {n.task for n in question.neighbours} | {n.task for n in other.neighbours if n.task == question.id}
    if other.id in near or any(n.task == question.id for n in other.neighbours):
        return "neighbour"
    same_in = {port.type for port in question.inputs} & {port.type for port in other.inputs}
    same_out = {port.type for port in question.outputs} & {port.type for port in other.outputs}
    return "neighbour" if same_in and same_out else "other"


def closeness(reading: Reading) -> Closeness:
    """How close a source is to the question."""
    if reading.against:
        return "neighbour"
    if reading.looks_on:
        return "background"
    if reading.relation == "same" and not reading.other_media:
        return "does the task"
    if reading.relation == "wider":
        return "wider task"
    if reading.relation == "part":
        return "part of the task"
    if reading.relation == "unknown":
        return "unclear" if reading.task is None and reading.research is None else "background"
    if reading.research is not None and reading.relation == "other":
        return "background"
    return "neighbour" if reading.relation in ("same", "sibling", "neighbour") else "background"


def _task_of(source: Source, wanted: Task | None) -> tuple[Task | None, KnownBy | None, Span | None]:
    if source.task is not None and source.task in tasks():
        return tasks()[source.task], "card", None
    if source.kind == "model" and " " not in source.name.strip():
        named = read_name(source.name)
        if named:
            task, words = named
            return task, "name", _span(source, "name", words.start, words.end)
    scored = [
        item
        for item in score_text(source.name, source.summary)
        if item.task.kind == "task" and item.score >= _PLACED and _speaks_of_medium(source, item.task)
    ]
    if not scored:
        return _named_by_the_way(source, wanted)
    # A work that speaks of several tasks is read for the one that was asked about.
    fitting = (item for item in scored if wanted is not None and item.task.id == wanted.id)
    asked = next((item for item in fitting if item.score >= _NEARLY * scored[0].score), scored[0])
    if not asked.places and wanted is not None and asked.task.id != wanted.id:
        # The title names no task: what the authors call their own work counts more than a word in passing.
        by_the_way = _named_by_the_way(source, wanted)
        if by_the_way[0] is not None:
            return by_the_way
    return _evidence(source, asked)


def _speaks_of_medium(source: Source, task: Task) -> bool:
    """Whether a text has a word for the kind of data that a task takes or gives: no pictures, no captioning of them."""
    if not source.summary:
        return True  # a title alone has no room for it
    text = plain(f"{source.name} {source.summary}")
    kinds = {port.type for port in task.inputs}
    for types, words in _MEDIUM_WORDS:
        if kinds <= types:
            return bool(words.search(text))
    return True


def _named_by_the_way(source: Source, wanted: Task | None) -> tuple[Task | None, KnownBy | None, Span | None]:
    """The task asked about, where the authors name it in a sentence on their own work; else the one task that a
    model's text says it does ("NAME is a denoising network")."""
    own = _own_sentences(source)
    found = _first_term(source, own, wanted) if wanted is not None else None
    if found is not None:
        return wanted, "summary", found
    if source.kind != "model":
        return None, None, None
    about = [sentence for sentence in own if _begins_with_name(source, sentence)]
    named = {task.id: span for task in _placeable() if (span := _first_term(source, about, task)) is not None}
    # Of a wider task and its part the part is meant; of several others none can be told.
    narrow = [name for name in named if not any(name in tasks()[other].parents for other in named)]
    if len(narrow) != 1:
        return None, None, None
    return tasks()[narrow[0]], "summary", named[narrow[0]]


def _own_sentences(source: Source) -> list[Piece]:
    """Sentences in which the authors speak of their own work, or that begin with the model's own name."""
    return [
        piece
        for piece in sentences(source)
        if _OWN.search(piece.text) or (source.kind == "model" and _begins_with_name(source, piece))
    ]


def _begins_with_name(source: Source, piece: Piece) -> bool:
    name = plain(source.name).strip()
    text = plain(piece.text).lstrip()
    return bool(name) and text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()


def _placeable() -> list[Task]:
    return [task for task in tasks().values() if task.kind == "task"]


def _first_term(source: Source, pieces: Sequence[Piece], task: Task) -> Span | None:
    """Where a term that is clearly the task's stands first in these sentences."""
    terms = [term for term in (*task.cues.term, *task.synonyms) if compile_phrase(term).weight >= _CLEAR_TERM]
    for piece in pieces:
        hits = find_all(terms, plain(source.summary[piece.start : piece.end]))
        if hits:
            _, start, end = hits[0]
            return _span(source, "summary", piece.start + start, piece.start + end)
    return None


def _evidence(source: Source, best: Scored) -> tuple[Task, KnownBy, Span | None]:
    if best.places:
        named_like_a_work = source.kind == "paper" or ": " in source.name
        by: KnownBy = "title" if named_like_a_work else "name"
        start, end = _whole_promise(source, *best.places[0])
        return best.task, by, _span(source, "name", start, end)
    return best.task, "summary", _words_of(source, best.task)


def _words_of(source: Source, task: Task) -> Span | None:
    """The words of a title or summary that speak most clearly of a task."""
    terms = (*task.cues.term, *task.synonyms, task.name)
    for field, text in (("name", source.name), ("summary", source.summary)):
        hits = find_all(terms, plain(text))
        if hits:
            _, start, end = max(hits, key=lambda hit: hit[0].weight)
            return _span(source, field, start, end)
    return None


def _whole_promise(source: Source, start: int, end: int) -> tuple[int, int]:
    """For a model named like a work ("Name: Doing This for That") all that stands after the colon."""
    head, colon, rest = source.name.partition(": ")
    begin = len(head) + len(colon)
    if source.kind == "model" and colon and start >= begin and len(rest.split()) <= _LONGEST_PROMISE:
        return begin, len(source.name)
    return start, end


def _research_of(source: Source) -> Task | None:
    """The kind of research, where that is what the work mainly is."""
    scored = score_text(source.name, source.summary)
    research = [item for item in scored if item.task.kind == "research"]
    works = [item for item in scored if item.task.kind == "task" and item.score >= _PLACED]
    if not research:
        return None
    strongest = research[0]
    # A word in passing ("training data", "evaluation") does not make a work a training method.
    enough = strongest.score >= _RESEARCH and (not works or strongest.score >= works[0].score)
    return strongest.task if strongest.places or enough else None


_VIDEO = re.compile(r"\bvideos?\b")


def _says_looks_on(source: Source) -> bool:
    """Whether the title, or what the authors name as theirs first, is a study, a benchmark or a data set."""
    if source.kind == "model":
        return False
    first = next((item for item in contributions(source) if kind_of(item) == "names"), None)
    named = " ".join(first.piece.text.split()[:_NAMING_WORDS]) if first else ""
    return bool(_LOOKING.search(source.name) or _LOOKING.search(named))


def _works_against(source: Source) -> Span | None:
    found = _AGAINST.search(source.name) if source.kind == "paper" else None
    return _span(source, "name", found.start(), found.end()) if found else None


def _other_media(source: Source, task: Task | None, question: Task | None) -> DataType | None:
    if question is None or task is None:
        return None
    wanted = {port.type for port in (*question.inputs, *question.outputs)}
    if DataType.VIDEO not in wanted and task.kind == "task":
        needs_video = DataType.VIDEO in {port.type for port in task.inputs}
        if needs_video or _VIDEO.search(plain(source.name)):
            return DataType.VIDEO
    return None


def _span(source: Source, field: str, start: int, end: int) -> Span:
    text = source.name if field == "name" else source.summary
    return Span(source=source.number, field=field, start=start, end=end, text=text[start:end])
