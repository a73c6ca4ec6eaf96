"""Several wishes in one sentence: "remove the noise and enlarge it 4x" asks for two things.

The question is cut at commas and connectives. A piece counts as a wish of its own where it begins with a
verb that asks for work or holds a clear cue phrase, and where the same reading as for a whole question
(`understand.decide`) gives it a task. A piece that is no wish ("and white photo") belongs to the one
before. What a whole question most likely means is not lost: unless the pieces hold it they are not
believed, save where the whole was read with words that only say where ("only the background").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from whichmodel.catalog import tasks
from whichmodel.domain import Task, Words
from whichmodel.understand.decide import Decided, decide
from whichmodel.understand.phrases import plain
from whichmodel.understand.qualities import without_part
from whichmodel.understand.scale import read_pixel_size, read_print_size, read_scale
from whichmodel.understand.tasks import score_question

ENLARGING, RESTORING = "super-resolution", "image-restoration"

# Numbers keep their point and their comma: "1.5x".
_CUT = re.compile(
    r"(?<![-\w])(?:(?<!black )and|then|after(?:wards| that)?|before|plus|also|as well as|followed by)(?![-\w])"
    r"|[,.](?!\d)|[;:!?&+\n→]|->"
)
_FILLER = re.compile(
    r"(?:\W|\b(?:please|kindly|can|could|would|you|i|we|want|need|like|to|i'd|d|let's|help|me|just|only|first|"
    r"second|third|next|finally|lastly|at last|in the end|my|ai|should|must|it|that)\b)*"
)
# Verbs that ask for work on data, by their beginnings. "Colour photo" names a thing.
_VERB = re.compile(
    r"(?:add|animat|blend|blow|brighten|bring|caption|chang|classif|clean|clear|convert|correct|count|cut|"
    r"colou?r(?! (?:photo|pictur|imag|print|film|slide|negativ))|"
    r"deblur|dehaz|de-?nois|derain|describ|detect|draw|enhanc|enlarg|eras|estimat|extract|fill|find|fix|"
    r"generat|get|giv|identif|improv|label|lighten|magnif|make|mak|mask|measur|narrat|paint|print|pronounc|put|"
    r"read|recogni[sz]|redraw|reduc|relight|remov|repair|replac|rescu|resiz|restor|retouch|rewrit|say|scal|"
    r"segment|separat|sharpen|show|smooth|speak|summari[sz]|super-?resol|swap|tag|tak|tell|track|transcrib|"
    r"translat|turn|un-?blur|undo|up-?scal|up-?siz|vectori[sz]|vocali[sz]|voic|writ|zoom)\w*"
)
# Verbs of changes to pictures; unlike "take" and "get" they hardly ever belong to another wish.
_CHANGE = re.compile(
    r"(?:add|animat|blend|blur|chang|crop|eras|flip|mirror|mov|remov|replac|rotat|straighten|swap|warp)(?!\w*ed\b)\w*"
)
# What a verb may go on to: "remove the scratches and the noise" asks for two things.
_OBJECT = re.compile(r"(?:the|all|any|every|its|their|those|these)(?:\s+[\w'-]+){1,3}\W*$")
# Pieces that say what must not happen, or what shall stay.
_NOT = re.compile(r"\W*(?:no|not|without|never|don't|do not|leave|leaving|keep|keeping|but)\b")
# A probability from which a piece is a wish of its own, where its cue phrases say the same and where
# not; a score of cue phrases from which it needs no verb. Without one it must be short ("noise removal"):
# a longer one describes.
_LIKELY, _SURE, _CLEAR_CUE, _SHORT = 0.3, 0.5, 2.0, 3
_MOST_PIECES = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """A task that was asked for, and the part of the question that asks for it."""

    task: str
    words: Words


def read_wishes(question: str, decided: Sequence[Decided], *, several: bool = True) -> tuple[Wish, ...]:
    """The tasks that a request asks for, in the order in which they were said.

    Args:
        question: a request, of bounded length.
        decided: what the whole question most likely means, best first.
        several: look for more than one; pointless where somebody asks how a thing was done.

    Returns:
        Empty where no task was understood; one wish, the likeliest task, where the pieces of the
        question do not clearly hold several.
    """
    if not decided:
        return ()
    main = decided[0].task
    found: list[Wish] = []
    verb = ""
    for piece, follows in _pieces(plain(question)) if several else ():
        task = _task_of(question[piece[0] : piece[1]])
        verb = _first_verb(question[piece[0] : piece[1]]) or verb
        if (
            task is None
            and verb
            and follows in ("and", ",")
            and _OBJECT.match(plain(question)[slice(*piece)])
        ):
            task = _task_of(f"{verb} {question[piece[0] : piece[1]]}")
        if task is not None:
            # "Enlarge it after removing the noise" names the later one first.
            place = len(found) - 1 if follows == "after" and found else len(found)
            found.insert(place, Wish(task, _words(question, piece)))
        elif found:
            last = max(range(len(found)), key=lambda index: found[index].words.start)
            begin = found[last].words.start
            found[last] = Wish(found[last].task, _words(question, (begin, piece[1])))
    wishes = _without_kin(found, main)
    # "Only the background" says where, and may have been taken for what.
    misled = without_part(question) != " ".join(question.split())
    if not wishes or not (misled or (len(wishes) > 1 and main.id in {wish.task for wish in wishes})):
        return (Wish(main.id, _stretch(question, decided[0].places)),)
    return tuple(wishes)


def _pieces(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """The pieces between connectives, without white space around, and what each follows; at most eight."""
    begin, follows = 0, ""
    for number, match in enumerate((*_CUT.finditer(text), None)):
        end = match.start() if match and number < _MOST_PIECES - 1 else len(text)
        part = text[begin:end]
        if part.strip():
            left = begin + len(part) - len(part.lstrip())
            yield (left, left + len(part.strip())), follows
        if match is None or end == len(text):
            return
        begin, follows = match.end(), match.group()


def _task_of(piece: str) -> str | None:
    """The task that one piece of a question asks for, or `None` where it asks for none."""
    if _NOT.match(plain(piece)):
        return None
    piece = without_part(piece)
    text = plain(piece)
    verb = _verb(text)
    cued = score_question(piece)
    sized = isinstance(read_scale(piece)[0], float) or read_print_size(piece) or read_pixel_size(piece)
    if sized and (not cued or cued[0].task.id == ENLARGING):
        return ENLARGING
    short = len(piece.split()) <= _SHORT
    if not verb and not (short and cued and cued[0].score >= _CLEAR_CUE):
        return None
    read = decide(piece)
    agree = bool(read and cued) and read[0].task.id == cued[0].task.id
    if read and read[0].probability >= (_LIKELY if agree else _SURE):
        return read[0].task.id
    return None


def _verb(text: str, verbs: re.Pattern[str] = _VERB) -> bool:
    """Whether a piece begins with one of the verbs, and does not say what must not be done."""
    begin = _FILLER.match(text)
    return not _NOT.match(text) and bool(verbs.match(text, begin.end() if begin else 0))


def _first_verb(piece: str) -> str:
    """The verb that a piece begins with; empty where it begins with none."""
    text = plain(piece)
    begin = _FILLER.match(text)
    found = _VERB.match(text, begin.end() if begin else 0)
    return found.group() if found else ""


def _without_kin(found: Iterable[Wish], main: Task) -> list[Wish]:
    """Each task once, and of a wider and a narrower one only one: the main one, else the narrower.

    But restoring is work of several stages, to which "and denoise" adds one: both are kept.
    """
    known = tasks()
    first: dict[str, Wish] = {}
    for wish in found:
        first.setdefault(wish.task, wish)
    wider = {parent for name in first for parent in known[name].parents} - {RESTORING}
    if main.id in wider:
        narrower = {name for name in first if main.id in known[name].parents}
        return [wish for name, wish in first.items() if name not in narrower]
    return [wish for name, wish in first.items() if name not in wider]


def read_unread(question: str) -> tuple[Words, ...]:
    """The pieces of a request beside what was understood that ask for a change no task was found for.

    "Replace the sky and enlarge it 2x": a person must be told that the sky stays.
    """
    tasks_of = {place: _task_of(question[place[0] : place[1]]) for place, _ in _pieces(plain(question))}
    if not any(tasks_of.values()):
        return ()
    return tuple(
        _words(question, place)
        for place, task in tasks_of.items()
        if task is None and _verb(plain(question[place[0] : place[1]]), _CHANGE)
    )


def _stretch(question: str, places: Sequence[tuple[int, int]]) -> Words:
    """The part of the question from the first place to the last; all of it where there is none."""
    if not places:
        return _words(question, (0, len(question)))
    return _words(question, (min(start for start, _ in places), max(end for _, end in places)))


def _words(question: str, place: tuple[int, int]) -> Words:
    start, end = place
    return Words(text=question[start:end], start=start, end=end)
