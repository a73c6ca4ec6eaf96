"""The evidence in plain words: one honest paragraph, and the notes behind it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from whichmodel.examining.edges import Edge
from whichmodel.examining.expected import expected_words
from whichmodel.examining.full import Evidence
from whichmodel.examining.invention import LEGEND, Kind
from whichmodel.examining.overlay import COLOUR_CHANGE
from whichmodel.examining.regions import Region
from whichmodel.examining.spectrum import Spectrum
from whichmodel.examining.things import MOST, WRONG, Thing

CHANGED = "changed"
"""What contradicts the photo is called so in a result of the photo's own size: there it may have been wished."""


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
        how = (
            "Pixel by pixel"
            if is_same_size(found)
            else f"Shrunk to the photo's size (blur: {found.model.kernel})"
        )
        told.append(
            f"{how} it differs from the photo by"
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
    if factor > 1.005 and found.reading.edges:
        told.append(edge_words(found.reading.edges))
    if found.reading.things:
        told.append(_things(found))
    if shares.outside > 0:
        told.append(f"{shares.outside:.0%} of the result shows what is {LEGEND[Kind.OUTSIDE]} at all.")
    if found.colour_changed:
        told.append(
            f"Its colours were changed everywhere, by up to {found.geometry.colour.largest:.0f} of 255; the maps"
            " leave that change out."
        )
    if found.model.drift >= COLOUR_CHANGE:
        told.append(
            f"Its tones drift from the photo's by up to {found.model.drift:.0f} of 255 everywhere, which the maps leave"
            " out too."
        )
    told.append(expected_words(found.expected_error))
    told.append(
        "What agrees with the photo is not proved true: detail finer than the photo's pixels can be false and"
        " still shrink to the same photo, and no program can tell from these two pictures alone."
    )
    return " ".join(told)


def careful(found: Evidence) -> list[str]:
    """Places to be careful with, one sentence or two each, in the order of `marked`; then what was not looked for."""
    told = []
    for place in marked(found):
        where = f"At {_where(place.left, place.top, place.right, place.bottom)}: "
        if isinstance(place, Thing):
            told.append(where + place.told)
        elif place.why == "contradicts" and is_same_size(found):
            told.append(where + "changed by more than noise.")
        elif place.why == "contradicts":
            told.append(where + "the photo shows something else there.")
        else:
            told.append(where + "fine detail for which the photo gives no reason.")
    return told


def not_looked(found: Evidence) -> list[str]:
    """What was not looked for, and why."""
    names = {"face": "Faces were", "text": "Text was"}
    return [f"{names.get(what, what)} {why}." for what, why in found.reading.not_looked_for.items()]


def is_same_size(found: Evidence) -> bool:
    """Whether the result has the photo's size, so that nothing had to be made up and every difference is a change."""
    return bool(0.995 <= (found.factor_x * found.factor_y) ** 0.5 <= 1.005)


def legend(found: Evidence, kind: Kind) -> str:
    """What a class is called in this result."""
    return CHANGED if kind == Kind.CONTRADICTS and is_same_size(found) else LEGEND[kind]


def marked(found: Evidence) -> tuple[Region | Thing, ...]:
    """The places that are pointed out, in the order in which pictures and lists number them from 1."""
    return (*found.regions, *found.reading.things)


def spectrum_words(found: Spectrum) -> str:
    """What the spectra show."""
    return (
        "The curves tell how strong detail of each fineness is, from broad areas at the left to the finest lines at the"
        " right. Where both lie over each other, the result has what the photo has. Right of 0.5 the photo's pixels can"
        f" show nothing: all that the result has there, {found.beyond:.1%} of its contrast, was added."
    )


def edge_words(found: Sequence[Edge]) -> str:
    """How much steeper the strongest edges became."""
    before = statistics.median(edge.before_width for edge in found)
    after = statistics.median(edge.after_width for edge in found)
    first = (
        f"The {len(found)} strongest edges rise from 10 to 90 % within {before:.1f} pixels of the photo there,"
        f" and within {after:.1f} in the result"
    )
    if after < 0.8 * before:
        return f"{first}: sharper than the photo's pixels can show, so that sharpness was computed."
    if after > 1.2 * before:
        return f"{first}: softer than in the photo."
    return f"{first}: about as sharp as in the photo."


def _where(left: int, top: int, right: int, bottom: int) -> str:
    return f"x {left} to {right}, y {top} to {bottom}"


def _things(found: Evidence) -> str:
    """A sentence on the faces and lines of text that were found; a detector can be wrong, so it is hedged."""
    told = []
    for what, one, many in (("face", "one face", "faces"), ("text", "one line of text", "lines of text")):
        count = sum(thing.what == what for thing in found.reading.things)
        if count:
            told.append(one if count == 1 else f"{count}{' or more' if count >= MOST else ''} {many}")
    alone = len(found.reading.things) == 1
    if any(thing.contradicts >= WRONG for thing in found.reading.things):
        end = f"{'it is' if alone else 'not all of them are'} not what your photo shows there"
    elif any(thing.guess + thing.invented > 0.1 for thing in found.reading.things):
        end = f"what in {'it' if alone else 'each of them'} is a guess is told below"
    else:
        end = f"hardly anything was added in {'it' if alone else 'them'}"
    return f"It seems to show {' and '.join(told)}; {end}."


def _contradictions(found: Evidence) -> str:
    wrong = [region for region in found.regions if region.why == "contradicts"]
    odd = [region for region in found.regions if region.why == "stands out"]
    told = []
    same = is_same_size(found)
    if wrong and same:
        told.append(
            f"{_places(len(wrong))} of it was {CHANGED} by more than noise, the largest at {_at(wrong[0])}. Where blur,"
            " scratches or objects were to be taken out, that is what was wished; anywhere else it is not what the"
            " photo shows."
        )
    elif wrong:
        told.append(
            f"{_places(len(wrong))} of it {LEGEND[Kind.CONTRADICTS]}, the largest at {_at(wrong[0])}: the"
            " photo shows something else there."
        )
    elif found.shares.contradicts > 0.0005:
        told.append(
            f"Single spots, {found.shares.contradicts:.1%} of it, differ from the photo by more than the rest does."
        )
    else:
        told.append(
            "Nothing was changed by more than noise." if same else "Nothing in it contradicts the photo."
        )
    if odd:
        told.append(
            f"{_places(len(odd))} of fine detail stands out from everything else, the largest at"
            f" {_at(odd[0])}: the photo gives no reason for it."
        )
    return " ".join(told)


def _at(region: Region) -> str:
    return _where(region.left, region.top, region.right, region.bottom)


def _places(count: int) -> str:
    return "One place" if count == 1 else f"In {count} places, part"
