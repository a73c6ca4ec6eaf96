"""Results with see-through places: what is said of them, and how they are shown."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from whichmodel.api.beside import origin_of
from whichmodel.api.limits import limits_of
from whichmodel.catalog import cards
from whichmodel.domain import Workflow
from whichmodel.pictures import Picture, write_picture
from whichmodel.pictures.bridge import to_vips
from whichmodel.pictures.picture import Metadata
from whichmodel.web.results import prepare, read_view
from whichmodel.web.seen_through import NAME, on_chequers
from whichmodel.workflow.planner import workflow_for_card

Person = Any


def workflow() -> Workflow:
    """Any: nothing of it is run."""
    return workflow_for_card(cards()["SPAN-4x"])


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 65535)])
def test_where_a_result_is_see_through_nothing_is_compared(
    photos: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: Any, full: int
) -> None:
    monkeypatch.chdir(tmp_path)
    photo = np.array(Image.open(photos["coffee"]).convert("RGB"))[:300, :160].copy()
    if dtype is np.uint16:
        photo = photo.astype(np.uint16) * 257
    alpha = np.full((300, 160), full, dtype)
    alpha[:, :120] = 0
    write_picture(Picture(photo, None, Metadata()), Path("photo.png"))
    write_picture(Picture(photo, alpha, Metadata()), Path("result.png"))
    note = prepare(
        Path("photo.png"), Path("result.png"), origin_of(workflow()), limits_of(None), lambda event: None
    )
    assert note == ""
    view = read_view(tmp_path)
    assert view is not None
    shares = {item.name: item.share for item in view.legend}
    assert shares["clear"] == pytest.approx(0.75)
    assert shares["supported"] == pytest.approx(0.25)
    assert sum(shares.values()) == pytest.approx(1)
    assert "75 % of the result is see-through now: nothing is to be compared there" in view.words
    assert view.legend[-1].text == NAME
    small = np.asarray(Image.open("after.jpg").convert("L"))
    assert small[:, :100].min() > 190, "what was cut away is not shown, but the chequered ground"
    assert small[:, 10].max() - small[:, 10].min() > 20


def test_an_opaque_result_has_no_such_line(
    photos: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture = Picture(
        np.array(Image.open(photos["coffee"]).convert("RGB"))[:64, :64].copy(), None, Metadata()
    )
    for name in ("photo.png", "result.png"):
        write_picture(picture, Path(name))
    prepare(Path("photo.png"), Path("result.png"), origin_of(workflow()), limits_of(None), lambda event: None)
    view = read_view(tmp_path)
    assert view is not None
    assert "clear" not in {item.name for item in view.legend}
    assert "see-through" not in view.words


def test_what_is_half_seen_through_is_mixed_with_the_ground() -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[..., 3] = 128
    image = to_vips(pixels).copy(interpretation="srgb")
    found = np.asarray(on_chequers(image).numpy())
    assert found.shape == (16, 16, 3)
    assert sorted({int(value) for value in found.ravel()}) == [106, 127]
    opaque = to_vips(np.zeros((4, 4, 3), np.uint8)).copy(interpretation="srgb")
    assert on_chequers(opaque) is opaque


def test_a_photo_with_transparency_has_a_small_copy_on_chequers(
    client: TestClient, one: Person, tmp_path: Path
) -> None:
    path = tmp_path / "cut.png"
    pixels = np.zeros((40, 60, 4), np.uint8)
    Image.fromarray(pixels, "RGBA").save(path)
    small = Image.open(io.BytesIO(client.get(one.bring(path)["small"]).content)).convert("L")
    assert np.asarray(small).min() > 190
