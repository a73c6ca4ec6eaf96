"""The expected error: how far AFTER may be from the truth, where a calibration can tell.

For patches of 8 x 8 pixels of AFTER it is the mean absolute error of luma that a result of the same model showed
where it looked like this patch, on photographs whose truth is known. The limits come from cross-conformal
prediction (Vovk 2015; for pictures as groups of patches Dunn, Wasserman and Ramdas 2023): on
pictures like the calibration's the error stays below the limit for the told share of patches, on average over
pictures. For anything else the answer is "not calibrated", with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Record
from whichmodel.examining.expected_domain import unlike
from whichmodel.examining.expected_features import MARGIN, PATCH, features, luma
from whichmodel.examining.expected_origin import UNKNOWN, Origin
from whichmodel.examining.expected_second import enlarge_again, second_features
from whichmodel.examining.expected_table import Table, calibrated, table_for
from whichmodel.examining.geometry import Geometry
from whichmodel.examining.overlay import COLOUR_CHANGE
from whichmodel.examining.rows import Rows
from whichmodel.pictures import Viewed
from whichmodel.pictures.bridge import from_vips
from whichmodel.runtimes.ncnn import usable_threads

Floats = NDArray[np.float32]

EXPECTED = "expected.raw"
"""Name of the file of rows of AFTER: expected error as `float32`, 1 the full range of brightness; NaN where it is
not calibrated."""
_ROWS, _COLUMNS = 32 * PATCH, 256 * PATCH
"""Pixels of AFTER that are worked on together."""


class Limit(Record, frozen=True, kw_only=True):
    """Where errors are to stay below.

    Args:
        level: for this share of the patches, 0..1, on average over pictures like the calibration's.
        mean: of the limits of this result's patches, 0..255.
        expected, limits: the limit by expected error, both 0..255, to be interpolated linearly: error.tif times
            255 gives the first.
    """

    level: float
    mean: float
    expected: tuple[float, ...]
    limits: tuple[float, ...]


class ExpectedError(Record, frozen=True, kw_only=True):
    """What is known about the error of AFTER.

    Args:
        calibrated: whether anything is; if not, `reason` says why not, and what follows is empty.
        reason: in words.
        origin: which model made AFTER, and who says so.
        second: weights of the model that BEFORE was enlarged with again, to compare; empty where it was not.
        degradation, measure: what the calibration is for, and what the error is, in words.
        patch: side of the patches in pixels of AFTER.
        outside: share of the patches, 0..1, that the model cannot have made, as they contradict BEFORE by more than
            its results do; nothing is expected of them (NaN), and they count in no mean.
        mean: expected error, mean over the patches, 0..255.
        limits: the lowest level first.
    """

    calibrated: bool
    reason: str
    origin: Origin
    second: str = ""
    degradation: str | None = None
    measure: str | None = None
    patch: int | None = None
    outside: float = 0.0
    mean: float | None = None
    limits: tuple[Limit, ...] = ()


def expected_error(
    before: Viewed,
    after: Viewed,
    geometry: Geometry,
    folder: Path,
    origin: Origin = UNKNOWN,
    again: bool = False,
) -> ExpectedError:
    """Write the expected error of each pixel of AFTER to the file `EXPECTED` in `folder`.

    Args:
        before: held in memory.
        after: read once, from top to bottom; not at all where there is no calibration.
        geometry: how AFTER lies over BEFORE.
        origin: which model made AFTER.
        again: enlarge BEFORE with a second model too, where a calibration knows how to use that; it costs a run.

    Raises:
        WeightsError, UnboundError: the second model cannot run here.
    """
    table = (table_for(origin.weights, True) if again else None) or table_for(origin.weights)
    why = _obstacle(before, after, geometry, origin, table)
    if table is None or why:
        _write_nothing(folder / EXPECTED, after)
        return ExpectedError(calibrated=False, reason=why, origin=origin)
    second = enlarge_again(before, table.facts.second, folder) if table.facts.second else None
    total, sums, count, patches = 0.0, [0.0] * len(table.facts.levels), 0, 0
    with (folder / EXPECTED).open("wb") as file:
        for expected, height in _strips(before, after, second, table):
            patches += expected.size
            known = expected[~np.isnan(expected)]
            total += float(known.sum(dtype=np.float64))
            count += known.size
            for level in range(len(sums)):
                sums[level] += float(table.limit(known, level).sum(dtype=np.float64))
            wide = np.repeat(expected / np.float32(255), PATCH, axis=1)[:, : after.width]
            file.write(np.ascontiguousarray(np.repeat(wide, PATCH, axis=0)[:height]).data)
    facts = table.facts
    if not count:
        why = "the result contradicts the photo everywhere by more than that model's results do"
        return ExpectedError(calibrated=False, reason=why, origin=origin)
    return ExpectedError(
        calibrated=True,
        reason=f"calibrated on {facts.calibrated} photographs, {facts.degradation}",
        origin=origin,
        second=facts.second,
        degradation=facts.degradation,
        measure=facts.measure,
        patch=PATCH,
        outside=1 - count / patches,
        mean=total / count,
        limits=tuple(
            Limit(
                level=level,
                mean=sums[i] / count,
                expected=tuple(float(x) for x in table.grid),
                limits=tuple(float(x) for x in table.limits[i]),
            )
            for i, level in enumerate(facts.levels)
        ),
    )


def expected_words(found: ExpectedError) -> str:
    """The expected error in a sentence or two for people."""
    if not found.calibrated or found.mean is None:
        return f"How far the result is from the truth is not calibrated: {found.reason}."
    told = min(found.limits, key=lambda limit: abs(limit.level - 0.9))
    by = "" if found.origin.told_by == "provenance" else " (as you say)"
    painted = (
        f" {found.outside:.1%} of the result is further from the photo, made small, than that model's results were; of"
        " that nothing is known."
        if found.outside
        else ""
    )
    again = (
        f" To tell more, it was enlarged again with the weights {found.second}, and both results compared."
        if found.second
        else ""
    )
    return (
        f"On photographs whose truth is known, made small in the same way and enlarged by {found.origin.model}{by},"
        f" results that look like this one were off by {found.mean:.1f} of 255 steps of brightness on average;"
        f" for {told.level:.0%} of patches of {found.patch} × {found.patch} pixels the error stays below a limit,"
        f" {told.mean:.1f} on average. That holds over many pictures, not for each place of this one."
        f"{again}{painted}"
    )


def _obstacle(before: Viewed, after: Viewed, geometry: Geometry, origin: Origin, table: Table | None) -> str:
    """Why the calibration does not speak of these pictures; empty if it does."""
    if origin.obstacle:
        return origin.obstacle
    if table is None:
        known = ", ".join(calibrated()) or "none"
        return f"there is no calibration for {origin.model}; there is for the weights {known}"
    scale = table.facts.scale
    if (after.width, after.height) != (before.width * scale, before.height * scale):
        return f"the calibration is for results that are exactly {scale} times as wide and high as the photo"
    # A provenance with the hashes of both files leaves nothing to find out; and some models change colours
    # themselves, so a change counts only beyond what the model did to a patch in the calibration.
    changed = geometry.colour.largest >= max(COLOUR_CHANGE, table.facts.disagreement)
    if origin.told_by != "provenance" and (geometry.turned or geometry.cropped or changed):
        return "the result was turned, cropped or changed in colour after it was enlarged"
    return unlike(before, table.facts)


def _write_nothing(path: Path, after: Viewed) -> None:
    row = np.full(after.width, np.nan, np.float32).tobytes()
    with path.open("wb") as file:
        for _ in range(after.height):
            file.write(row)


def _strips(
    before: Viewed, after: Viewed, second: Viewed | None, table: Table
) -> Iterator[tuple[Floats, int]]:
    """Expected errors of the patches of strips of AFTER, 0..255, and the rows of pixels of each strip."""
    scale = table.facts.scale
    small = luma(from_vips(before.lazy()), before.bits)
    rows, other_rows = Rows(after), Rows(second) if second is not None else None
    with ThreadPoolExecutor(usable_threads()) as pool:
        for top, bottom in _cuts(after.height, _ROWS):
            first, last = max(0, top - MARGIN), min(after.height, bottom + MARGIN)
            held = rows.take(first, last)
            other = other_rows.take(first, last) if other_rows is not None else None

            def work(columns: tuple[int, int]) -> Floats:
                left, right = max(0, columns[0] - MARGIN), min(after.width, columns[1] + MARGIN)
                large = luma(held[:, left:right], after.bits)  # noqa: B023 - used up before the next strip
                under = small[first // scale : last // scale, left // scale : right // scale]  # noqa: B023
                found = features(under, large, scale)
                if other is not None and second is not None:  # noqa: B023
                    beside = second_features(large, luma(other[:, left:right], second.bits))  # noqa: B023
                    found = np.concatenate([found, beside], axis=2)
                skipped = (top - first) // PATCH, (columns[0] - left) // PATCH  # noqa: B023
                kept = -(-(bottom - top) // PATCH), -(-(columns[1] - columns[0]) // PATCH)  # noqa: B023
                part = found[skipped[0] : skipped[0] + kept[0], skipped[1] : skipped[1] + kept[1]]
                return table.expected(part)

            yield np.concatenate(list(pool.map(work, _cuts(after.width, _COLUMNS))), axis=1), bottom - top


def _cuts(length: int, most: int) -> list[tuple[int, int]]:
    """Stretches of `most` pixels, the last one shorter."""
    return list(pairwise([*range(0, length, most), length]))
