"""The forward model `y = S(h * x) + n` of a pair of pictures: which blur h agrees best, and how much noise.

Elad and Feuer 1997, equation 1; see `pictures.reduction`. The blur is one of a few that programs and cameras
use, chosen by the least squared difference of reduced AFTER and BEFORE in three bands of rows, the largest tenth
of the differences left out, so that what was painted over has no say. It is a choice in AFTER's favour: of two
blurs the one is taken under which AFTER contradicts BEFORE less.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError, Record
from whichmodel.examining.disagreement import Tone, disagreement, fitted_tones
from whichmodel.examining.local import strength
from whichmodel.examining.overlay import Overlay
from whichmodel.examining.rows import Rows
from whichmodel.pictures import Box, Picture, Viewed
from whichmodel.pictures.bridge import from_vips
from whichmodel.pictures.noise import noise_level
from whichmodel.pictures.raster import store
from whichmodel.pictures.reduction import KERNELS

Floats = NDArray[np.float32]
Seen = tuple[Floats, Floats, Floats, NDArray[np.bool_]]

_BANDS, _ROWS, _COLUMNS = 3, 48, 1024
"""Bands of BEFORE that are looked at, their rows, and pixels of AFTER across at most."""
_KEPT = 0.9
_CLEAR = 0.98
"""Another blur than cubic is taken only where its error is below this share of cubic's."""


class ForwardModel(Record, frozen=True, kw_only=True):
    """What BEFORE is taken to be, as a reduction of AFTER.

    Args:
        kernel: the blur, a name in `pictures.reduction.KERNELS`; widths count in pixels of BEFORE.
        kernel_chosen: whether it was chosen by best agreement, not given.
        noise: standard deviation of the noise in BEFORE, 0..255.
        noise_estimated: whether that was estimated (`pictures.noise`),
            not given.
        tones: how the tones of AFTER drift from BEFORE's everywhere, by channel.
        usual_local, usual_structure, usual_mean: medians of the measures of `disagreement`: how closely this
            result follows its input in general.
        usual_free: median strength of what BEFORE does not determine, in units of BEFORE's detail.
    """

    kernel: str
    kernel_chosen: bool
    noise: float
    noise_estimated: bool
    tones: tuple[Tone, ...]
    usual_local: float
    usual_structure: float
    usual_mean: float
    usual_free: float

    @property
    def quiet_noise(self) -> float:
        """The noise that may excuse a difference: estimates above 10 are dense texture more often than noise."""
        return min(self.noise, 10.0) if self.noise_estimated else self.noise

    @property
    def drift(self) -> float:
        """Largest drift of tone, 0..255."""
        return max((abs(shift) for tone in self.tones for shift in tone.shift), default=0.0)


def forward_model(
    before: Viewed, after: Viewed, overlay: Overlay, *, kernel: str | None = None, noise: float | None = None
) -> ForwardModel:
    """Choose the blur, unless it is given, and estimate the noise, unless it is given.

    Args:
        before: as it was opened; its noise is looked at.
        after: read once, from top to bottom.
        overlay: of both.

    Raises:
        InputError: no kernel has that name, or a noise below 0.
    """
    if kernel is not None and kernel not in KERNELS:
        raise InputError(f"there is no blur {kernel!r}", hint=f"known: {', '.join(KERNELS)}")
    if noise is not None and not 0 <= noise <= 255:
        raise InputError(f"noise of {noise} is not possible", hint="give a standard deviation, 0 to 255")
    names = list(KERNELS) if kernel is None else [kernel]
    rows = Rows(after)
    unit = np.float32(255 / ((1 << after.bits) - 1))
    around = int(np.ceil(overlay.scale))
    probes = []
    for box in _probes(overlay):
        needed = [overlay.needs((box.top, box.bottom), name, around) for name in names]
        margin = int(overlay.across.scale * 24) + around
        window = Box(
            max(0, box.left - margin),
            min(n[0] for n in needed),
            min(after.width, box.right + margin),
            max(n[1] for n in needed),
        )
        held = rows.take(window.top, window.bottom)[:, window.left : window.right]
        pixels = held.astype(np.float32) * unit
        probes.append((box, np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels, window))

    def seen(name: str, *, recover: bool) -> list[Seen]:
        blocks = (overlay.block(*probe, name, around, recover=recover) for probe in probes)
        return [(b.error, b.before, b.free, b.compared) for b in blocks if b and b.compared.any()]

    weights = {name: _CLEAR if name == "cubic" else 1.0 for name in names}
    chosen = min(names, key=lambda name: _badness(seen(name, recover=False)) * weights[name])
    found = seen(chosen, recover=True)
    model = ForwardModel(
        kernel=chosen,
        kernel_chosen=kernel is None,
        noise=_noise(before) if noise is None else noise,
        noise_estimated=noise is None,
        tones=fitted_tones([(before, error, compared) for error, before, _, compared in found]),
        usual_local=0.0,
        usual_structure=0.0,
        usual_mean=0.0,
        usual_free=0.0,
    )
    return _with_usual(model, found, around) if found else model


def _probes(overlay: Overlay) -> list[Box]:
    """Bands of AFTER, from top to bottom, that do not overlap."""
    down, across = overlay.down, overlay.across
    top, bottom = down.under((0, down.large))
    left, right = across.under((0, across.large))
    count = min(_BANDS, max(1, (bottom - top) // _ROWS))
    middle = (left + right) // 2
    half = max(1, int(_COLUMNS / across.scale) // 2)
    columns = across.over((max(left, middle - half), min(right, middle + half)))
    found = []
    for i in range(count):
        centre = top + (bottom - top) * (2 * i + 1) // (2 * count)
        half_rows = min(_ROWS, bottom - top) // 2 + 1
        lines = down.over((max(top, centre - half_rows), min(bottom, centre + half_rows)))
        found.append(Box(columns[0], lines[0], columns[1], lines[1]))
    return found


def _badness(seen: list[Seen]) -> float:
    """Mean of the squared differences without their largest tenth; infinite where nothing was compared."""
    squares = [np.square(error).mean(axis=2)[compared] for error, _, _, compared in seen]
    if not squares:
        return float("inf")
    all_of = np.sort(np.concatenate(squares))
    return float(all_of[: max(1, int(len(all_of) * _KEPT))].mean())


def _with_usual(model: ForwardModel, seen: list[Seen], around: int) -> ForwardModel:
    parts: dict[str, list[Floats]] = {name: [] for name in ("local", "structure", "mean", "free")}
    for error, before, rest, compared in seen:
        found = disagreement(before, error, model.tones, model.quiet_noise)
        for name in ("local", "structure", "mean"):
            parts[name].append(getattr(found, name)[compared])
        # Of what is free only the strength counts here, so it need not be laid over BEFORE pixel by pixel.
        parts["free"].append(strength(rest, around).ravel() / np.median(found.own))
    return msgspec.structs.replace(
        model, **{f"usual_{name}": float(np.median(np.concatenate(each))) for name, each in parts.items()}
    )


def _noise(before: Viewed) -> float:
    with TemporaryDirectory(prefix="whichmodel-") as folder:
        raster = store(Picture(from_vips(before.lazy())), Path(folder) / "before")
        try:
            return noise_level(raster)
        finally:
            raster.close()
