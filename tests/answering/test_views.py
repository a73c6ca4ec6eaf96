"""The views of an answer: every quotation leads to its words, and other people's words stay words."""

from __future__ import annotations

import io
import itertools
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from whichmodel.answering import terminal, write
from whichmodel.answering.views import render
from whichmodel.domain import (
    Answer,
    Brief,
    DraftReport,
    Link,
    Sentence,
    Source,
    Span,
    Statement,
)
from whichmodel.understand.prompt_format import links_in, read_prompt

QUESTION = "I enlarged my grandmother's portrait 4x and her lace collar is crisp. How can that be?"
MATTING = (
    "Cutting people out of photographs is hard. We introduce HairCut, a framework for image matting that recovers"
    " fine details of hair. Tests on three data sets show lower error. Code: https://example.org/haircut."
)
SHARPER = (
    "We propose a network for single-image super-resolution that restores fine detail. It is 20% faster."
)
VOID = {"meta", "br", "rect", "path"}


class Page(HTMLParser):
    """A page read strictly: every element closed in order; its ids, links, texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.links: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self.headings: list[int] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        assert len(found) == len(attrs), f"an attribute twice: {attrs}"
        self.tags.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
            self.texts[found["id"]] = ""
        if tag == "a":
            assert all(name != "a" for name, _ in self.open), "a link in a link"
            self.links.append((found["href"], found))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append((tag, found))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert any(name == "svg" for name, _ in self.open), "only in a drawing may an element close itself"

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1][0] == tag, f"</{tag}> closes <{self.open[-1][0]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for _, attributes in self.open:
            for name in {attributes.get("id", ""), attributes.get("data-of", "")} - {""}:
                self.texts[name] += data


def source(number: int, name: str, summary: str = "", kind: str = "paper") -> Source:
    return Source(
        number=number,
        kind=kind,  # type: ignore[arg-type]
        name=name,
        links=(Link(kind="paper", url=f"https://arxiv.org/abs/0000.{number}?a=1&b=2"),),
        summary=summary,
        inside_links=links_in(summary),
    )


def brief(model: str = "Any-SISR-S", paper: str = "Matting for Portraits", text: str = MATTING) -> Brief:
    return Brief(
        question=QUESTION,
        models=(source(1, model, kind="model"),),
        papers=(source(2, paper, text), source(3, "Sharper", SHARPER)),
    )


def sentences_of(answer: Answer) -> list[Sentence]:
    groups = [answer.reply, answer.task, answer.example, answer.beside, answer.left_open, answer.here]
    rows = (*answer.steps, *answer.questions, *answer.ideas, *answer.papers)
    return list(itertools.chain(*groups, *(row.sentences for row in rows)))


def spans_of(answer: Answer) -> set[Span]:
    asked = {row.asked for row in answer.questions}
    return {span for sentence in sentences_of(answer) for span in sentence.spans} | asked


def id_of(span: Span) -> str:
    return f"e{span.source}-{span.field.replace(' ', '-')}-{span.start}-{span.end}"


def check_page(answer: Answer) -> Page:
    """What has to be so on every page."""
    page = Page(render(answer, "html"))
    assert len(page.ids) == len(set(page.ids)), "an id twice"
    given_links = {link.url for item in answer.sources for link in item.links}
    given_links |= {url for item in answer.sources for url in item.inside_links}
    for target, _ in page.links:
        if target.startswith("#"):
            assert target[1:] in page.ids, f"{target} leads nowhere"
        else:
            assert target in given_links
            assert target.lower().startswith(("http://", "https://"))
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(page.tags)
    assert page.headings[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(page.headings))
    return page


def check_spans(answer: Answer, page: Page) -> None:
    targets = {target for target, _ in page.links}
    for span in spans_of(answer):
        assert f"#{id_of(span)}" in targets, f"nothing leads to {span}"
        assert page.texts[id_of(span)] == span.text


def test_every_span_can_be_jumped_to_and_back() -> None:
    answer = write(brief())
    page = check_page(answer)
    assert len(spans_of(answer)) >= 4
    check_spans(answer, page)
    back = [target for target, attributes in page.links if attributes.get("class") == "back"]
    assert len(back) >= len(spans_of(answer))
    assert all(
        attributes.get("aria-label") for _, attributes in page.links if attributes.get("class") == "back"
    )


def test_the_recorded_prompts_give_whole_pages(shared_data: Path) -> None:
    prompts = sorted((shared_data / "reference" / "prompts").glob("*/prompt.txt"))
    assert prompts
    for prompt in prompts:
        answer = write(read_prompt(prompt.read_bytes()))
        check_spans(answer, check_page(answer))


def with_spans(text: str, places: list[tuple[int, int]]) -> Answer:
    """An answer whose only paper is quoted at these places."""
    found = [Span(source=1, field="summary", start=a, end=b, text=text[a:b]) for a, b in places]
    return Answer(
        question="Why?",
        reply=tuple(
            Sentence(text=f"It says {a}-{b} [1].", basis="source", spans=(span,))
            for (a, b), span in zip(places, found, strict=True)
        ),
        task=(),
        diagram="",
        steps=(),
        workflow=None,
        ideas=(),
        left_open=(),
        papers=(),
        sources=(source(1, "A paper", text),),
    )


PLACES = st.tuples(st.integers(0, 39), st.integers(1, 40)).filter(lambda pair: pair[0] < pair[1])


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf"]), min_size=40, max_size=40),
    st.lists(PLACES, min_size=1, max_size=8),
)
def test_spans_may_overlap(text: str, places: list[tuple[int, int]]) -> None:
    answer = with_spans(text, places)
    check_spans(answer, check_page(answer))


def test_words_that_the_source_does_not_hold_are_not_marked() -> None:
    answer = with_spans("The quick fox.", [(4, 9)])
    wrong = Span(source=1, field="summary", start=4, end=9, text="Quick")
    outside = Span(source=1, field="statement 3", start=0, end=1, text="T")
    for span in (wrong, outside):
        told = msgspec.structs.replace(answer.reply[0], spans=(span,))
        page = check_page(msgspec.structs.replace(answer, reply=(told,)))
        assert "mark" not in page.tags
        assert "#source-1" in {target for target, _ in page.links}


def test_a_span_that_no_word_of_the_sentence_stands_for_is_led_to_all_the_same() -> None:
    answer = with_spans("The quick fox.", [(4, 9)])
    told = msgspec.structs.replace(answer.reply[0], text="It is fast.")
    answer = msgspec.structs.replace(answer, reply=(told,))
    check_spans(answer, check_page(answer))


def test_a_sentence_makes_no_links() -> None:
    answer = with_spans("The quick fox.", [(4, 9)])
    text = "See [x](https://evil.example), <https://evil.example>, ![x](https://evil.example), <b>b</b> *and* `c`."
    told = Sentence(text=text, basis="ours")
    page = check_page(msgspec.structs.replace(answer, reply=(told,)))
    assert page.texts["t1"].startswith("See [x](https://evil.example), <https://evil.example>, ![x](https")
    assert {"em", "code"} <= set(page.tags)
    assert "b" not in page.tags


def test_a_statement_of_a_card_is_led_to() -> None:
    card = msgspec.structs.replace(
        source(1, "Any-SISR-S", kind="model"),
        statements=(Statement(text="It is <small>.", kind="stated", locator="paper, table 1"),),
    )
    answer = write(Brief(question=QUESTION, models=(card,), papers=(), origin="catalog"))
    assert any(span.field == "statement 0" for span in spans_of(answer))
    check_spans(answer, check_page(answer))


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "](http://evil.example) [x](javascript:alert(1))",
    "</title></style></svg></mark><b>",
    "שלום עולם super-resolution [1]",
    "\u202egnikcart\u202c SISR",
    "]]> <!-- --> &lt;b&gt; &amp; #quot; `code` **b**",
    "end\nsubgraph\r\n\x00\x1b[31mred",
    "模型" * 50,
    "W" * 3000,
]


@settings(max_examples=40)
@given(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3), st.sampled_from(HOSTILE), st.booleans())
def test_other_peoples_words_stay_words(parts: list[str], title: str, is_name: bool) -> None:
    hostile = " ".join(parts)
    given_brief = brief(
        model=f"SISR {hostile}" if is_name else "Any-SISR-S",
        paper=title,
        text=f"We introduce {hostile}, a framework for super-resolution. It {hostile} is fast.",
    )
    answer = write(msgspec.structs.replace(given_brief, question=f"{QUESTION} {hostile}"))
    check_page(answer)
    out = io.StringIO()
    terminal.draw(answer, Console(file=out, width=80))
    drawn = out.getvalue()
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn
    # Direction overrides would turn round what stands beside them.
    assert not re.search("[\u202a-\u202e\x00]", render(answer, "html"))


def test_a_link_of_another_kind_is_shown_and_not_followed() -> None:
    odd = msgspec.structs.replace(
        source(1, "Any-SISR-S", kind="model"),
        links=(
            Link(kind="code", url="javascript:alert(1)"),
            Link(kind="paper", url='https://x.org/"onclick="'),
        ),
        inside_links=("ftp://example.org",),
    )
    answer = write(Brief(question=QUESTION, models=(odd,), papers=()))
    page = check_page(answer)
    assert {target for target, _ in page.links if not target.startswith("#")} == {'https://x.org/"onclick="'}
    assert all("onclick" not in attributes for _, attributes in page.links)
    assert "javascript:alert(1)" in render(answer, "html")


def test_what_became_of_a_draft_is_told() -> None:
    report = DraftReport(writer="llm:<b>small</b>", drafted=9, kept=6, repaired=2, dropped=1)
    answer = msgspec.structs.replace(write(brief()), drafted=report)
    check_page(answer)
    out = io.StringIO()
    terminal.draw(answer, Console(file=out, width=300))
    for text in (render(answer, "html").replace("&lt;", "<").replace("&gt;", ">"), out.getvalue()):
        assert "drafted by llm:<b>small</b>: 9." in " ".join(text.split())
    failed = msgspec.structs.replace(
        answer, drafted=DraftReport(writer="llm:small", fault="no answer in 60 s")
    )
    assert "llm:small was asked to draft. The draft is missing or cut short: no answer in 60 s." in render(
        failed, "html"
    )


def test_a_huge_summary_is_cut_and_the_page_says_so() -> None:
    text = "We propose a network for super-resolution of photographs. " + "More words. " * 90_000
    answer = write(brief(text=text))
    begin = time.process_time()
    written = render(answer, "html")
    assert time.process_time() - begin < 3  # a tenth of a second; minutes if it grew with the square
    assert len(written) < 100_000
    assert re.search(r"\[[\d,]{7,} characters are left out here\]", written)
    check_spans(answer, check_page(answer))


def test_the_page_has_colours_that_can_be_read() -> None:
    """WCAG's contrast of at least 4.5 for text, in light and in dark."""
    style = re.search("<style>(.*?)</style>", render(write(brief()), "html"), re.DOTALL)
    assert style is not None
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style[1], re.DOTALL)[:2]
    )
    pairs = [
        ("ink", "paper"),
        ("soft", "paper"),
        ("soft", "raised"),
        ("link", "paper"),
        ("link", "raised"),
        ("mark-ink", "mark"),
    ]
    pairs += [
        ("mark-ink", "target"),
        ("ours", "ours-ground"),
        ("open", "open-ground"),
        ("here", "here-ground"),
        ("soft", "box"),
    ]
    pairs += [("open", "missing"), ("ours", "other"), ("link", "box"), ("open", "paper"), ("link", "mark")]
    for colours in (light, dark):
        for ink, ground in pairs:
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio of two colours given as #rrggbb."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)
