"""Batches of several sizes: the published lists, the budget, and that every sample comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.training.sampler import Crop, Mode, Sampler, Shape, divisible, expected_compute, shapes

BASE = Shape(256, 256, 16)
FIVE = shapes(BASE, heights=(128, 384), widths=(128, 384))


def from_arguments(told: dict[str, int]) -> tuple[Shape, ...]:
    """`shapes` with the names and defaults that the published lists were made with."""
    base = Shape(told["crop_size_h"], told["crop_size_w"], told["batch_size_gpu0"])
    return shapes(
        base,
        heights=(told.get("min_crop_size_h", 160), told.get("max_crop_size_h", 320)),
        widths=(told.get("min_crop_size_w", 160), told.get("max_crop_size_w", 320)),
        scales=told.get("max_scales", 5),
        divisor=told.get("check_scale_div_factor", 32),
    )


def test_the_published_lists(shared_data: Path) -> None:
    cases = json.loads((shared_data / "facts" / "golden" / "sampler_golden.json").read_text(encoding="utf-8"))
    assert len(cases) >= 5
    for case in cases:
        assert [list(shape) for shape in from_arguments(case["args"])] == case["pairs"]


def test_lists_that_were_worked_out_by_hand() -> None:
    assert FIVE == ((128, 128, 64), (192, 192, 28), (256, 256, 16), (320, 320, 10), (384, 384, 7))
    base = Shape(224, 224, 128)
    six = shapes(base, heights=(160, 320), widths=(160, 320), divisor=32)
    assert six == (
        (160, 160, 250), (192, 192, 174), (224, 224, 128), (256, 256, 98), (288, 288, 77), (320, 320, 62),
    )  # fmt: skip
    # The wide axis has six sizes and the high one five: the widest is left out.
    oblong = shapes(Shape(256, 320, 64), heights=(128, 384), widths=(192, 512), divisor=32)
    assert oblong == ((128, 192, 213), (192, 288, 94), (256, 320, 64), (320, 352, 46), (384, 448, 30))


SIDES = st.integers(16, 700)
ENDS = st.tuples(SIDES, SIDES).map(lambda pair: (min(pair), max(pair)))


@given(
    height=SIDES, width=SIDES, batch=st.integers(1, 300), heights=ENDS, widths=ENDS,
    scales=st.integers(1, 12), divisor=st.sampled_from([1, 8, 16, 32]),
)  # fmt: skip
def test_laws_of_shapes(
    height: int,
    width: int,
    batch: int,
    heights: tuple[int, int],
    widths: tuple[int, int],
    scales: int,
    divisor: int,
) -> None:
    base = Shape(height, width, batch)
    found = shapes(base, heights=heights, widths=widths, scales=scales, divisor=divisor)
    assert found == tuple(sorted(set(found)))
    for shape in found:
        assert shape.height % divisor == shape.width % divisor == 0
        assert shape.batch >= 1
        # Never above the budget by more than the rounding to two places, and less than one crop below it.
        area = shape.height * shape.width
        assert shape.batch == 1 or shape.pixels <= base.pixels + 0.005 * area
        assert shape.pixels > base.pixels - area


@given(value=st.floats(1, 5000), divisor=st.integers(1, 64))
def test_divisible_is_near_and_divisible(value: float, divisor: int) -> None:
    found = divisible(value, divisor)
    assert found % divisor == 0
    assert found >= 0.9 * value
    assert found <= value + divisor


@given(
    samples=st.integers(1, 300), epoch=st.integers(0, 20), seed=st.integers(0, 5),
    mode=st.sampled_from(["fixed", "multi-scale", "variable-batch"]), curriculum=st.booleans(),
)  # fmt: skip
def test_every_sample_comes_and_the_same_again(
    samples: int, epoch: int, seed: int, mode: Mode, curriculum: bool
) -> None:
    def made() -> list[list[Crop]]:
        sampler = Sampler(samples, BASE, mode=mode, sizes=FIVE, curriculum=curriculum, epochs=10, seed=seed)
        return list(sampler.batches(epoch))

    batches = made()
    assert batches == made()
    assert {crop.sample for batch in batches for crop in batch} == set(range(samples))
    allowed = {"fixed": {16}, "multi-scale": {16}, "variable-batch": {shape.batch for shape in FIVE}}
    for batch in batches:
        assert len({(crop.height, crop.width) for crop in batch}) == 1
        assert len(batch) in allowed[mode]
        if mode == "variable-batch":
            assert Shape(batch[0].height, batch[0].width, len(batch)) in FIVE


def test_another_epoch_has_another_order() -> None:
    sampler = Sampler(64, BASE, seed=3)
    assert next(sampler.batches(0)) != next(sampler.batches(1))


def test_the_curriculum_grows_from_the_smallest_to_all() -> None:
    sampler = Sampler(9, BASE, mode="variable-batch", sizes=FIVE, curriculum=True, epochs=10)
    known = [len(sampler.sizes(epoch)) for epoch in range(10)]
    assert known == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert sampler.sizes(0) == FIVE[:1]
    assert sampler.sizes(99) == FIVE


def test_what_the_sizes_cost() -> None:
    fixed = Sampler(9, BASE, epochs=10)
    varied = Sampler(9, BASE, mode="variable-batch", sizes=FIVE, epochs=10)
    grown = Sampler(9, BASE, mode="variable-batch", sizes=FIVE, curriculum=True, epochs=10)
    assert fixed.expected_compute() == 1
    # Five batches of nearly the same pixels hold 64 + 28 + 16 + 10 + 7 = 125 crops instead of 80.
    assert varied.expected_compute() == pytest.approx(sum(each.pixels for each in FIVE) / 125 / 65536)
    assert grown.expected_compute() < varied.expected_compute() < 0.65
    # What is drawn costs what was expected: 300 epochs, every size often.
    drawn = [batch for epoch in range(300) for batch in Sampler(
        500, BASE, mode="variable-batch", sizes=FIVE).batches(epoch)]  # fmt: skip
    pixels = sum(crop.height * crop.width for batch in drawn for crop in batch)
    crops = sum(len(batch) for batch in drawn)
    assert pixels / crops / 65536 == pytest.approx(expected_compute(FIVE, BASE), rel=0.03)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Sampler(0, BASE), "no sample"),
        (lambda: Sampler(3, BASE, mode="multi-scale"), "needs sizes"),
        (lambda: shapes(BASE, heights=(300, 200), widths=(100, 200)), "must not be larger"),
        (lambda: shapes(BASE, heights=(0, 200), widths=(100, 200)), "at least 1"),
    ],
)
def test_what_cannot_be(call: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()  # type: ignore[operator]
