"""Masks from networks that see the whole picture: `matte`, `subject-mask`, `segment`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from onnx import helper

from whichmodel.catalog import cards
from whichmodel.domain import InputError
from whichmodel.nodes.matte import matte_size
from whichmodel.nodes.operation import Size
from whichmodel.nodes.segment import SPECK, prompt_of, without_specks
from whichmodel.nodes.subject import stretched
from whichmodel.pictures import Picture, read_picture, resample
from whichmodel.workflow import run_picture
from whichmodel.workflow.steps import INPUT, model_step, workflow_of

FREE = [1, 3, "h", "w"]


@pytest.fixture
def lightness(small: ModuleType, tmp_path: Path) -> dict[str, Path]:
    """A network whose matte is the mean of the channels, which come in at -1..1."""
    mean = helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1], keepdims=1)
    half = helper.make_node("Mul", ["mean", "half"], ["halved"])
    add = helper.make_node("Add", ["halved", "half"], ["output"])
    path = small.save(
        tmp_path / "matte.onnx",
        [mean, half, add],
        {"input": ("float", FREE)},
        {"output": ("float", [1, 1, "h", "w"])},
        {"half": np.full((1,), 0.5, np.float32)},
    )
    return {"model": path}


@pytest.fixture
def sam(small: ModuleType, tmp_path: Path) -> dict[str, Path]:
    """An encoder that shrinks the colours, and a decoder that gives them as three outlines, green the best."""
    pool = helper.make_node("AveragePool", ["image"], ["image_embed"], kernel_shape=[4, 4], strides=[4, 4])
    encoder = small.save(
        tmp_path / "encoder.onnx",
        [pool],
        {"image": ("float", [1, 3, 1024, 1024])},
        {"image_embed": ("float", [1, 3, 256, 256])},
        {},
    )
    decoder = small.save(
        tmp_path / "decoder.onnx",
        [
            helper.make_node("Identity", ["image_embed"], ["masks"]),
            helper.make_node("Identity", ["sure"], ["iou_predictions"]),
        ],
        {
            "image_embed": ("float", [1, 3, 256, 256]),
            "point_coords": ("float", ["n", "m", 2]),
            "point_labels": ("float", ["n", "m"]),
            "mask_input": ("float", [1, 1, 256, 256]),
            "has_mask_input": ("float", [1]),
        },
        {"masks": ("float", [1, 3, 256, 256]), "iou_predictions": ("float", [1, 3])},
        {"sure": np.array([[0.2, 0.9, 0.5]], np.float32)},
    )
    return {"encoder": encoder, "decoder": decoder}


@pytest.mark.parametrize(("width", "height"), [(90, 64), (600, 400), (1300, 40)])
def test_a_matte_has_the_size_of_the_picture(
    width: int, height: int, small: ModuleType, lightness: dict[str, Path], tmp_path: Path
) -> None:
    across = np.linspace(20, 230, width)[None, :, None] + np.linspace(-15, 15, height)[:, None, None]
    picture = np.repeat(across, 3, axis=2).astype(np.uint8)
    step = model_step(cards()["MODNet"], INPUT.name, id="m")
    inputs = small.rasters(tmp_path, {"image": picture})
    mask, _ = small.run(step, inputs, small.context_with(lightness))
    assert (mask.shape, mask.dtype) == ((height, width, 1), np.uint8)
    assert np.abs(mask[:, :, 0].astype(int) - picture[:, :, 0]).max() <= 4


def test_a_matte_does_not_depend_on_the_bands(
    small: ModuleType, lightness: dict[str, Path], tmp_path: Path, photo: Path
) -> None:
    step = model_step(cards()["MODNet"], INPUT.name, id="m")
    inputs = small.rasters(tmp_path, {"image": read_picture(photo).pixels})
    context = small.context_with(lightness)
    whole = small.run(step, inputs, context)[0]
    for rows in (1, 37, 256):
        assert np.array_equal(small.run(step, inputs, context, rows=rows)[0], whole)


def test_grey_of_16_bits_gives_a_mask_of_16_bits(
    small: ModuleType, lightness: dict[str, Path], tmp_path: Path
) -> None:
    picture = np.full((50, 70, 1), 40_000, np.uint16)
    step = model_step(cards()["MODNet"], INPUT.name, id="m")
    inputs = small.rasters(tmp_path, {"image": picture})
    mask, _ = small.run(step, inputs, small.context_with(lightness))
    assert mask.dtype == np.uint16
    assert np.abs(mask.astype(int) - 40_000).max() <= 1


def test_large_pictures_are_streamed_and_give_the_same(
    small: ModuleType,
    lightness: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    photo: Path,
) -> None:
    from whichmodel.nodes import whole

    pixels = resample(read_picture(photo).pixels, 1500, 1000)
    raster = small.rasters(tmp_path, {"image": pixels})["image"]
    at_once = whole.reduced(raster, Size(320, 320))
    monkeypatch.setattr(whole, "_SMALL", 1000)
    streamed = whole.reduced(raster, Size(320, 320))
    assert np.abs(at_once - streamed).max() < 0.005


def test_sizes_of_the_reduced_picture() -> None:
    assert matte_size(Size(6000, 4000)) == Size(768, 512)
    assert matte_size(Size(300, 300)) == Size(512, 512)
    assert matte_size(Size(30_000, 100)) == Size(2048, 32)


def test_saliency_is_stretched_unless_nothing_stands_out() -> None:
    found = stretched(np.array([[0.1, 0.5], [0.3, 0.2]], np.float32))
    assert (found.min(), found.max()) == (0, 1)
    assert not stretched(np.full((4, 4), 0.02, np.float32)).any()
    assert not stretched(np.full((4, 4), 0.9, np.float32)).any()


@pytest.mark.parametrize(("width", "height"), [(600, 400), (300, 700)])
def test_an_outline_lies_where_the_thing_is(
    width: int, height: int, small: ModuleType, sam: dict[str, Path], tmp_path: Path
) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[100:220, 150:280, 1] = 255
    step = model_step(cards()["SAM2-tiny"], INPUT.name, id="s", given={"point": "200,150"})
    inputs = small.rasters(tmp_path, {"image": picture})
    mask, state = small.run(step, inputs, small.context_with(sam), rows=50)
    inside = mask[:, :, 0] > 127
    due = picture[:, :, 1] > 0
    assert (inside & due).sum() / (inside | due).sum() > 0.97
    assert set(np.unique(mask[100:220, 160:270])) <= set(range(256))
    assert state == {"empty": False}


def test_specks_and_pin_holes_go() -> None:
    logits = np.full((256, 256), -3, np.float32)
    logits[50:150, 50:150] = 4
    logits[90:93, 90:93] = -5  # a hole
    logits[200:204, 200:204] = 5  # a speck
    found = without_specks(logits) > 0
    assert found[50:150, 50:150].all()
    assert found.sum() == 100 * 100
    assert SPECK > 16


@pytest.mark.parametrize(
    ("parameters", "labels"),
    [
        ({"point": "10,20"}, (1,)),
        ({"point": "10,20; -5.5, 6"}, (1, 0)),
        ({"box": "1,2,3,4"}, (2, 3)),
        ({"box": "1,2,3,4", "point": "-2,3"}, (2, 3, 0)),
    ],
)
def test_what_is_pointed_at(parameters: dict[str, str], labels: tuple[int, ...]) -> None:
    step = model_step(cards()["SAM2-tiny"], INPUT.name, id="s", given=parameters)
    assert prompt_of(step).labels == labels


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"point": "-1,2"},
        {"point": "1"},
        {"point": "1,2;"},
        {"box": "3,2,1,4"},
        {"box": "1,2,3"},
        {"point": ";".join(["1,2"] * 17)},
    ],
)
def test_pointing_at_nothing_is_refused(parameters: dict[str, str]) -> None:
    step = model_step(cards()["SAM2-tiny"], INPUT.name, id="s", given=parameters)
    with pytest.raises(InputError, match="step 's'"):
        prompt_of(step)


# --- on the real weights -------------------------------------------------------------------------


def coffee_by_hand() -> np.ndarray:
    """Cup, saucer and spoon of the picture `coffee`, outlined by hand with three ellipses: `(400, 600)`."""
    y, x = np.mgrid[:400, :600]
    saucer = ((x - 279) / 202) ** 2 + ((y - 225) / 163) ** 2 < 1
    rim = ((x - 288) / 116) ** 2 + ((y - 92) / 75) ** 2 < 1
    spoon = ((x - 415) / 12) ** 2 + ((y - 98) / 32) ** 2 < 1
    return saucer | rim | spoon


def astronaut_by_hand() -> np.ndarray:
    """Head, suit and helmet of the picture `astronaut`, outlined by hand: `(512, 512)`."""
    y, x = np.mgrid[:512, :512]
    head = ((x - 226) / 75) ** 2 + ((y - 78) / 64) ** 2 < 1
    helmet = ((x - 393) / 116) ** 2 + ((y - 443) / 100) ** 2 < 1
    neck = (x > 180) & (x < 255) & (y > 100) & (y < 200)
    ring = ((x - 207) / 96) ** 2 + ((y - 222) / 74) ** 2 < 1
    body = ((x - 190) / 175) ** 2 + ((y - 420) / 200) ** 2 < 1
    return head | helmet | neck | ring | body


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "name", "given", "least"),
    [
        ("U2-Net-p", "coffee", {}, 0.95),
        ("MODNet", "astronaut", {}, 0.91),
        ("SAM2-tiny", "coffee", {"box": "74,14,482,390"}, 0.78),
    ],
)
def test_real_networks_agree_with_outlines_by_hand(
    model: str,
    name: str,
    given: dict[str, str],
    least: float,
    photos: dict[str, Path],
    pulled_weights: Callable[[str], dict[str, Path]],
) -> None:
    card = cards()[model]
    pulled_weights(card.weights or "")
    step = model_step(card, INPUT.name, id="m", given=given)
    picture = Picture(read_picture(photos[name]).pixels)
    mask = run_picture(workflow_of("mask", (step,)), picture, cards=cards())[0].pixels[:, :, 0] > 127
    hand = {"coffee": coffee_by_hand, "astronaut": astronaut_by_hand}[name]()
    agreement = (mask & hand).sum() / (mask | hand).sum()
    assert agreement > least, agreement
