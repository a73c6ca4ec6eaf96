"""Drawings of workflows: rails in the terminal, Mermaid text, an SVG file of its own."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.catalog import cards
from whichmodel.cli.draw import drawn
from whichmodel.cli.main import run_program
from whichmodel.domain import DataType, Port, Step, Workflow
from whichmodel.pictures import Header
from whichmodel.workflow import plan_enlargement, workflow_for

CARDS = cards()
HEADER = Header(width=600, height=400, bands=3, bits=8, has_alpha=False, format="png")


def test_a_row_of_steps() -> None:
    assert drawn(plan_enlargement(8, CARDS), "terminal").splitlines() == [
        "● photo",
        "│",
        "● enlarge-4x-1: enlarge 4× with SPAN-4x",
        "│",
        "● enlarge-2x-2: enlarge 2× with SPAN-2x",
        "│",
        "▼ picture",
    ]


def test_a_branch_and_a_merge() -> None:
    workflow = workflow_for("sharpen only the subject", HEADER, CARDS)
    assert drawn(workflow, "terminal", unbound=["image-matting"]).splitlines() == [
        "● photo",
        "│",
        "├─● sharpen: sharpen the edges",
        "│ │",
        "├─│─● image-matting: mask the subject with U2-Net-p (for any subject) – cannot run here",
        "│ │ │",
        "●─┴─╯ merge: put the changed subject on the unchanged background"
        " (foreground: sharpen, background: photo, mask: image-matting)",
        "│",
        "▼ picture",
    ]


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """Any graph of blends; nothing needs to be used."""
    steps = []
    for number in range(draw(st.integers(1, 10))):
        sources = st.sampled_from(["photo", *(step.id for step in steps)])
        taken = draw(st.lists(sources, min_size=1, max_size=4))
        steps.append(
            Step(
                id=f"s{number}",
                title="t",
                operation="blend",
                takes={f"p{place}": source for place, source in enumerate(taken)},
                gives=Port(name="result", type=DataType.IMAGE),
            )
        )
    return Workflow(
        title="t", inputs=(Port(name="photo", type=DataType.IMAGE),), steps=tuple(steps), output=steps[-1].id
    )


@given(workflows())
def test_rails_join_exactly_what_a_step_takes(workflow: Workflow) -> None:
    """Read the drawing back: at each step, the rails that touch its line are those of what it takes."""
    lines = drawn(workflow, "terminal").splitlines()
    on_rail = {0: "photo"}
    for number, step in enumerate(workflow.steps):
        line = lines[2 + 2 * number]
        rails, _, label = line.partition(f" {step.id}: ")
        assert label, line
        dot = rails.index("●") // 2
        above = lines[1 + 2 * number]
        open_rails = {place // 2 for place, character in enumerate(above) if character == "│"}
        touched = {place // 2 for place, character in enumerate(rails) if character in "├┼┤╰┴╯"}
        if dot in open_rails:
            touched.add(dot)
        assert {on_rail[rail] for rail in touched} == set(step.takes.values())
        # The line reaches from the first of them to the last, without a gap.
        span = {dot, *touched}
        assert re.fullmatch(r"[^ ]*", rails[2 * min(span) : 2 * max(span)])
        on_rail[dot] = step.id
    assert on_rail[lines[-1].index("▼") // 2] == workflow.output


def test_a_merge_says_what_is_at_which_port() -> None:
    workflow = workflow_for("sharpen only the subject", HEADER, CARDS)
    for drawing in (drawn(workflow, "mermaid"), drawn(workflow, "svg")):
        text = re.sub(r"<[^>]+>", " ", drawing.replace("#58;", ":"))
        for said in ("foreground: sharpen", "background: photo", "mask: U2-Net-p"):
            assert said in text


def test_mermaid_and_svg_have_every_step_and_stand_alone() -> None:
    workflow = workflow_for("remove the background and enlarge 2x", HEADER, CARDS)
    mermaid = drawn(workflow, "mermaid", unbound=["image-matting"])
    assert mermaid.startswith("flowchart LR\n")
    assert mermaid.count("-->") == 5
    svg = drawn(workflow, "svg", unbound=["image-matting"])
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = " ".join(root.itertext())
    for words in ("photo", "mask the subject", "cannot run here", "cut the subject out", "SPAN-2x"):
        assert words in texts


class TestProgram:
    """`plan --draw`."""

    @pytest.mark.parametrize(
        ("style", "begin"), [("terminal", "● photo"), ("mermaid", "flowchart"), ("svg", "<svg ")]
    )
    def test_only_the_drawing_is_printed(
        self, style: str, begin: str, photo: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = "colour my old photo and enlarge it 2x"
        assert run_program(["plan", words, str(photo), "--draw", style]) == 2
        told = capsys.readouterr().out
        assert told.startswith(begin)
        assert "cannot run here" in told
        assert "runs here" not in told

    def test_one_picture_and_no_json(self, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_program(["plan", "enlarge 2x", str(photo), "--draw", "svg", "--json"]) == 2
        assert "--draw" in capsys.readouterr().err

    def test_what_was_not_understood_is_told(self, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
        run_program(["plan", "replace the sky and enlarge 2x", str(photo), "--no-calibrate"])
        assert "not understood and left out: 'replace the sky'" in capsys.readouterr().out
