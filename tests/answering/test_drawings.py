"""Drawings of an answer: SVG boxes that fit their frame, Mermaid text that no name breaks, the terminal."""

from __future__ import annotations

import io
import itertools
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from whichmodel.answering import terminal, to_mermaid, write
from whichmodel.answering.views import render, show
from whichmodel.domain import Answer, DataType, Port, Step, StepRow, Workflow
from whichmodel.understand.prompt_format import read_prompt

QUESTION = "I enlarged my grandmother's portrait 4x and her lace collar is crisp. How can that be?"
MATTING = (
    "Cutting people out of photographs is hard. We introduce HairCut, a framework for image matting that recovers"
    " fine details of hair. Code: https://example.org/haircut."
)


def answered(*models: str, question: str = QUESTION) -> Answer:
    """The answer to a prompt with these models and one paper."""
    entries = "".join(
        f"Model: {name}\nPaper: https://arxiv.org/abs/0000.{i}\n\n" for i, name in enumerate(models)
    )
    paper = f"Model: Matting for Portraits\nPaper: https://arxiv.org/abs/1111.1\nSummary: {MATTING}\n"
    prompt = (
        f'A user has asked the following question:\n"{question}"\n\n### Recommended AI Models:\n{entries}'
        f"### Related Papers:\n{paper}\nAnswer:\n"
    )
    return write(read_prompt(prompt))


# --- the drawing -------------------------------------------------------------------------------


def test_the_drawing_has_every_step_and_value() -> None:
    answer = answered("Unsmear-Deblur-S")
    assert [row.needed_but_missing for row in answer.steps] == [False, True]
    drawing = render(answer, "html").partition("<svg")[2].partition("</svg>")[0]
    for word in (
        "picture",
        "h × w × 3",
        "Unsmear-Deblur-S",
        "optional",
        "not among the models given",
        "4·h × 4·w × 3",
    ):
        assert word in drawing
    assert 'class="box missing"' in drawing
    assert re.search("<desc[^>]*>It begins with picture", drawing)


def test_alternatives_and_a_second_input_are_drawn() -> None:
    drawing = render(answered("First-SISR-4x", "Second-SISR-4x"), "html").partition("<svg")[2]
    assert drawing.count('class="box alternative"') == 1
    assert "Second-SISR-4x" in drawing
    assert_apart(drawing.partition("</svg>")[0])
    styled = answered("fast-neural-style", question="It repainted my photo like a Van Gogh. How?")
    drawing = render(styled, "html").partition("<svg")[2].partition("</svg>")[0]
    assert "style example" in drawing
    assert drawing.count('class="head"') == 3, "two inputs go in, one result comes out"


def test_a_long_workflow_goes_downwards_and_inside_its_frame() -> None:
    steps = []
    value = "photo"
    for index in range(7):
        steps.append(step(f"step-{index}", {"image": value}, model="A-Rather-Long-Name-Of-A-Model-" * 3))
        value = f"step-{index}"
    steps.append(step("join", {"image": value, "mask": "photo"}))
    chain = Workflow(title="Long", inputs=(PHOTO,), steps=tuple(steps), output="join")
    answer = msgspec.structs.replace(answered("Any-SISR-S"), workflow=chain, steps=(ROW,))
    drawing = render(answer, "html").partition("<figure>")[2].partition("</figure>")[0]
    assert drawing.count("<svg") == 1
    assert "tall only" in drawing
    boxes = re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"', drawing)
    assert len(boxes) == 10
    assert_apart(drawing)


def assert_apart(drawing: str) -> None:
    """All boxes stand inside the frame, and none on another."""
    width, height = (float(side) for side in re.findall(r'viewBox="-2 -2 ([\d.]+) ([\d.]+)"', drawing)[0])
    boxes = re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"', drawing)
    placed = [tuple(map(float, box)) for box in boxes]
    assert all(min(x, y) >= 0 and x + w <= width and y + h <= height for x, y, w, h in placed)
    for one, other in itertools.combinations(placed, 2):
        apart = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
        assert apart or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1], "boxes overlap"


PHOTO = Port(name="photo", type=DataType.IMAGE, shape="h × w × 3")
ROW = StepRow(step="(0) x", mark="0", takes="photo", gives="photo", sentences=())


