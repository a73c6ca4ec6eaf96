"""The evidence in plain words: one honest paragraph, and the notes behind it."""

from __future__ import annotations

from whichmodel.evidence.expected import expected_words
from whichmodel.evidence.full import Evidence
from whichmodel.evidence.invention import LEGEND, Kind


def paragraph(found: Evidence) -> str:
    """What the maps show and what they cannot, in one paragraph for people."""
    shares, told = found.shares, []
    factor = (found.factor_x * found.factor_y) ** 0.5
    how = f"{factor:.2f}".rstrip("0").rstrip(".")
    if factor > 1.005:
        told.append(
            f"The result is {how} times as wide and high as the photo, so {found.new_pixel_share:.1%} of its"
            " pixels were computed, not photographed."
        )
    elif factor < 0.995:
        told.append("The result is smaller than the photo, so none of its pixels had to be made up.")
    else:
        told.append("The result has the size of the photo, so every difference between them is a change.")
    same = found.consistency
    if same.psnr_db is None:
        told.append("Shrunk to the photo's size it is the photo.")
    else:
        told.append(
            f"Shrunk to the photo's size (blur: {found.model.kernel}) it differs from the photo by"
            f" {same.rmse:.2f} of 255 steps of brightness (root of the mean square, PSNR {same.psnr_db:.1f} dB)."
        )
    if factor > 1.005:
        told.append(
            f"Of the result, {shares.supported:.0%} is {LEGEND[Kind.SUPPORTED]}: hardly any detail was added"
            f" there. {shares.guess:.0%} is a {LEGEND[Kind.GUESS]}: detail was added where the photo has"
            f" structure that can lead to it. {shares.invented:.0%} is {LEGEND[Kind.INVENTED]}: more detail than"
            " the photo's own structure explains."
        )
    told.append(_contradictions(found))
    if shares.outside > 0:
        told.append(f"{shares.outside:.0%} of the result shows what is {LEGEND[Kind.OUTSIDE]} at all.")
    if found.colour_changed:
        told.append(
            f"Its colours were changed everywhere, by up to {found.geometry.colour.largest:.0f} of 255; the maps"
            " leave that change out."
        )
    told.append(expected_words(found.expected_error))
    told.append(
        "What agrees with the photo is not proved true: detail finer than the photo's pixels can be false and"
        " still shrink to the same photo, and no program can tell from these two pictures alone."
    )
    return " ".join(told)


def _contradictions(found: Evidence) -> str:
    wrong = [region for region in found.regions if region.why == "contradicts"]
    odd = [region for region in found.regions if region.why == "stands out"]
    told = []
    if wrong:
        told.append(
            f"{_places(len(wrong))} of it {LEGEND[Kind.CONTRADICTS]}, the largest at x {wrong[0].left} to"
            f" {wrong[0].right}, y {wrong[0].top} to {wrong[0].bottom}: the photo shows something else there."
        )
    elif found.shares.contradicts > 0.0005:
        told.append(
            f"Single spots, {found.shares.contradicts:.1%} of it, differ from the photo by more than the rest does."
        )
    else:
        told.append("Nothing in it contradicts the photo.")
    if odd:
        told.append(
            f"{_places(len(odd))} of fine detail stands out from everything else, the largest at x {odd[0].left} to"
            f" {odd[0].right}, y {odd[0].top} to {odd[0].bottom}: the photo gives no reason for it."
        )
    return " ".join(told)


def _places(count: int) -> str:
    return "One place" if count == 1 else f"In {count} places, part"
