"""The network for drawn pictures does what its card says: clean lines out of a drawing spoiled by JPEG."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from whichmodel import weights
from whichmodel.pictures import bicubic
from whichmodel.runtimes.ncnn import load_net

Pixels = NDArray[np.uint8]
WIDTH, HEIGHT, FINER = 384, 288, 4


def drawing() -> Pixels:
    """A house, a face and grass in even colours with dark outlines, `(288, 384, 3)`, drawn finer and shrunk."""
    picture = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), (150, 200, 235))
    pen = ImageDraw.Draw(picture)

    def at(*places: int) -> list[int]:
        return [place * FINER for place in places]

    ink, thin, thick = (30, 20, 20), 2 * FINER, 3 * FINER
    pen.rectangle(at(0, 200, 384, 288), fill=(120, 170, 90), outline=(30, 30, 30), width=thick)
    pen.ellipse(at(280, 20, 350, 90), fill=(250, 220, 90), outline=(40, 30, 20), width=thin)
    pen.polygon(at(40, 200, 120, 90, 200, 200), fill=(170, 110, 90), outline=ink, width=thick)
    pen.rectangle(at(60, 200, 180, 260), fill=(230, 215, 190), outline=ink, width=thick)
    pen.rectangle(at(80, 215, 110, 240), fill=(110, 150, 190), outline=(20, 20, 30), width=thin)
    pen.line(at(95, 215, 95, 240), fill=(20, 20, 30), width=thin)
    pen.line(at(80, 227, 110, 227), fill=(20, 20, 30), width=thin)
    pen.ellipse(at(230, 130, 310, 210), fill=(250, 210, 180), outline=(20, 10, 10), width=thick)
    for left in (247, 278):
        pen.ellipse(at(left, 155, left + 15, 175), fill=(255, 255, 255), outline=(10, 10, 10), width=thin)
        pen.ellipse(at(left + 5, 161, left + 12, 171), fill=(40, 60, 120))
    pen.arc(at(252, 170, 290, 198), 20, 160, fill=(120, 30, 30), width=thin)
    for hair in range(9):
        pen.line(at(232 + hair * 9, 150 - hair % 3 * 6, 238 + hair * 8, 118), fill=(60, 30, 20), width=thin)
    for blade in range(12):
        left = 200 + blade * 14
        pen.line(at(left, 280, left + 6, 262 - blade % 2 * 6), fill=(40, 90, 40), width=thin)
    return np.asarray(picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """What JPEG makes of it."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def psnr(a: Pixels, b: Pixels) -> float:
    """Over all channels, in dB."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b.astype(float)) ** 2)))


@pytest.fixture
def enlarged(pulled_weights: Callable[[str], dict[str, Path]]) -> Callable[[str, Pixels], Pixels]:
    """Enlarges a picture with the weights of an id."""

    def run(id: str, small: Pixels) -> Pixels:
        record, files = weights.record(id), pulled_weights(id)
        net = load_net(files["param"], files["bin"], record.input_blob, record.output_blob)
        large = net.infer(small.transpose(2, 0, 1).astype(np.float32) / 255).transpose(1, 2, 0)
        return np.clip(np.rint(large * 255), 0, 255).astype(np.uint8)

    return run


def test_a_spoiled_drawing_comes_out_cleaner_than_by_other_ways(
    enlarged: Callable[[str, Pixels], Pixels],
) -> None:
    true = drawing()
    spoiled = as_jpeg(bicubic(true, WIDTH // 4, HEIGHT // 4), 50)
    result = psnr(enlarged("realesr-animevideo-x4", spoiled), true)
    assert result > 22.4  # measured: 22.9, bicubic 20.7, SPAN 20.8
    assert result > psnr(bicubic(spoiled, WIDTH, HEIGHT), true) + 1.5
    assert result > psnr(enlarged("span-x4-ch48", spoiled), true) + 1.5


def test_a_clean_drawing_is_better_with_what_the_record_names(
    enlarged: Callable[[str, Pixels], Pixels],
) -> None:
    true = drawing()
    small = bicubic(true, WIDTH // 4, HEIGHT // 4)
    result = psnr(enlarged("realesr-animevideo-x4", small), true)
    assert result > psnr(bicubic(small, WIDTH, HEIGHT), true) + 1.5  # measured: 24.7 against 22.1
    assert psnr(enlarged("span-x4-ch48", small), true) > result + 5  # measured: 31.9
    assert weights.record("realesr-animevideo-x4").outdone_by == "SPAN-4x"
