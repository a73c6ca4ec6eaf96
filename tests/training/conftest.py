"""Tests of training need PyTorch, except those of the sampler, the blur and the pairs."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from whichmodel.pictures import Picture, write_picture


@pytest.fixture
def pytorch() -> Iterator[None]:
    """Skips where the extra that brings PyTorch is not installed; one thread, so that tests share the processor."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("needs the extra convert")
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def smooth_photo(seed: int, height: int, width: int) -> np.ndarray:
    """A picture of soft colours and hard edges, `(h, w, 3)` uint8."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    phase = random.uniform(0, 6, 3)
    soft = np.stack(
        [np.sin(rows / 9 + phase[0]), np.cos(columns / 7 + phase[1]), np.sin((rows + columns) / 13)], -1
    )
    hard = ((rows // 11 + columns // 17) % 2)[:, :, None] * random.uniform(-60, 60, 3)
    return np.clip(128 + 50 * soft + hard, 0, 255).astype(np.uint8)


@pytest.fixture
def sharp_photos(tmp_path: Path) -> Path:
    """A folder of six small sharp photographs, one of them grey and one in a folder below."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for number in range(5):
        pixels = smooth_photo(number, 70, 90)
        write_picture(Picture(pixels[:, :, :1].copy() if number == 3 else pixels), folder / f"{number}.png")
    write_picture(Picture(smooth_photo(9, 40, 30)), folder / "more" / "small.png")
    (folder / "notes.txt").write_text("not a picture", encoding="utf-8")
    return folder
