"""An answer as a stand-alone web page: every quotation and every `[3]` jumps to the words it rests on.

No script, nothing loaded from elsewhere, other people's text escaped; the only links that leave the
page are http and https links of the sources' fields.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from urllib.parse import quote as quoted

from whichmodel.answering.markdown import size_legend
from whichmodel.answering.markup import quote, short_name
from whichmodel.answering.mermaid import to_mermaid
from whichmodel.answering.prose import (
    Reference,
    Run,
    draft_told,
    plain_name,
    plain_text,
    references,
    runs,
    visible,
)
from whichmodel.answering.svg import to_svg
from whichmodel.answering.verbatim import Evidence
from whichmodel.domain import Answer, Sentence, Source, SourceRow, StepRow

_LINKS = {"paper": "paper", "code": "code", "huggingface": "Hugging Face", "project": "project"}
_BADGES = {
    "ours": ("ours", "our inference, general knowledge or arithmetic"),
    "open": ("open", "what the sources do not tell"),
    "here": ("here", "what is so on this computer"),
}
_TAGS = {"strong": "strong", "em": "em", "code": "code"}
# Words of a script that runs from right to left keep to themselves inside our sentences.
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001eeff"
_RIGHT_TO_LEFT = re.compile(rf'[{_RIGHT}](?:[^\nA-Za-z\[\]"]{{0,40}}?[{_RIGHT}])*')
_LONG_QUESTION, _LONGEST_QUESTION = 140, 320
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class OwnPicture:
    """What the answer's workflow did to the asker's own picture, for the page.

    Args:
        told: a paragraph about it.
        careful: sentences about places to be careful with, in the order of the numbers in the drawing.
        beside: sentences about what was not looked for.
        drawing: a picture of before, after and what was found, encoded as `media` says.
        media: its media type, e.g. `"image/webp"`.
        page: where the whole evidence is, as a relative or absolute path, for a link.
    """

    told: str
    careful: tuple[str, ...]
    beside: tuple[str, ...]
    drawing: bytes
    media: str
    page: str


def to_html(answer: Answer, own: OwnPicture | None = None) -> str:
    """The whole answer as one HTML page, with what it did to the asker's own picture; ends with a newline."""
    return _Page(answer, own).render()


def to_fragment(answer: Answer, links: Mapping[str, str] | None = None) -> tuple[str, str, str]:
    """The answer as HTML to put into a page that has `data/page.css`.

    Args:
        links: where the boxes of the drawing lead to, by the id of the step.

    Returns:
        Question and short reply; the rest; and the style rules that these need beside.
    """
    return _Page(answer, links=links).parts()


