"""A question understood: task, factor, print size, asked or wanted, and the qualities named."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from whichmodel.domain import Candidate, Edit, InputError, Intent, PixelSize, PrintSize, Words
from whichmodel.understand.decide import Decided, decide
from whichmodel.understand.edits import read_edits
from whichmodel.understand.phrases import plain
from whichmodel.understand.qualities import read_qualities
from whichmodel.understand.regions import read_regions
from whichmodel.understand.scale import (
    checked_dpi,
    print_size_of,
    read_pixel_size,
    read_print_size,
    read_scale,
)
from whichmodel.understand.wishes import ENLARGING, read_unread, read_wishes

# A person's question is short; what is longer is read up to here, so that time stays bounded.
LONGEST = 4000
_HOW = re.compile(
    r"\b(?:how (?:does|do|did|can|could|is|are|was|were|on earth|come|exactly)|"
    r"what (?:makes|kind|type|helps|lets|allows|happens|sort|techniques?)|why|"
    r"which (?:\w+ )?(?:techniques?|architectures?)|explain)\b"
)
_DO = re.compile(
    r"(?:^|[.!?]\s*)(?:please|can you|could you|i (?:want|need|would like|'d like)|i'd like|help me|make|"
    r"turn|remove|enlarge|upscale|sharpen|deblur|denoise|fix|restore|colou?rize|cut|blow|clean|brighten|convert|"
    r"give|let's)\b"
)


def understand(question: str) -> Intent:
    """Understand a question in plain words.

    Args:
        question: any text; only the first 4,000 characters are read.

    Returns:
        An intent whose `task` is None where no task of the ontology is likely enough.

    >>> intent = understand("I blew up a small image by 4x and it still looked clean. How?")
    >>> intent.task, intent.scale, intent.asks
    ('super-resolution', 4.0, 'how')
    """
    question = question[:LONGEST]
    edited = read_edits(question)
    if edited.edits and _asks(question) == "do":
        # Read without what needs no model, then with the words of the whole.
        intent = _as_said(understand(edited.rest), question)
        return msgspec.structs.replace(intent, edits=edited.edits, asks="do")
    regions = read_regions(question)
    if regions.kept and _asks(question) == "do":
        # Read without what asks for no work, then with the places and words of the whole.
        intent = _as_said(_understood(regions.rest), question)
        return msgspec.structs.replace(intent, kept=regions.kept, unread=_joined(intent, regions.unread))
    intent = _understood(question)
    if regions.unread and intent.asks == "do" and intent.task:
        return msgspec.structs.replace(intent, unread=_joined(intent, regions.unread))
    return intent


def _understood(question: str) -> Intent:
    decided = decide(question)
    scale, scale_words = read_scale(question)
    target = read_print_size(question)
    pixels = read_pixel_size(question)
    size = target or pixels
    if size and scale is None:
        # Which factor that is depends on the picture.
        scale, scale_words = "any", size.words
    asks = _asks(question)
    wishes = read_wishes(question, decided, several=asks == "do")
    return Intent(
        question=question,
        task=decided[0].task.id if decided else None,
        candidates=tuple(_candidate(question, item) for item in decided),
        asks=asks,
        steps=tuple(wish.task for wish in wishes),
        step_words=tuple(wish.words for wish in wishes),
        unread=read_unread(question) if asks == "do" and wishes else (),
        scale=scale,
        scale_words=scale_words,
        target=target,
        pixels=pixels,
        edits=(),
        **read_qualities(question),
    )


def _as_said(intent: Intent, question: str) -> Intent:
    """An intent with the words of a question in which others were blanked out before, at the same places."""

    def said(value: object) -> object:
        if isinstance(value, Words):
            return Words(text=question[value.start : value.end], start=value.start, end=value.end)
        if isinstance(value, tuple):
            return tuple(said(item) for item in value)
        if isinstance(value, dict):
            return {name: said(item) for name, item in value.items()}
        if isinstance(value, Candidate | PixelSize | PrintSize | Edit):
            fields = {name: said(getattr(value, name)) for name in value.__struct_fields__}
            return msgspec.structs.replace(value, **fields)
        return value

    fields = {name: said(getattr(intent, name)) for name in intent.__struct_fields__}
    return msgspec.structs.replace(intent, **{**fields, "question": question})


def _joined(intent: Intent, unread: tuple[Words, ...]) -> tuple[Words, ...]:
    """What was not read, each place once, in the order in which it was said."""
    fresh = [
        words
        for words in unread
        if not any(other.start < words.end and words.start < other.end for other in intent.unread)
    ]
    return tuple(sorted((*intent.unread, *fresh), key=lambda words: words.start))


def _asks(question: str) -> Literal["how", "do"]:
    text = plain(question)
    if _HOW.search(text):
        return "how"
    return "do" if _DO.search(text) or "?" not in text else "how"


def _candidate(question: str, item: Decided) -> Candidate:
    return Candidate(
        task=item.task.id,
        confidence=round(item.probability, 3),
        words=tuple(
            Words(text=question[start:end], start=start, end=end) for start, end in sorted(item.places)
        ),
    )


def for_print(intent: Intent, text: str, dpi: int | None) -> Intent:
    """The intent with a print size that was given beside the question, as if it had been said at its end.

    Args:
        text: the size: `"60x90cm"`, `"A3"`, `"wall 3x2 m"`; empty where only `dpi` is given.
        dpi: dots per inch; by default those in the text, else by rule (`domain.viewing`).

    Raises:
        InputError: the size is not understood, or the question names a factor or a size too.
    """
    if not text:
        if dpi is None:
            return intent
        if intent.target is None:
            raise InputError("dots per inch alone give no size", hint="add the size of the print: 60x90cm")
        return msgspec.structs.replace(intent, target=checked_dpi(intent.target, dpi))
    if intent.target or intent.pixels or isinstance(intent.scale, int | float):
        said = intent.target.words if intent.target else intent.pixels.words if intent.pixels else None
        said = said or intent.scale_words
        raise InputError(
            f"the words name a size ({said.text if said else intent.scale!r}), and the print another ({text})",
            hint="say it once: leave out the one or the other",
        )
    size = print_size_of(text, dpi)
    start = f"{intent.question}, print "
    words = Words(text=text, start=len(start), end=len(start) + len(text))
    size = msgspec.structs.replace(size, words=words)
    steps, places = intent.steps, intent.step_words
    if ENLARGING not in steps and (intent.asks == "do" or not intent.task):
        steps, places = (*steps, ENLARGING), (*places, words)
    return msgspec.structs.replace(
        intent,
        question=start + text + (f" at {dpi} dpi" if dpi else ""),
        task=intent.task or ENLARGING,
        candidates=intent.candidates or (Candidate(task=ENLARGING, confidence=1.0, words=(words,)),),
        steps=steps,
        step_words=places,
        scale="any",
        scale_words=words,
        target=size,
    )