def step(id: str, takes: dict[str, str], title: str = "sharpen", model: str | None = None) -> Step:
    return Step(id=id, title=title, operation="model", takes=takes, gives=PHOTO, model=model)


# --- Mermaid -----------------------------------------------------------------------------------

NODE = re.compile(r'    \w+(?:\(\[|\[)"((?:[^\W_]|[ ().,·×→…\-]|#\d+;|<br/>)*)"(?:\]\)|\])')
EDGE = re.compile(r"    \w+ (?:-->|-\.->) \w+")


@given(st.one_of(st.text(max_size=120), st.sampled_from('"]();`#%&<>|{}\n-+*1. $')), st.text(max_size=60))
def test_no_name_breaks_the_mermaid_text(name: str, title: str) -> None:
    workflow = Workflow(
        title=title,
        inputs=(Port(name=name, type=DataType.IMAGE, shape=title),),
        steps=(step("step-a", {"image": name}, title, name), step("step-b", {"image": "step-a"}, title)),
        output="step-b",
    )
    rows = [StepRow(step=f"({mark}) {title}", mark=mark, takes="", gives="", sentences=()) for mark in "abc"]
    for text in (to_mermaid(workflow), to_mermaid(workflow, rows)):
        first, *lines = text.removesuffix("\n").split("\n")
        assert first == "flowchart LR"
        for line in lines:
            assert NODE.fullmatch(line) or EDGE.fullmatch(line), line
    assert sum(bool(NODE.fullmatch(line)) for line in lines) == 5


def test_mermaid_keeps_what_people_read() -> None:
    text = to_mermaid(
        Workflow(
            title="t",
            inputs=(PHOTO,),
            steps=(step("step-a", {"image": "photo"}, "x", "SwinIR-M [2x]"),),
            output="step-a",
        )
    )
    assert "SwinIR-M #91;2x#93;" in text
    assert "in0 --> step0" in text
    assert "step0 --> out" in text


def test_mermaid_makes_no_list_of_a_name() -> None:
    port = Port(name="2. photo", type=DataType.IMAGE, shape="- h")
    text = to_mermaid(Workflow(title="t", inputs=(port,), steps=(), output="2. photo"))
    assert '(["2#46; photo<br/>image<br/>#45; h"])' in text


def test_mermaid_tells_what_is_missing() -> None:
    answer = answered("Unsmear-Deblur-S")
    assert answer.workflow is not None
    text = to_mermaid(answer.workflow, answer.steps)
    assert "class step1 missing" in text
    assert "not among the models given" in text


# --- the terminal ------------------------------------------------------------------------------


def in_terminal(answer: Answer, width: int, **settings: object) -> str:
    out = io.StringIO()
    terminal.draw(answer, Console(file=out, width=width, highlight=False, **settings))  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_the_terminal_view_fits_and_holds_everything(width: int) -> None:
    answer = answered("Any-SISR-S")
    drawn = in_terminal(answer, width)
    links = [link.url for item in answer.sources for link in item.links]
    links += [url for item in answer.sources for url in item.inside_links]
    for line in drawn.splitlines():
        assert len(line.rstrip()) <= width or any(url in line for url in links)
    for url in links:
        assert url in drawn
    flat = re.sub(r"[\s│]+", "", drawn)
    for row in answer.papers:
        for sentence in row.sentences:
            assert re.sub(r"[\s*\\]+", "", sentence.text) in flat
    for word in ("[ours]", "[open]", "Short reply", "1. The task", "2. The workflow", "3. Papers and tools"):
        assert word.replace(" ", "") in flat


def test_colours_tell_the_bases_and_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = answered("Any-SISR-S")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = in_terminal(answer, 80, force_terminal=True, color_system="standard")
    assert re.search(r"\x1b\[[\d;]*35m\[ours\]", coloured)
    assert re.search(r"\x1b\[[\d;]*33m\[open\]", coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = in_terminal(answer, 80, force_terminal=True, color_system="standard")
    assert not re.search(r"\x1b\[[\d;]*3\dm", plain)
    assert "[ours]" in plain


def test_piped_output_is_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    answer = answered("Any-SISR-S")
    show(answer, "md")
    assert capsys.readouterr().out == render(answer, "md")


def test_a_terminal_gets_the_drawn_view(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    show(answered("Any-SISR-S"), "md")
    out = capsys.readouterr().out
    assert "╭─ Short reply" in out
    assert "## 1." not in out
