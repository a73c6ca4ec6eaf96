"""Merges, masks and sharpening: equal to plain formulas, whatever the kinds and however the work is cut."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, Port, Step
from whichmodel.nodes.operation import Context, Size, Unit
from whichmodel.nodes.registry import OPERATIONS, operation_of, wrong_ports
from whichmodel.pictures import Picture, bicubic, read_picture
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Kind, Raster, store

KINDS = st.builds(Kind, st.sampled_from([1, 3]), st.sampled_from([8, 16]), st.booleans())


def step(operation: str, takes: Mapping[str, str], **parameters: Any) -> Step:
    gives = Port(name="result", type=OPERATIONS[operation].gives)
    return Step(
        id="merge", title="", operation=operation, takes=dict(takes), gives=gives, parameters=parameters
    )


def picture(kind: Kind, width: int, height: int, seed: int) -> Picture:
    """Noise with many of the extreme values."""
    rng = np.random.default_rng(seed)
    samples = rng.integers(-kind.top // 4, kind.top + kind.top // 4, (height, width, kind.samples))
    clipped = np.clip(samples, 0, kind.top).astype(kind.dtype)
    return Picture(
        np.ascontiguousarray(clipped[:, :, : kind.bands]),
        np.ascontiguousarray(clipped[:, :, -1]) if kind.alpha else None,
    )


def done(what: Step, pictures: Mapping[str, Picture], cuts: list[float]) -> tuple[Picture, Context]:
    """The step's result, made in the pieces that random cuts give."""
    operation = operation_of(what)
    assert wrong_ports(what) == ""
    with TemporaryDirectory() as folder:
        inputs = {port: store(item, Path(folder) / port) for port, item in pictures.items()}
        sizes = {port: Size(raster.width, raster.height) for port, raster in inputs.items()}
        size = operation.output_size(what, sizes, {})
        assert size is not None
        kind = operation.output_kind(what, {port: raster.kind for port, raster in inputs.items()})
        context = Context(cards={}, weights={}.__getitem__, size=size, kind=kind)
        context = replace(context, state=operation.prepare(what, inputs, context))
        result = Raster.create(Path(folder) / "result", size.width, size.height, kind)
        for box in boxes(size, cuts):
            given_samples = operation.compute(what, Unit(box, "part"), inputs, context)
            parts = [given_samples.colour]
            assert (given_samples.alpha is not None) == kind.alpha
            if given_samples.alpha is not None:
                parts.append(given_samples.alpha[:, :, None])
            result.write(box, np.ascontiguousarray(np.concatenate(parts, axis=2)))
        for raster in (*inputs.values(), result):
            raster.close()
        return result.to_picture(), context


def boxes(size: Size, cuts: list[float]) -> list[Box]:
    """A picture cut in a grid, at shares of its sides."""
    rows = sorted({0, size.height, *(round(cut * size.height) for cut in cuts)})
    columns = sorted({0, size.width, *(round(cut * size.width) for cut in cuts[:2])})
    return [
        Box(left, top, right, bottom)
        for top, bottom in itertools.pairwise(rows)
        for left, right in itertools.pairwise(columns)
    ]


