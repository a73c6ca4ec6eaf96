"""First evidence about a result: how much of it is new, and whether it agrees with its input.

Forward model: a picture is taken to be its larger version shrunk with an antialiased cubic kernel
(Catmull-Rom, a = -0.5), on gamma-encoded values, pixel centres aligned; the usual one of
super-resolution benchmarks. A result that is right, shrunk this way, gives its input again. The reverse
does not hold: a result can agree with its input and still show detail that never was there.
"""

from __future__ import annotations

import math

from whichmodel.domain import InputError, Record
from whichmodel.examining.strips import errors
from whichmodel.pictures import Viewed


class Agreement(Record, frozen=True, kw_only=True):
    """How closely two pictures of one size agree, over all colour channels.

    Args:
        rmse: root of the mean squared difference, 0..255 whatever the bit depth.
        psnr_db: peak signal-to-noise ratio in dB, `20 log10(255 / rmse)`; `None` where identical.
    """

    rmse: float
    psnr_db: float | None


class FirstEvidence(Record, frozen=True, kw_only=True):
    """What can be computed about a result from the result and its input alone.

    Args:
        before_size, after_size: width and height in pixels.
        factor_x, factor_y: how many times wider and higher the result is.
        new_pixel_share: 0..1, `1 - (w h) / (W H)`: the share of pixels beyond the number that was
            measured; 0 where the result is not larger.
        compared_size: width and height at which both were compared: that of the smaller one.
        agreement: of the result, brought to that size by the forward model, with the input.
        bicubic_agreement: the same for a plain bicubic enlargement of the input, so that the first
            number can be judged; `None` where nothing was enlarged.
        notes: what the comparison leaves out.
    """

    before_size: tuple[int, int]
    after_size: tuple[int, int]
    factor_x: float
    factor_y: float
    new_pixel_share: float
    compared_size: tuple[int, int]
    agreement: Agreement
    bicubic_agreement: Agreement | None
    notes: tuple[str, ...] = ()


def first_evidence(before: Viewed, after: Viewed) -> FirstEvidence:
    """Compare a result with its input.

    Memory stays bounded: both pictures are read in strips, and nothing of full size is made. `after`
    and `before` are read once, from top to bottom, so they may be files that are decoded meanwhile.

    Raises:
        InputError: the shapes cannot belong together (another aspect ratio, or turned).
    """
    w, h, wide, high = before.width, before.height, after.width, after.height
    _check_shapes(w, h, wide, high)
    small = (min(w, wide), min(h, high))
    found = errors(before, after, small)
    return FirstEvidence(
        before_size=(w, h),
        after_size=(wide, high),
        factor_x=wide / w,
        factor_y=high / h,
        new_pixel_share=max(0.0, 1 - (w * h) / (wide * high)),
        compared_size=small,
        agreement=agreement_of(found.result),
        bicubic_agreement=None if found.bicubic is None else agreement_of(found.bicubic),
        notes=_notes(before, after),
    )


def explain(evidence: FirstEvidence) -> list[str]:
    """The evidence in plain sentences, each claiming no more than the numbers hold."""
    w, h = evidence.before_size
    wide, high = evidence.after_size
    told = [f"The input has {w} × {h} pixels, the result {wide} × {high}."]
    if evidence.new_pixel_share > 0:
        told.append(
            f"The input holds {w * h:,} pixels and the result {wide * high:,}: {evidence.new_pixel_share:.1%}"
            " of them have none in the input to come from. What they show was computed, not photographed."
        )
    else:
        told.append("The result has no more pixels than the input.")
    told.append(_agreement_in_words(evidence))
    if evidence.bicubic_agreement is not None:
        plain = evidence.bicubic_agreement
        told.append(
            f"For comparison, plain bicubic enlargement without any AI: {plain.rmse:.2f} of 255{_db(plain)}."
        )
        told.append(
            "Agreement is necessary but proves little: it tells that the result does not contradict the"
            " input. It does not tell that fine detail in the result is true."
        )
    told.extend(f"{note[0].upper()}{note[1:]}." for note in evidence.notes)
    return told


def _agreement_in_words(evidence: FirstEvidence) -> str:
    found = evidence.agreement
    small_w, small_h = evidence.compared_size
    enlarged = evidence.bicubic_agreement is not None
    if enlarged:
        what = f"Shrunk back to {small_w} × {small_h} pixels, the result"
    elif evidence.before_size == evidence.after_size:
        what = "Compared pixel by pixel, the result"
    else:
        what = f"Compared at {small_w} × {small_h} pixels, the result"
    if found.psnr_db is None:
        return f"{what} is identical with the input."
    return (
        f"{what} differs from the input by {found.rmse:.2f} of 255 brightness steps"
        f" (root of the mean square){_db(found)}."
    )


def _db(found: Agreement) -> str:
    return ", identical" if found.psnr_db is None else f", PSNR {found.psnr_db:.1f} dB"


def _check_shapes(w: int, h: int, wide: int, high: int) -> None:
    # Each side may be off by a pixel from rounding, in either picture.
    slack = max(w, h) + max(wide, high)
    if abs(wide * h - high * w) <= slack:
        return
    turned = abs(wide * w - high * h) <= slack
    raise InputError(
        f"before is {w} x {h} pixels and after {wide} x {high}: the aspect ratios do not fit"
        f" ({w / h:.3f} and {wide / high:.3f})",
        hint="one of them was turned"
        if turned
        else "one of them was cropped or stretched, or they do not belong together",
    )


def agreement_of(mean_square: float) -> Agreement:
    """The agreement of two pictures from their mean squared difference on the scale 0..255."""
    rmse = math.sqrt(mean_square)
    # Sums in float32 leave a residue of about 1e-5 where pictures are the same.
    if rmse < 1e-4:
        return Agreement(rmse=0.0, psnr_db=None)
    return Agreement(rmse=rmse, psnr_db=20 * math.log10(255 / rmse))


def _notes(before: Viewed, after: Viewed) -> tuple[str, ...]:
    notes = []
    if before.has_alpha or after.has_alpha:
        notes.append("transparency was not compared")
    if before.metadata.icc != after.metadata.icc:
        notes.append("the colour profiles differ, and the stored numbers were compared as they are")
    if before.is_grey != after.is_grey:
        notes.append("one picture is grey and the other has colour")
    return tuple(notes)
