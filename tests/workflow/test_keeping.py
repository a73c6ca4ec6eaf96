"""Plans and runs that leave a region alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whichmodel.catalog import cards
from whichmodel.domain import InputError, UnboundError, Words, Workflow
from whichmodel.nodes.operation import Size
from whichmodel.pictures import Header, read_picture
from whichmodel.pictures.resample import resample
from whichmodel.workflow import bind, check_workflow, run_workflow, workflow_for
from whichmodel.workflow.build import apply, finish, start
from whichmodel.workflow.describe import describe, sizes_of
from whichmodel.workflow.keeping import MASK, with_kept

CARDS = cards()
SAID = Words(text="leave it alone", start=0, end=14)
HEADER = Header(width=600, height=400, bands=3, bits=8, has_alpha=False, format="png")


@pytest.mark.parametrize(
    ("words", "operations"),
    [
        ("enlarge 4x but leave the background alone", "model subject-mask keep"),
        ("enlarge 4x but leave the people as they are", "model matte keep"),
        ("enlarge 3x, don't touch the faces", "model resample faces boxes-mask keep"),
        ("sharpen, leave the background and the faces alone", "sharpen matte keep faces boxes-mask keep"),
        ("enlarge 4x", "model"),
    ],
)  # fmt: skip
def test_words_become_a_mask_and_the_original_in_its_place(words: str, operations: str) -> None:
    workflow = workflow_for(words, HEADER, CARDS)
    assert " ".join(step.operation for step in workflow.steps) == operations
    check_workflow(workflow, cards=CARDS)
    assert all(bind(step, CARDS).status != "unbound" for step in workflow.steps)
    sizes = sizes_of(workflow, Size(600, 400), CARDS)
    keeps = [step for step in workflow.steps if step.operation == "keep"]
    for step in keeps:
        assert sizes[step.id] == sizes[step.takes["image"]]
        assert step.takes["original"] == workflow.inputs[0].name
        assert step.takes["image"] != step.takes["original"]
    assert bool(keeps) == (workflow.output == workflow.steps[-1].id == (keeps[-1].id if keeps else ""))


def test_the_background_is_what_the_subject_is_not() -> None:
    inverted = {
        words: workflow_for(f"enlarge 2x, leave the {words} alone", HEADER, CARDS).steps[-1].parameters
        for words in ("background", "subject")
    }
    assert inverted == {"background": {"inverted": True}, "subject": {}}


def test_a_plan_still_says_why_it_chains() -> None:
    plan = describe(workflow_for("enlarge 3x, don't touch the faces", HEADER, CARDS), HEADER, CARDS)
    assert any("no 3× model runs here" in note for note in plan.notes)


def test_what_leaves_no_place_to_keep_is_refused() -> None:
    turned = finish(apply("rotate", image=start(), angle=90), title="turn")
    with pytest.raises(InputError, match=r"'rotate' .* moves what the picture shows"):
        with_kept(turned, {"faces": SAID}, CARDS)
    edges = finish(apply("sharpen", image=start()), title="sharpen")
    with pytest.raises(InputError, match="the whole picture"):
        with_kept(edges, {"background": SAID, "subject": SAID}, CARDS)
    with pytest.raises(InputError, match="is no picture"):
        workflow_for("segment the thing at 320,200, leave the faces alone", HEADER, CARDS)
    with pytest.raises(UnboundError, match="no model that finds faces") as caught:
        with_kept(edges, {"faces": SAID}, {})
    assert "--keep MASK" in caught.value.hint


def changed(factor: float) -> Workflow:
    """Changes nearly every sample, then the size."""
    dark = apply("levels", image=start(), black=0.25, white=0.5)
    return finish(apply("resample", image=dark, factor=factor), title="change all")


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5, 2.0, 3.7])
@pytest.mark.parametrize(("bits", "alpha"), [(8, False), (16, False), (8, True)])
def test_protected_pixels_of_a_file_equal_plain_resampling(
    tmp_path: Path, factor: float, bits: int, alpha: bool
) -> None:
    import pyvips

    rng = np.random.default_rng(3)
    top = 2**bits
    samples = rng.integers(0, top, (40, 60, 4 if alpha else 3)).astype(np.uint16 if bits == 16 else np.uint8)
    image = pyvips.Image.new_from_array(samples)
    image.copy(interpretation="rgb16" if bits == 16 else "srgb").write_to_file(str(tmp_path / "photo.png"))
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 20:50] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    workflow = with_kept(changed(factor), {}, CARDS, mask=True)
    report = run_workflow(
        workflow,
        tmp_path / "photo.png",
        tmp_path / "out.png",
        cards=CARDS,
        others={MASK.name: tmp_path / "mask.png"},
    )
    photo, result = read_picture(tmp_path / "photo.png"), read_picture(tmp_path / "out.png")
    height, width = result.pixels.shape[:2]
    down = slice(int(10 * height / 40), -int(-30 * height // 40))
    across = slice(int(20 * width / 60), -int(-50 * width // 60))
    whole = photo.pixels
    if photo.alpha is not None:
        whole = np.concatenate([whole, photo.alpha[:, :, None]], axis=2)
    plain = resample(whole, width, height)
    assert np.array_equal(result.pixels[down, across], plain[down, across, :3])
    if alpha:
        assert result.alpha is not None
        assert np.array_equal(result.alpha[down, across], plain[down, across, 3])
    assert not np.array_equal(result.pixels[:2], plain[:2, :, :3])
    assert report.others[MASK.name].path.endswith("mask.png")