class _Page:
    """One page in the making: numbers the sentences and collects what they rest on."""

    def __init__(
        self, answer: Answer, own: OwnPicture | None = None, links: Mapping[str, str] | None = None
    ) -> None:
        self.answer = answer
        self.own = own
        self.links = links or {}
        self.evidence = Evidence(answer)
        self.sources = {source.number: source for source in answer.sources}
        self.told = 0

    def render(self) -> str:
        head, body, own = self.parts()
        style = resources.files("whichmodel.answering").joinpath("data/page.css").read_text("utf-8") + own
        return (
            "<!DOCTYPE html>\n"
            f'<html lang="en"><head><meta charset="utf-8"><title>{_text(_short(self.answer.question, 110))}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">'
            f'<meta name="color-scheme" content="light dark"><style>\n{style}</style></head>\n<body>\n<main>\n'
            f"{head}\n{body}\n</main>\n</body></html>\n"
        )

    def parts(self) -> tuple[str, str, str]:
        """Question and reply, the rest of the page, and its own style rules."""
        # The evidence is written last: by then it is known which words are used, and where.
        answer = self.answer
        body = [self._head(), *self._own_picture(), self._task(), self._workflow(), self._papers()]
        if answer.here:
            body.append(_section("here", "On this computer", self._list(answer.here)))
        body += [_legend(answer), self._evidence()]
        if answer.workflow is not None:
            text = html.escape(to_mermaid(answer.workflow, answer.steps))
            body.append(
                f"<details><summary>The workflow as Mermaid text</summary><pre>{text}</pre></details>"
            )
        style = "".join(
            f'body:has(#{id}:target) [data-of="{id}"]{{background:var(--target)}}\n'
            for id in self.evidence.crossing
        )
        return body[0], "\n".join(body[1:]), style

    def _head(self) -> str:
        question = _short(self.answer.question, _LONGEST_QUESTION)
        more = ""
        if len(" ".join(self.answer.question.split())) > _LONGEST_QUESTION:
            more = '<p class="small"><a href="#question">The whole question</a></p>'
        long = ' class="long"' if len(question) > _LONG_QUESTION else ""
        return (
            '<header><p class="kicker">The question</p>'
            f"<h1{long}><bdi>{_text(question)}</bdi></h1>{more}</header>\n"
            '<section class="reply" aria-labelledby="reply"><h2 id="reply">Short reply</h2>'
            f"<p>{self._running(self.answer.reply)}</p></section>"
        )

    def _own_picture(self) -> list[str]:
        """How much of the asker's own result is in the photo: it is what most who ask want to know."""
        if self.own is None:
            return []
        data = base64.b64encode(self.own.drawing).decode("ascii")
        careful = "".join(f"<li>{_text(line)}</li>" for line in self.own.careful)
        return [
            _section(
                "own-picture",
                "Your own picture",
                f"<p>{_text(self.own.told)}</p>"
                f'<figure><img src="data:{_text(self.own.media)};base64,{data}" style="max-width:100%"'
                ' alt="Your photo, the result, and a map of what in the result the photo supports"></figure>'
                + (f"<ol>{careful}</ol>" if careful else "")
                + "".join(f'<p class="small">{_text(line)}</p>' for line in self.own.beside)
                + f'<p><a href="{_text(quoted(self.own.page))}">All that was measured: {_text(self.own.page)}</a></p>',
            )
        ]

    def _task(self) -> str:
        return _section("task", "1. The task", f"<p>{self._running(self.answer.task)}</p>")

    def _workflow(self) -> str:
        answer = self.answer
        if not answer.steps:
            return _section(
                "workflow", "2. The workflow", "<p>No workflow can be drawn: the task is not known.</p>"
            )
        parts = []
        if answer.workflow is not None:
            parts.append(f"<figure>{to_svg(answer.workflow, answer.steps, links=self.links)}</figure>")
        parts.append(self._steps(answer.steps))
        if answer.example:
            parts.append(f"<h3>In numbers</h3><p>{self._running(answer.example)}</p>")
        if answer.questions:
            parts.append("<h3>What you asked, and what the sources say</h3><dl>")
            for row in answer.questions:
                asked = Sentence(text=quote(row.asked.text), basis="question", spans=(row.asked,))
                parts.append(f"<dt>{self._sentence(asked)}</dt><dd>{self._running(row.sentences)}</dd>")
            parts.append("</dl>")
        if answer.ideas or answer.beside:
            parts.append("<h3>What the papers add, and what not</h3><ul>")
            parts += [self._idea(idea) for idea in answer.ideas]
            if answer.beside:
                parts.append(f"<li>{self._running(answer.beside)}</li>")
            parts.append("</ul>")
        if answer.left_open:
            parts.append(f"<h3>What stays open</h3><p>{self._running(answer.left_open)}</p>")
        return _section("workflow", "2. The workflow", "\n".join(parts))

    def _steps(self, rows: tuple[StepRow, ...]) -> str:
        told = "; ".join(size_legend(self.answer))
        lines = [
            '<table class="steps"><caption>The steps, as far as the sources tell'
            f"{f'. {_text(told)}' if told else ''}</caption>"
            '<thead><tr><th scope="col">step</th><th scope="col">input → output</th>'
            '<th scope="col">what it does</th></tr></thead><tbody>'
        ]
        for row in rows:
            step = self._sentence(Sentence(text=row.step, basis="card"), back=False)
            missing = ' class="missing"' if row.needed_but_missing else ""
            lines.append(
                f'<tr{missing}><th scope="row">{step}</th><td data-label="input → output">'
                f"{_flow(row.takes)} <br>→ {_flow(row.gives)}</td>"
                f'<td data-label="what it does">{self._running(row.sentences)}</td></tr>'
            )
        return "\n".join(lines) + "</tbody></table>"

    def _idea(self, idea: SourceRow) -> str:
        source = self.sources.get(idea.source)
        name = "" if source is None else f"<strong>{_named(source, short=True)}.</strong> "
        return f"<li>{name}{self._running(idea.sentences)}</li>"

    def _papers(self) -> str:
        answer = self.answer
        if not answer.sources:
            return _section("papers", "3. Papers and tools", "<p>No model and no paper was given.</p>")
        rows = {row.source: row for row in answer.papers}
        lines = [
            '<table class="papers"><caption>Every source given</caption><thead><tr><th scope="col">no.</th>'
            '<th scope="col">what</th><th scope="col">how close to the question</th>'
            '<th scope="col">links</th></tr></thead><tbody>'
        ]
        for source in answer.sources:
            why = self._running(rows[source.number].sentences) if source.number in rows else ""
            lines.append(
                f'<tr><td class="number"><a href="#source-{source.number}">[{source.number}]</a></td>'
                f'<th scope="row">{_named(source)} <span class="kind">{source.kind}</span></th>'
                f'<td data-label="how close">{why}</td><td data-label="links">{_links(source)}</td></tr>'
            )
        kinds = {source.kind for source in answer.sources}
        missing = " ".join(f"No {kind} was given." for kind in ("model", "paper") if kind not in kinds)
        table = "\n".join(lines) + "</tbody></table>" + (f"<p>{missing}</p>" if missing else "")
        return _section("papers", "3. Papers and tools", table)

    def _evidence(self) -> str:
        parts = [
            '<p class="small">What was given, word for word. Marked are the words that the answer rests on; the'
            " arrow after them leads back to the place. A sign that cannot be shown stands as �.</p>",
            f'<h3 id="question">The question</h3><p class="verbatim" dir="auto">{self.evidence.question()}</p>',
        ]
        for source in self.answer.sources:
            parts.append(
                f'<article><h3 id="source-{source.number}">[{source.number}]'
                f' <bdi>{self.evidence.name(source)}</bdi> <span class="kind">{source.kind}</span></h3>'
                f'<p class="small">{_links(source, written=True)}</p>'
            )
            if source.summary:
                parts.append(f'<p class="verbatim" dir="auto">{self.evidence.summary(source)}</p>')
            if source.statements:
                parts.append('<ol class="verbatim">')
                for index, statement in enumerate(source.statements):
                    told = self.evidence.statement(source, index)
                    parts.append(f'<li>{told} <span class="small">({_text(statement.locator)})</span></li>')
                parts.append("</ol>")
            if not source.summary and not source.statements:
                parts.append('<p class="small">No text was given with it.</p>')
            parts.append("</article>")
        return _section("evidence", "The evidence, verbatim", "\n".join(parts))

    def _list(self, sentences: Iterable[Sentence]) -> str:
        return "<ul>" + "".join(f"<li>{self._sentence(sentence)}</li>" for sentence in sentences) + "</ul>"

    def _running(self, sentences: Iterable[Sentence]) -> str:
        return " ".join(self._sentence(sentence) for sentence in sentences)

    def _sentence(self, sentence: Sentence, *, back: bool = True) -> str:
        """A sentence with its links and its badge; it has an id if the evidence leads back to it."""
        self.told += 1
        id = f"t{self.told}"
        places, rest = references(sentence, self.evidence.numbers)
        targets = [self._target(place, id) for place in places]
        body = _woven(runs(sentence.text), places, targets)
        for span in rest:
            target = self.evidence.use(span, id)
            if target is not None:
                shown = "[the question]" if span.source == 0 else f"[{span.source}]"
                body += f' <a class="cite" href="#{target}">{shown}</a>'
        if sentence.basis in _BADGES:
            word, meaning = _BADGES[sentence.basis]
            body += f' <span class="badge {word}" title="{meaning}">{word}</span>'
        return f'<span id="{id}" class="said {sentence.basis}">{body.strip()}</span>'

    def _target(self, place: Reference, sentence: str) -> str:
        """Where a place of a sentence leads: to the words, else to the source."""
        target = self.evidence.use(place.span, sentence) if place.span is not None else None
        return target or (f"source-{place.source}" if place.source else "question")