def floats(item: Picture, kind: Kind) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Colour and alpha as shares 0..1, in as many bands as `kind` has."""
    top = np.iinfo(item.pixels.dtype).max
    colour = np.repeat(item.pixels / top, kind.bands // item.pixels.shape[2], axis=2)
    return colour, None if item.alpha is None else item.alpha / top


CUTS = st.lists(st.floats(0, 1), max_size=5)
SIDES = st.integers(1, 40)


class TestMixing:
    """`composite` and `blend` against the formulas in 64 bits."""

    @settings(max_examples=120)
    @given(KINDS, KINDS, st.sampled_from([8, 16]), SIDES, SIDES, CUTS, st.integers(0, 2**32))
    def test_a_mask_says_how_much_is_foreground(
        self, one: Kind, other: Kind, bits: int, width: int, height: int, cuts: list[float], seed: int
    ) -> None:
        given_pictures = {
            "foreground": picture(one, width, height, seed),
            "background": picture(other, width, height, seed + 1),
            "mask": picture(Kind(1, bits), width, height, seed + 2),
        }
        found, context = done(
            step("composite", {name: name for name in given_pictures}), given_pictures, cuts
        )
        share = given_pictures["mask"].pixels[:, :, 0] / ((1 << bits) - 1)
        expect(found, context.kind, self.mix(given_pictures, "foreground", "background", share, context.kind))
        assert context.kind == Kind(
            max(one.bands, other.bands), max(one.bits, other.bits), one.alpha or other.alpha
        )

    @settings(max_examples=120)
    @given(KINDS, KINDS, st.floats(0, 1), SIDES, SIDES, CUTS, st.integers(0, 2**32))
    def test_a_weight_says_how_much_is_the_second(
        self, one: Kind, other: Kind, weight: float, width: int, height: int, cuts: list[float], seed: int
    ) -> None:
        given_pictures = {
            "first": picture(one, width, height, seed),
            "second": picture(other, width, height, seed + 1),
        }
        what = step("blend", {name: name for name in given_pictures}, weight=weight)
        found, context = done(what, given_pictures, cuts)
        share = np.full((height, width), weight)
        expect(found, context.kind, self.mix(given_pictures, "second", "first", share, context.kind))

    @settings(max_examples=60)
    @given(KINDS.filter(lambda kind: kind.alpha), KINDS, SIDES, SIDES, CUTS, st.integers(0, 2**32))
    def test_without_a_mask_the_foreground_covers_by_its_own_transparency(
        self, one: Kind, other: Kind, width: int, height: int, cuts: list[float], seed: int
    ) -> None:
        front, back = picture(one, width, height, seed), picture(other, width, height, seed + 1)
        given_pictures = {"foreground": front, "background": back}
        found, context = done(
            step("composite", {name: name for name in given_pictures}), given_pictures, cuts
        )
        colour, alpha = floats(front, context.kind)
        below, below_alpha = floats(back, context.kind)
        assert alpha is not None
        # Porter and Duff: over.
        beneath = (1 - alpha) * (1 if below_alpha is None else below_alpha)
        whole = alpha + beneath
        with np.errstate(invalid="ignore"):
            over = (alpha[:, :, None] * colour + beneath[:, :, None] * below) / whole[:, :, None]
        over = np.where(whole[:, :, None] > 0, over, below)
        expect(found, context.kind, (over, whole if context.kind.alpha else None))

    @settings(max_examples=60)
    @given(KINDS, SIDES, SIDES, CUTS, st.integers(0, 2**32))
    def test_a_mask_alone_cuts_out(
        self, kind: Kind, width: int, height: int, cuts: list[float], seed: int
    ) -> None:
        front, mask = picture(kind, width, height, seed), picture(Kind(1, 8), width, height, seed + 1)
        found, _ = done(
            step("composite", {"foreground": "photo", "mask": "mask"}),
            {"foreground": front, "mask": mask},
            cuts,
        )
        assert np.array_equal(found.pixels, front.pixels)
        own = 1 if front.alpha is None else front.alpha / kind.top
        assert found.alpha is not None
        assert np.abs(found.alpha - mask.pixels[:, :, 0] / 255 * own * kind.top).max() <= 0.51

    @staticmethod
    def mix(
        pictures: Mapping[str, Picture], one: str, other: str, share: NDArray[np.float64], kind: Kind
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        (a, a_alpha), (b, b_alpha) = floats(pictures[one], kind), floats(pictures[other], kind)
        left = share * (1 if a_alpha is None else a_alpha)
        right = (1 - share) * (1 if b_alpha is None else b_alpha)
        whole = left + right
        with np.errstate(invalid="ignore"):
            colour = (left[:, :, None] * a + right[:, :, None] * b) / whole[:, :, None]
        return np.where(whole[:, :, None] > 0, colour, b), whole if kind.alpha else None


def expect(found: Picture, kind: Kind, due: tuple[NDArray[np.float64], NDArray[np.float64] | None]) -> None:
    """Within rounding of what is due; 16 bits are computed with 24 bits of precision."""
    slack = 0.501 if kind.bits == 8 else 0.56
    assert found.pixels.dtype == kind.dtype
    assert found.pixels.shape == due[0].shape
    if due[1] is not None:
        assert found.alpha is not None
        assert np.abs(found.alpha - due[1] * kind.top).max() <= slack
        # Where next to nothing is visible, rounding of the weights shows in a colour that does not.
        visible = due[1] > 1e-3
        assert np.abs(found.pixels - due[0] * kind.top)[visible].max(initial=0) <= slack
    else:
        assert np.abs(found.pixels - due[0] * kind.top).max() <= slack


def test_a_whole_or_empty_mask_gives_the_very_pictures() -> None:
    kind = Kind(3, 16, alpha=True)
    front, back = picture(kind, 30, 20, 1), picture(kind, 30, 20, 2)
    back.alpha[:] = np.maximum(back.alpha, 1)  # type: ignore[index, type-var]
    front.alpha[:] = np.maximum(front.alpha, 1)  # type: ignore[index, type-var]
    for value, due in ((0, back), (255, front)):
        mask = Picture(np.full((20, 30, 1), value, np.uint8))
        given_pictures = {"foreground": front, "background": back, "mask": mask}
        found, _ = done(step("composite", {name: name for name in given_pictures}), given_pictures, [])
        assert np.array_equal(found.pixels, due.pixels)
        assert np.array_equal(found.alpha, due.alpha)  # type: ignore[arg-type]


class TestSharpness:
    """The blur effect, and the choice by it."""

    @pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
    def test_more_blur_measures_more(self, name: str, photos: dict[str, Path], tmp_path: Path) -> None:
        from scipy.ndimage import gaussian_filter

        from whichmodel.nodes.sharpness import blur_effect

        pixels = read_picture(photos[name]).pixels
        found = []
        for number, sigma in enumerate((0, 0.7, 1.5, 3, 6)):
            blurred = gaussian_filter(pixels, (sigma, sigma, 0)) if sigma else pixels
            found.append(blur_effect(store(Picture(np.ascontiguousarray(blurred)), tmp_path / str(number))))
        assert found == sorted(found)
        assert all(later - earlier > 0.02 for earlier, later in itertools.pairwise(found))

    def test_it_is_the_published_measure(self, photo: Path, tmp_path: Path) -> None:
        """Against the definition written out, with the means computed."""
        from scipy.ndimage import uniform_filter1d

        from whichmodel.nodes.mask import LUMA
        from whichmodel.nodes.sharpness import blur_effect

        pixels = read_picture(photo).pixels
        light = (pixels / 255.0) @ LUMA.astype(np.float64)
        effects = []
        for axis in (0, 1):
            sharp = np.abs(np.diff(light, axis=axis))
            mean = np.abs(np.diff(uniform_filter1d(light, 9, axis=axis), axis=axis))
            inner = [slice(None), slice(None)]
            inner[axis] = slice(4, -4)
            sharp, mean = sharp[tuple(inner)], mean[tuple(inner)]
            effects.append(1 - np.maximum(0, sharp - mean).sum() / sharp.sum())
        found = blur_effect(store(Picture(pixels), tmp_path / "r"))
        assert found == pytest.approx(max(effects), abs=1e-5)

    @settings(max_examples=40)
    @given(KINDS, st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32))
    def test_it_is_a_share_for_any_picture(self, kind: Kind, width: int, height: int, seed: int) -> None:
        from whichmodel.nodes.sharpness import blur_effect

        with TemporaryDirectory() as folder:
            raster = store(picture(kind, width, height, seed), Path(folder) / "r")
            assert 0 <= blur_effect(raster) <= 1
            raster.close()

    def test_the_sharpest_is_taken_and_told(self, photo: Path) -> None:
        sharp = read_picture(photo).pixels
        small = bicubic(sharp, 150, 100)
        pictures = {
            "first": Picture(bicubic(small, 600, 400)),
            "second": Picture(sharp, np.full(sharp.shape[:2], 7, np.uint8)),
            "third": Picture(bicubic(small, 600, 400)),
        }
        what = step("pick-best", {"first": "plain", "second": "photo", "third": "again"})
        found, context = done(what, pictures, [0.3, 0.6])
        assert np.array_equal(found.pixels, sharp)
        assert found.alpha is not None
        assert set(found.alpha.flat) == {7}
        told = OPERATIONS["pick-best"].notes(what, {}, 6, context.state)
        assert "took 'photo' (port 'second')" in told[0]
        assert context.state["blur"]["first"] == context.state["blur"]["third"]

    def test_of_equals_the_first_is_taken_and_an_opaque_choice_stays_opaque(self, photo: Path) -> None:
        sharp = read_picture(photo).pixels[:60, :50]
        pictures = {
            "first": Picture(np.ascontiguousarray(sharp[:, :, :1])),
            "second": Picture(
                np.ascontiguousarray(sharp[:, :, :1].astype(np.uint16) * 257),
                np.full((60, 50), 65535, np.uint16),
            ),
        }
        found, context = done(step("pick-best", {"first": "a", "second": "b"}), pictures, [0.5])
        assert context.state["best"] == "first"
        assert context.kind == Kind(1, 16, alpha=True)
        assert np.array_equal(found.pixels, pictures["second"].pixels)
        assert found.alpha is not None
        assert set(found.alpha.flat) == {65535}


class TestSharpenAndMask:
    """Operations on one picture that merges live on."""

    @settings(max_examples=40)
    @given(KINDS, st.integers(1, 90), st.integers(1, 90), CUTS, st.floats(0.3, 10), st.integers(0, 2**32))
    def test_parts_are_those_of_the_whole(
        self, kind: Kind, width: int, height: int, cuts: list[float], radius: float, seed: int
    ) -> None:
        given_picture = picture(kind, width, height, seed)
        what = step("sharpen", {"image": "photo"}, radius=radius, amount=2)
        whole, _ = done(what, {"image": given_picture}, [])
        parts, _ = done(what, {"image": given_picture}, cuts)
        assert np.array_equal(whole.pixels, parts.pixels)
        assert whole.alpha is None or np.array_equal(whole.alpha, given_picture.alpha)  # type: ignore[arg-type]

    @pytest.mark.parametrize("bits", [8, 16])
    @pytest.mark.parametrize("bands", [1, 3])
    def test_edges_get_steeper_and_flat_parts_stay(self, bits: int, bands: int) -> None:
        kind = Kind(bands, bits)
        ramp = np.clip(np.linspace(-1, 2, 60), 0.3, 0.6)[None, :, None] * kind.top
        before = np.rint(np.broadcast_to(ramp, (40, 60, bands))).astype(kind.dtype)
        what = step("sharpen", {"image": "photo"}, radius=2, amount=2)
        after, _ = done(what, {"image": Picture(np.ascontiguousarray(before))}, [0.4])
        change = np.abs(after.pixels.astype(int) - before)
        assert change[:, :10].max() <= (0 if bits == 8 else 43)
        assert after.pixels.max() > before.max() + 0.01 * kind.top
        assert after.pixels.min() < before.min() - 0.01 * kind.top

    def test_masks(self) -> None:
        given_picture = picture(Kind(3, 8, alpha=True), 30, 20, 3)
        found, context = done(step("mask", {"image": "photo"}), {"image": given_picture}, [0.5])
        assert context.kind == Kind(1, 8)
        assert np.array_equal(found.pixels[:, :, 0], given_picture.alpha)  # type: ignore[arg-type]
        found, _ = done(
            step("mask", {"image": "photo"}, of="lightness", inverted=True), {"image": given_picture}, []
        )
        due = 255 - given_picture.pixels @ np.array([0.2126, 0.7152, 0.0722])
        assert np.abs(found.pixels[:, :, 0] - due).max() <= 0.51


class TestRefusals:
    """What is wrong is told before anything runs, with the step."""

    @pytest.mark.parametrize(
        ("operation", "takes", "parameters", "said"),
        [
            ("composite", ["foreground"], {}, "'background' and 'mask'"),
            ("composite", ["foreground", "mask"], {"alpha": 1}, "no parameter 'alpha'"),
            ("blend", ["first", "second"], {"weight": 1.5}, "'weight'"),
            ("blend", ["first", "second"], {"weight": float("nan")}, "'weight'"),
            ("blend", ["first", "second"], {"weight": True}, "'weight'"),
            ("blend", ["first", "second"], {"weight": "half"}, "'weight'"),
            ("sharpen", ["image"], {"radius": 0.1}, "'radius'"),
            ("sharpen", ["image"], {"radius": float("inf")}, "'radius'"),
            ("sharpen", ["image"], {"amount": 0}, "'amount'"),
            ("sharpen", ["image"], {"amount": 5.1}, "'amount'"),
            ("mask", ["image"], {"of": "sky"}, "'sky'"),
            ("mask", ["image"], {"inverted": 1}, "'inverted'"),
            ("pick-best", ["first", "second"], {"by": "size"}, "no parameter 'by'"),
        ],
    )
    def test_parameters(
        self, operation: str, takes: list[str], parameters: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(InputError, match=said) as caught:
            operation_of(step(operation, dict.fromkeys(takes, "photo"), **parameters))
        assert "'merge'" in caught.value.message

    @pytest.mark.parametrize("operation", ["composite", "blend", "pick-best"])
    def test_sizes(self, operation: str) -> None:
        ports = {"composite": ["foreground", "background"]}.get(operation, ["first", "second"])
        what = step(operation, dict.fromkeys(ports, "photo"))
        sizes = {ports[0]: Size(600, 400), ports[1]: Size(601, 400)}
        with pytest.raises(
            InputError, match=f"'merge'.*'{ports[0]}'.*600 × 400.*'{ports[1]}'.*601"
        ) as caught:
            operation_of(what).output_size(what, sizes, {})
        assert "size_of" in caught.value.hint
        assert operation_of(what).output_size(what, {ports[0]: Size(600, 400)}, {}) is None

    def test_a_foreground_that_would_hide_everything(self) -> None:
        what = step("composite", {"foreground": "a", "background": "b"})
        with pytest.raises(InputError, match="no transparency"):
            operation_of(what).output_kind(what, {"foreground": Kind(3, 8), "background": Kind(3, 8)})

    def test_a_mask_of_what_is_not_there(self) -> None:
        what = step("mask", {"image": "a"})
        with pytest.raises(InputError, match="no transparency"):
            operation_of(what).output_kind(what, {"image": Kind(3, 8)})

    def test_ports(self) -> None:
        assert "mask" in wrong_ports(step("composite", {"foreground": "a", "background": "b", "matte": "c"}))
        assert "'second'" in wrong_ports(step("blend", {"first": "a"}))
        assert OPERATIONS["mask"].gives == DataType.MASK
