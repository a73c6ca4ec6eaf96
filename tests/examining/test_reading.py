"""A result read closely: spectra lie over each other, edges have the widths they were made with, things are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from whichmodel.examining import Evidence, full_evidence
from whichmodel.examining.edges import rise_width
from whichmodel.examining.invention import Kind
from whichmodel.examining.maps import Maps
from whichmodel.examining.plots import edge_svg, spectrum_svg
from whichmodel.examining.things import things
from whichmodel.examining.words import careful, edge_words, not_looked, paragraph, spectrum_words
from whichmodel.pictures import Picture, Raster, bicubic
from whichmodel.pictures.raster import store

PHOTO = data.coffee()[:400, :592]
SMALL = bicubic(PHOTO, 148, 100)


def read(before: NDArray[Any], after: NDArray[Any], folder: Path) -> Evidence:
    found, _ = full_evidence(
        Picture(np.ascontiguousarray(before)), Picture(np.ascontiguousarray(after)), folder, closely=True
    )
    return found


def test_spectra_of_a_plain_enlargement_lie_over_each_other_and_end_at_the_limit(tmp_path: Path) -> None:
    plain = read(SMALL, bicubic(SMALL, 592, 400), tmp_path).reading.spectrum
    true = read(SMALL, PHOTO, tmp_path).reading.spectrum
    assert plain is not None
    assert true is not None
    assert plain.frequency[-1] == pytest.approx(2, abs=0.05)
    pairs = [
        (b, a)
        for f, b, a in zip(plain.frequency, plain.before_db, plain.after_db, strict=True)
        if f < 0.25 and b is not None and a is not None
    ]
    assert len(pairs) >= 5
    assert all(abs(b - a) < 1.5 for b, a in pairs)
    # Above its limit the photo has no curve, a plain enlargement next to nothing, and the true picture much more.
    assert all(b is None for f, b in zip(plain.frequency, plain.before_db, strict=True) if f > 0.5)
    assert plain.beyond < 0.2 * true.beyond
    high = [i for i, f in enumerate(plain.frequency) if f > 1]
    drop = np.mean([true.after_db[i] - plain.after_db[i] for i in high])  # type: ignore[operator]
    assert drop > 15


def test_the_energy_of_a_known_wave_is_where_it_is(tmp_path: Path) -> None:
    x = np.indices((320, 320))[1]
    wave = 20 * np.sin(2 * np.pi * x / 3)
    base = bicubic(bicubic(PHOTO[:320, :320], 80, 80), 320, 320).astype(float)
    after = np.clip(base + wave[:, :, None], 0, 255).astype(np.uint8)
    found = read(bicubic(PHOTO[:320, :320], 80, 80), after, tmp_path).reading.spectrum
    assert found is not None
    above = {f: level for f, level in zip(found.frequency, found.after_db, strict=True) if f > 0.7}
    assert max(above, key=lambda f: above[f] or 0) == pytest.approx(4 / 3, abs=0.05)


@settings(max_examples=40)
@given(width=st.floats(6, 40), height=st.floats(40, 200), sign=st.booleans())
def test_a_ramp_has_four_fifths_of_its_length_as_width(width: float, height: float, sign: bool) -> None:
    place = np.arange(-60, 61)
    ramp = np.clip(place / width + 0.5, 0, 1) * height + (10 if sign else 0)
    assert rise_width(ramp, 1.0) == pytest.approx(0.8 * width, abs=0.5)


def test_what_is_no_step_has_no_width() -> None:
    assert rise_width(np.full(81, 90.0), 1.0) is None
    assert rise_width(np.linspace(0, 12, 81), 1.0) is None


def test_edges_of_the_true_picture_are_steeper_than_of_a_plain_enlargement(tmp_path: Path) -> None:
    plain, true = (read(SMALL, after, tmp_path).reading.edges for after in (bicubic(SMALL, 592, 400), PHOTO))
    assert len(plain) >= 3
    middle = [
        float(np.median([edge.after_width / edge.before_width for edge in found])) for found in (plain, true)
    ]
    assert middle[0] == pytest.approx(1, abs=0.2)
    assert middle[1] < 0.8
    assert "about as sharp" in edge_words(plain)
    assert "computed" in edge_words(true)
    assert edge_svg(true[0]).startswith("<svg")


def drawn(tmp_path: Path, kinds: NDArray[np.uint8]) -> tuple[Raster, Maps]:
    """A result of 120 x 80 pixels with this map of classes."""
    path = tmp_path / "classes.raw"
    kinds.tofile(path)
    none = np.zeros((1, 1), np.float32)
    maps = Maps(path, path, path, {}, 0.0, 0.0, 0, none, none, (1.0, 1.0))
    after = store(Picture(np.zeros((80, 120, 3), np.uint8)), tmp_path / "after")
    return after, maps


@pytest.mark.parametrize(
    ("kind", "box", "what", "words"),
    [
        (Kind.GUESS, (10, 10, 100, 40), "text", "do not read a number"),
        (Kind.INVENTED, (10, 10, 60, 70), "face", "guess"),
        (Kind.CONTRADICTS, (10, 10, 60, 70), "face", "not what your photo shows"),
        (Kind.CONTRADICTS, (10, 10, 60, 70), "text", "not what your photo shows"),
        (Kind.SUPPORTED, (10, 10, 60, 70), "face", "hardly anything"),
        (Kind.OUTSIDE, (10, 10, 60, 70), "face", "made up"),
    ],
)
def test_faces_and_text_are_told_by_what_they_rest_on(
    tmp_path: Path, kind: Kind, box: tuple[float, ...], what: Any, words: str
) -> None:
    kinds = np.full((80, 120), Kind.SUPPORTED, np.uint8)
    kinds[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])] = kind
    after, maps = drawn(tmp_path, kinds)
    found = things(after, (120, 80), 4.0, maps, {what: lambda picture: ((box,), "")})  # type: ignore[dict-item, return-value]
    (thing,) = found.found
    assert words in thing.told.lower()
    assert getattr(thing, kind.name.lower()) == 1
    assert thing.height_before == pytest.approx((box[3] - box[1]) / 4)
    after.close()


def test_what_was_not_looked_for_is_said(tmp_path: Path) -> None:
    after, maps = drawn(tmp_path, np.zeros((80, 120), np.uint8))
    found = things(after, (120, 80), 4.0, maps, {"face": lambda picture: (None, "not looked for: pull it")})
    assert found.found == ()
    assert found.not_looked == {"face": "not looked for: pull it"}
    after.close()


def test_the_sentences_say_what_was_read(tmp_path: Path) -> None:
    found = read(SMALL, PHOTO, tmp_path)
    assert "strongest edges" in paragraph(found)
    assert found.reading.spectrum is not None
    assert f"{found.reading.spectrum.beyond:.1%}" in spectrum_words(found.reading.spectrum)
    # In the tests' own cache there are no weights of a detector unless another test has fetched them.
    told = not_looked(found)
    assert all(why in " ".join(told) for why in found.reading.not_looked_for.values())
    drawing = spectrum_svg(found.reading.spectrum)
    assert drawing.count("<polyline") == 2


def test_of_a_poster_a_smaller_copy_is_looked_at_and_what_is_found_lies_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whichmodel.examining.reading.LOOKED_AT", 592 * 400 // 4)
    seen = []

    def look(picture: Raster) -> tuple[tuple[tuple[float, ...], ...], str]:
        seen.append((picture.width, picture.height))
        return ((10.0, 20.0, 60.0, 80.0),), ""

    monkeypatch.setattr("whichmodel.examining.reading.faces_of", look)
    monkeypatch.setattr("whichmodel.examining.reading.text_of", lambda picture: (None, "not looked for"))
    (face,) = read(SMALL, PHOTO, tmp_path).reading.things
    assert seen == [(296, 200)]
    assert (face.left, face.top, face.right, face.bottom) == (20, 40, 120, 160)


def test_the_paragraph_counts_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = tuple((20.0 * i, 40.0, 20.0 * i + 18, 60.0) for i in range(14))
    monkeypatch.setattr("whichmodel.examining.reading.faces_of", lambda picture: (boxes, ""))
    monkeypatch.setattr("whichmodel.examining.reading.text_of", lambda picture: (boxes[:1], ""))
    found = read(SMALL, PHOTO, tmp_path)
    assert "It seems to show 12 or more faces and one line of text" in paragraph(found)
    assert len(careful(found)) == 13 + len(found.regions)