def _woven(pieces: list[Run], places: list[Reference], targets: list[str]) -> str:
    """Runs of text as HTML, with links over the places; styles end and begin again at a link's edge."""
    edges = sorted({edge for place in places for edge in (place.start, place.end)})
    opening = {place.start: (place, target) for place, target in zip(places, targets, strict=True)}
    closing = {place.end: place for place in places}
    out: list[str] = []
    position = 0
    for run in pieces:
        end = position + len(run.text)
        cuts = [position, *(edge for edge in edges if position < edge < end), end]
        for start, stop in pairwise(cuts):
            if start in closing:
                out.append(_link_end(closing.pop(start)))
            if start in opening:
                place, target = opening.pop(start)
                kind = "quote" if place.kind == "quotation" else "cite"
                out.append(f'<a class="{kind}" href="#{target}">' + ("<bdi>" if kind == "quote" else ""))
            out.append(_styled(run, start - position, stop - position))
        position = end
    out += [_link_end(place) for place in closing.values()]
    return "".join(out)


def _link_end(place: Reference) -> str:
    return "</bdi></a>" if place.kind == "quotation" else "</a>"


def _styled(run: Run, start: int, end: int) -> str:
    text = _RIGHT_TO_LEFT.sub(lambda match: f"<bdi>{match[0]}</bdi>", _text(run.text[start:end]))
    for style in sorted(run.styles):
        text = f"<{_TAGS[style]}>{text}</{_TAGS[style]}>"
    return text


