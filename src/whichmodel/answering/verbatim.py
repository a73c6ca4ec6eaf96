"""The evidence of an answer, word for word, with every place that the answer rests on marked.

A sentence of the answer links to a mark here, and the mark links back. The marks may overlap; one
that crosses another is cut into pieces, of which the first carries the id.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from itertools import pairwise

from whichmodel.answering.prose import visible
from whichmodel.domain import Answer, Source, Span

# A field beyond this is shown around the marks only, and the page says how much is left out.
_LONGEST_FIELD = 20_000
_LONGEST_NAME = 400
_BEGINNING, _AROUND = 1_500, 400
_STATEMENT = "statement "


class Evidence:
    """The fields of an answer's sources and question, and which sentences rest on which span."""

    def __init__(self, answer: Answer) -> None:
        self._question = answer.question
        self._sources = {source.number: source for source in answer.sources}
        self._used: dict[tuple[int, str], dict[Span, list[str]]] = {}
        self._crossing: list[str] = []

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers that a citation may have."""
        return frozenset(self._sources)

    @property
    def crossing(self) -> tuple[str, ...]:
        """Ids of marks that stand in several pieces, once the fields have been written."""
        return tuple(dict.fromkeys(self._crossing))

    def use(self, span: Span, sentence: str) -> str | None:
        """Note that a sentence (its id on the page) rests on a span.

        Returns:
            The id of the mark, or None where the source does not hold these words at this place.
        """
        if not self._holds(span):
            return None
        used = self._used.setdefault((span.source, span.field), {}).setdefault(span, [])
        if sentence not in used:
            used.append(sentence)
        return anchor(span)

    def _holds(self, span: Span) -> bool:
        text = self._field(span)
        inside = text is not None and 0 <= span.start < span.end <= len(text)
        return inside and text is not None and text[span.start : span.end] == span.text

    def _field(self, span: Span) -> str | None:
        if span.field == "question":
            return self._question if span.source == 0 else None
        source = self._sources.get(span.source)
        if source is None:
            return None
        if span.field in ("name", "summary"):
            return source.name if span.field == "name" else source.summary
        index = span.field.removeprefix(_STATEMENT)
        if span.field.startswith(_STATEMENT) and index.isascii() and index.isdigit() and len(index) < 6:
            # Written as a number is written, so that two fields never share an id.
            return source.statements[int(index)].text if _has(source, index) else None
        return None

    def question(self) -> str:
        """The question as HTML, its used words marked."""
        return self._marked(0, "question", self._question, _LONGEST_FIELD)

    def name(self, source: Source) -> str:
        """The name of a source as HTML."""
        return self._marked(source.number, "name", source.name, _LONGEST_NAME)

    def summary(self, source: Source) -> str:
        """The summary of a source as HTML."""
        return self._marked(source.number, "summary", source.summary, _LONGEST_FIELD)

    def statement(self, source: Source, index: int) -> str:
        """A statement of our card as HTML."""
        text = source.statements[index].text
        return self._marked(source.number, f"{_STATEMENT}{index}", text, _LONGEST_FIELD)

    def _marked(self, number: int, field: str, text: str, longest: int) -> str:
        spans = list(self._used.get((number, field), ()))
        parts = []
        done = 0
        for window in _windows(text, spans, longest):
            if window[0] > done:
                parts.append(_left_out(window[0] - done))
            inside = [span for span in spans if window[0] <= span.start and span.end <= window[1]]
            parts += self._pieces(text, inside, window)
            done = window[1]
        if done < len(text):
            parts.append(_left_out(len(text) - done))
        return "".join(parts)

    def _pieces(self, text: str, spans: list[Span], window: tuple[int, int]) -> Iterator[str]:
        """The text of a window with its marks, properly nested."""
        starting: dict[int, list[Span]] = {}
        for span in spans:
            starting.setdefault(span.start, []).append(span)
        ends = {span.end for span in spans}
        points = sorted({*window, *starting, *ends})
        opened: list[Span] = []
        for here, following in pairwise([*points, points[-1]]):
            if here in ends:
                yield from self._close(opened, here)
            for span in sorted(starting.get(here, ()), key=lambda item: -item.end):
                yield f'<mark id="{anchor(span)}">'
                opened.append(span)
            yield html.escape(visible(text[here:following]))

    def _close(self, opened: list[Span], here: int) -> Iterator[str]:
        """Close the marks that end here, and open those again that they cross."""
        first = min(index for index, item in enumerate(opened) if item.end == here)
        ended = [item for item in opened[first:] if item.end == here]
        crossing = [item for item in opened[first:] if item.end != here]
        yield "</mark>" * (len(opened) - first)
        for span in ended:
            yield self._back(span)
        for item in crossing:
            self._crossing.append(anchor(item))
            yield f'<mark data-of="{anchor(item)}">'
        opened[first:] = crossing

    def _back(self, span: Span) -> str:
        """Links to the sentences that rest on a span; they hold no text, so that the source's stays whole."""
        used = self._used[span.source, span.field][span]
        return "".join(
            f'<a class="back" href="#{sentence}" aria-label="Back to the answer'
            f'{f", place {place} of {len(used)}" if len(used) > 1 else ""}"></a>'
            for place, sentence in enumerate(used, start=1)
        )


def anchor(span: Span) -> str:
    """The id of a span's mark: `e3-summary-120-240`."""
    return f"e{span.source}-{span.field.replace(' ', '-')}-{span.start}-{span.end}"


def _has(source: Source, index: str) -> bool:
    return str(int(index)) == index and int(index) < len(source.statements)


def _windows(text: str, spans: Iterable[Span], longest: int) -> list[tuple[int, int]]:
    """The parts of a field that are shown: all of it, or what is around the marks."""
    if len(text) <= longest:
        return [(0, len(text))]
    beginning = min(_BEGINNING, longest)
    wanted = [(0, beginning)]
    wanted += [(max(span.start - _AROUND, 0), min(span.end + _AROUND, len(text))) for span in spans]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(wanted):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _left_out(length: int) -> str:
    return f'<span class="cut"> [{length:,} characters are left out here] </span>'
