"""Several wishes become one workflow: the order that makes sense, branches, merges; and such graphs run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.domain import InputError, UnboundError, to_json
from whichmodel.nodes.operation import Size
from whichmodel.pictures import Header, Picture, read_picture, write_picture
from whichmodel.workflow import (
    bindings,
    check_workflow,
    left_out,
    plan_enlargement,
    require_bound,
    run_picture,
    run_workflow,
    workflow_for,
)
from whichmodel.workflow.build import apply, finish, start
from whichmodel.workflow.describe import chain_notes, sizes_of

CARDS = cards()
HEADER = Header(width=600, height=400, bands=3, bits=8, has_alpha=False, format="png")


@pytest.mark.parametrize(
    ("words", "steps", "size"),
    [
        (
            "remove noise and enlarge to 60x90 cm at 150 dpi",
            "denoising enlarge-4x-1 enlarge-4x-2 resample",
            (5315, 3543),
        ),
        ("enlarge 4x after removing the noise", "denoising enlarge-4x", (2400, 1600)),
        ("Enlarge 4x and remove the noise", "denoising enlarge-4x", (2400, 1600)),
        ("enlarge 4x and sharpen", "enlarge-4x sharpen", (2400, 1600)),
        ("enlarge 3x and sharpen", "enlarge-4x resample sharpen", (1800, 1200)),
        ("colour my old photo and enlarge it 4x", "colorization enlarge-4x", (2400, 1600)),
        ("deblur, then 2x", "deblurring enlarge-2x", (1200, 800)),
        ("sharpen the photo", "sharpen", (600, 400)),
        ("sharpen only the subject", "sharpen image-matting merge", (600, 400)),
        (
            "sharpen only the background and enlarge 2x",
            "enlarge-2x sharpen image-matting merge",
            (1200, 800),
        ),
        ("remove the background and enlarge 2x", "image-matting cut-out enlarge-2x", (1200, 800)),
        ("enlarge 4x and blend it with the original", "enlarge-4x fit blend", (2400, 1600)),
        ("remove noise and print 2x3 cm", "denoising", (600, 400)),
        (
            "read the sign in my photo and speak it aloud",
            "optical-character-recognition text-to-speech",
            None,
        ),
    ],
)
def test_the_order_makes_sense(words: str, steps: str, size: tuple[int, int] | None) -> None:
    workflow = workflow_for(words, HEADER, CARDS)
    assert [step.id for step in workflow.steps] == steps.split()
    check_workflow(workflow, cards=CARDS)
    found = sizes_of(workflow, Size(600, 400), CARDS)[workflow.output]
    assert found == (Size(*size) if size else None)


def test_one_wish_is_planned_as_ever() -> None:
    assert to_json(workflow_for("enlarge 3x", HEADER, CARDS)) == to_json(plan_enlargement(3, CARDS))
    title = "enlarge 8.858× for 90 × 60 cm at 150 dpi"
    due = plan_enlargement(60 / 2.54 * 150 / 400, CARDS, title=title)
    assert to_json(workflow_for("print 60x90 cm at 150 dpi", HEADER, CARDS)) == to_json(due)


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("remove noise and enlarge 4x", ""),
        (
            "remove noise and enlarge 8x",
            "4×, then 2×: ESRGAN-thick-8x enlarges 8× at once and was measured to come less close",
        ),
        ("remove noise and enlarge 3x", "no 3× model runs here: 4×, then resampled to 3/4"),
        ("enlarge 3x and sharpen", "no 3× model runs here: 4×, then resampled to 3/4"),
        ("sharpen it", ""),
    ],
)
def test_only_enlargements_are_told_as_a_chain(words: str, note: str) -> None:
    assert chain_notes(workflow_for(words, HEADER, CARDS), CARDS) == ((note,) if note else ())


def test_sharpening_reaches_as_far_as_edges_were_widened() -> None:
    for words, radius in (
        ("sharpen it", None),
        ("enlarge 4x and sharpen", 4.0),
        ("enlarge 15x and sharpen", 10.0),
    ):
        assert workflow_for(words, HEADER, CARDS).steps[-1].parameters.get("radius") == radius


class TestBranches:
    """Graphs with a branch and a merge."""

    def test_only_the_subject(self) -> None:
        workflow = workflow_for("sharpen only the subject", HEADER, CARDS)
        sharpened, matte, merge = workflow.steps
        assert sharpened.takes == matte.takes == {"image": "photo"}
        assert (matte.gives.type, matte.operation, matte.model) == ("mask", "subject-mask", "U2-Net-p")
        assert merge.takes == {"foreground": "sharpen", "background": "photo", "mask": "image-matting"}
        assert workflow.title == "sharpen the edges, only on the subject"

    def test_only_the_background(self) -> None:
        merge = workflow_for("sharpen only the background", HEADER, CARDS).steps[-1]
        assert merge.takes == {"foreground": "photo", "background": "sharpen", "mask": "image-matting"}

    def test_the_original_is_brought_to_the_size_of_the_result(self) -> None:
        _, fit, blend = workflow_for("enlarge 4x and blend it with the original", HEADER, CARDS).steps
        assert (fit.takes, fit.parameters) == ({"image": "photo", "size_of": "enlarge-4x"}, {"factor": 1.0})
        assert blend.takes == {"first": "fit", "second": "enlarge-4x"}


class TestWhatCannotRun:
    """Steps without a model are planned, told, and refused with what to do."""

    def test_unbound_steps_say_why_and_what_to_do(self) -> None:
        workflow = workflow_for("remove the snow and enlarge 4x", HEADER, CARDS)
        assert [binding.status == "unbound" for binding in bindings(workflow, CARDS)] == [True, False]
        with pytest.raises(
            UnboundError, match=r"'desnowing'.*no model for desnowing can run here yet"
        ) as caught:
            require_bound(workflow, CARDS)
        assert "leave that wish out" in caught.value.hint
        assert "models list --task desnowing" in caught.value.hint

    @pytest.mark.parametrize(
        ("words", "error", "said"),
        [
            ("remove noise and enlarge", InputError, "size is missing"),
            ("remove noise and enlarge 40x", InputError, "above 16"),
            ("transcribe the recording and summarise it", UnboundError, "takes audio"),
            ("detect the cars and enlarge 2x", InputError, "one run gives one"),
            ("describe the picture and detect the dogs", InputError, "one run gives one"),
        ],
    )
    def test_plans_that_cannot_be(self, words: str, error: type[InputError], said: str) -> None:
        with pytest.raises(error, match=said):
            workflow_for(words, HEADER, CARDS)

    def test_what_was_not_understood_is_told(self) -> None:
        assert left_out("replace the sky and enlarge it 2x", CARDS) == (
            "not understood and left out: 'replace the sky'",
        )
        assert left_out("SPAN-4x", CARDS) == left_out("w.yaml", CARDS) == ()

    def test_refused_without_an_output(
        self, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "o.png"
        assert run_program(["run", "remove the snow and enlarge 2x", str(photo), "-o", str(out)]) == 2
        assert "no model for desnowing" in capsys.readouterr().err
        assert not out.exists()


class TestRuns:
    """Branches and merges through the engine, without a network."""

    def test_what_is_bright_is_sharpened(self, photo: Path, tmp_path: Path) -> None:
        picture = start()
        edges = apply("sharpen", image=picture, radius=2, amount=3)
        bright = apply("mask", image=picture, of="lightness")
        merged = apply("composite", foreground=edges, background=picture, mask=bright)
        workflow = finish(merged, title="sharpen what is bright")
        report = run_workflow(workflow, photo, tmp_path / "o.png", cards=CARDS)
        assert [step.operation for step in report.steps] == ["sharpen", "mask", "composite"]
        before, after = read_picture(photo).pixels, read_picture(tmp_path / "o.png").pixels
        sharp, _ = run_picture(finish(edges, title="sharpen"), read_picture(photo), cards=CARDS)
        share = (before @ np.array([0.2126, 0.7152, 0.0722])).round()[:, :, None] / 255
        due = share * sharp.pixels + (1 - share) * before
        assert np.abs(after - due).max() <= 0.51

    def test_the_choice_of_the_sharpest_is_told_in_the_report(self, photo: Path, tmp_path: Path) -> None:
        picture = start()
        softer = apply(
            "resample", image=apply("resample", image=picture, factor=0.5), size_of=picture, factor=1.0
        )
        edges = apply("sharpen", image=picture, radius=1.0)
        best = apply("pick-best", first=softer, second=edges, third=picture)
        report = run_workflow(finish(best, title="best"), photo, tmp_path / "o.png", cards=CARDS)
        told = [note for note in report.notes if "least blurred" in note]
        assert len(told) == 1
        assert "took 'sharpen' (port 'second')" in told[0]
        again = run_workflow(finish(best, title="best"), photo, tmp_path / "p.png", cards=CARDS)
        assert again.output.sha256 == report.output.sha256
        assert told[0] in again.notes

    def test_a_picture_is_cut_out_by_its_own_lightness(self, photo: Path) -> None:
        picture = start()
        mask = apply("mask", image=picture, of="lightness")
        cut = finish(apply("composite", foreground=picture, mask=mask), title="cut out")
        before = read_picture(photo)
        after, _ = run_picture(cut, before, cards=CARDS)
        assert np.array_equal(after.pixels, before.pixels)
        assert after.alpha is not None
        assert after.alpha.std() > 10

    def test_transparency_that_is_not_there_is_told_before_anything_runs(
        self, photo: Path, tmp_path: Path
    ) -> None:
        picture = start()
        mask = apply("mask", image=picture)
        workflow = finish(apply("composite", foreground=picture, mask=mask), title="t")
        with pytest.raises(InputError, match="no transparency"):
            run_workflow(workflow, photo, tmp_path / "o.png", cards=CARDS)

    def test_plain_words_from_the_command_line(
        self, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        small = tmp_path / "small.png"
        write_picture(Picture(np.ascontiguousarray(read_picture(photo).pixels[:80, :90])), small)
        assert run_program(["plan", "sharpen only the subject", str(small)]) == 0
        assert "mask the subject with U2-Net-p (for any subject)" in capsys.readouterr().out
        assert run_program(["run", "sharpen it", str(small), "-o", str(tmp_path / "o.png")]) == 0
        assert not np.array_equal(read_picture(tmp_path / "o.png").pixels, read_picture(small).pixels)