def _section(id: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{id}"><h2 id="{id}">{title}</h2>\n{body}</section>'


def _legend(answer: Answer) -> str:
    """How to read the marks."""
    cards = (
        " [1, our card] leads to a sentence of our own card."
        if any(source.statements for source in answer.sources)
        else ""
    )
    here = ' <span class="badge here">here</span> is what is so on this computer.' if answer.here else ""
    draft = f"<p>{_text(draft_told(answer.drafted))}</p>" if answer.drafted else ""
    return (
        '<aside class="legend" aria-label="How to read the marks"><p>A number such as [1] and words in quotation'
        f" marks lead to the source's own words below.{cards}"
        ' <span class="badge ours">ours</span> is our inference, general knowledge or arithmetic.'
        f' <span class="badge open">open</span> is what the sources do not tell.{here}</p>{draft}</aside>'
    )


def _links(source: Source, *, written: bool = False) -> str:
    """The links of a source; `written` shows the address instead of a word for it."""
    shown = [_link(_LINKS[link.kind], link.url, written) for link in source.links]
    shown += [f"named in its text: {_link('link', url, written)}" for url in source.inside_links]
    return " · ".join(shown) if shown else "no link given"


def _link(name: str, url: str, written: bool) -> str:
    """A link out of the page; what is not http or https is shown and cannot be followed."""
    address = _text(url)
    if not url.lower().startswith(("http://", "https://")):
        return f"{name}: <bdi>{address}</bdi>"
    if written:
        return f'{name}: <a rel="noopener noreferrer" href="{address}"><bdi>{address}</bdi></a>'
    return f'<a class="out" rel="noopener noreferrer" href="{address}">{name}</a>'


def _named(source: Source, *, short: bool = False) -> str:
    name = plain_text(short_name(source)).rstrip(".") if short else plain_name(source.name)
    return f"<bdi>{_text(name)}</bdi>"


def _flow(text: str) -> str:
    """What a step takes or gives; a shape stays on one line."""
    return _text(text.replace(" × ", "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"))


def _short(text: str, longest: int) -> str:
    """Somebody's text on one line, cut at a word."""
    flat = " ".join(visible(text[: 4 * longest]).split())
    if len(flat) <= longest:
        return flat
    head = flat[:longest]
    return (head.rpartition(" ")[0] or head) + " …"


def _text(text: str) -> str:
    """Any text as HTML text or attribute value."""
    return html.escape(visible(text))
