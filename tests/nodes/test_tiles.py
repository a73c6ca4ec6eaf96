"""Tiling is geometry: every output pixel exactly once, halo as promised, rows and columns never mixed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whichmodel.nodes.tiles import grid, tiles

SIDES = st.integers(1, 220)


@given(SIDES, SIDES, st.integers(1, 250), st.integers(0, 40), st.integers(1, 4))
@example(1, 1, 1, 0, 1)
@example(1, 1, 256, 33, 4)
@example(2000, 37, 16, 21, 2)
@example(37, 2000, 16, 21, 2)
@example(7, 1, 3, 33, 4)
def test_every_output_pixel_is_written_once_from_its_own_place(
    width: int, height: int, size: int, halo: int, scale: int
) -> None:
    # A stand-in network that enlarges by repetition: the result tells where each pixel came from.
    picture = np.arange(width * height).reshape(height, width)
    out = np.full((height * scale, width * scale), -1)
    written = np.zeros(out.shape, np.uint8)
    count = 0
    for tile in tiles(width, height, size=size, halo=halo):
        enlarged = picture[tile.source.slices].repeat(scale, 0).repeat(scale, 1)
        target = tile.core.times(scale).slices
        out[target] = enlarged[tile.kept(scale).slices]
        written[target] += 1
        count += 1
        assert max(tile.core.width, tile.core.height) <= size
        assert (tile.source.left, tile.source.right) == (
            max(0, tile.core.left - halo),
            min(width, tile.core.right + halo),
        )
        assert (tile.source.top, tile.source.bottom) == (
            max(0, tile.core.top - halo),
            min(height, tile.core.bottom + halo),
        )
    assert (written == 1).all()
    assert (out == picture.repeat(scale, 0).repeat(scale, 1)).all()
    columns, rows = grid(width, height, size)
    assert count == columns * rows
    assert (columns, rows) == (-(-width // size), -(-height // size))


def test_tiles_of_one_row_share_their_top_and_count_columns() -> None:
    found = list(tiles(300, 100, size=100, halo=10))
    assert [(tile.column, tile.row) for tile in found] == [(0, 0), (1, 0), (2, 0)]
    assert str(found[1]) == "tile column 1, row 0 (input x 100..200, y 0..100)"


@pytest.mark.parametrize(
    ("width", "height", "size", "halo"), [(0, 1, 1, 0), (1, 0, 1, 0), (1, 1, 0, 0), (1, 1, 1, -1)]
)
def test_nonsense_is_refused(width: int, height: int, size: int, halo: int) -> None:
    with pytest.raises(ValueError):
        list(tiles(width, height, size=size, halo=halo))
