"""Wishes beyond the question: several photos at once, a mask of what stays, models in the place of others."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

Person = Any
QUESTION = "correct the faded colours of my old photo"  # no model does it, so nothing is fetched


def mask(folder: Path, width: int, height: int) -> Path:
    """White in its left half."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[:, : width // 2] = 255
    path = folder / "mask.png"
    Image.fromarray(pixels).save(path)
    return path


def test_several_photos_get_a_run_each(client: TestClient, one: Person, small: Path) -> None:
    photos = [one.bring(small, f"photo {number}.png")["id"] for number in range(2)]
    page = client.get("/ask", params={"q": QUESTION, "photo": photos}).text
    assert "Run it on all 2" in page
    answer = client.post("/runs", data={"q": QUESTION, "photo": photos}, follow_redirects=False)
    assert answer.headers["location"] == "/history"
    history = client.get("/history").text
    addresses = [
        part.partition('"')[0]
        for part in history.split('href="')
        if part.startswith("/runs/") and "photo " in part.partition("</li>")[0]
    ]
    assert len(addresses) == 2
    for address in addresses:
        assert "Before and after" in one.ended(address)


def test_of_more_photos_than_may_wait_none_is_taken(client: TestClient, one: Person, small: Path) -> None:
    photos = [one.bring(small, f"many {number}.png")["id"] for number in range(4)]
    answer = client.post("/runs", data={"q": QUESTION, "photo": photos}, follow_redirects=False)
    assert answer.status_code == 429
    assert "many 0" not in client.get("/history").text


def test_there_is_a_largest_number_of_photos(client: TestClient) -> None:
    answer = client.get("/ask", params={"q": QUESTION, "photo": [f"{number:032x}" for number in range(21)]})
    assert answer.status_code == 422


def test_what_a_mask_marks_stays(client: TestClient, one: Person, small: Path, tmp_path: Path) -> None:
    photo = one.bring(small)["id"]
    keep = one.bring(mask(tmp_path, 60, 40), "mask.png")["id"]
    plan = client.get("/plan", params={"q": QUESTION, "photo": photo, "keep": keep}).text
    assert "leave alone what the mask marks" in plan
    address = one.start(photo, QUESTION, keep=keep)
    assert "Before and after" in one.ended(address)
    before = np.asarray(Image.open(small).convert("RGB"))
    result = client.get(f"{address}/file/result").content
    after = np.asarray(Image.open(io.BytesIO(result)).convert("RGB"))
    assert np.array_equal(before[:, :28], after[:, :28])
    assert not np.array_equal(before[:, 32:], after[:, 32:])
    assert "leave alone what the mask marks" in client.get(f"{address}/file/answer").text
    again = client.post(f"{address}/again", follow_redirects=False)
    assert "Before and after" in one.ended(again.headers["location"])


def test_a_mask_of_another_size_is_told_before_anything_runs(
    client: TestClient, one: Person, small: Path, tmp_path: Path
) -> None:
    photo, keep = one.bring(small)["id"], one.bring(mask(tmp_path, 30, 30), "mask.png")["id"]
    answer = client.get("/plan", params={"q": QUESTION, "photo": photo, "keep": keep})
    assert answer.status_code == 422
    assert "30 × 30" in answer.text
    assert str(tmp_path) not in answer.text
    assert "/photos/" not in answer.text


def test_a_mask_is_of_who_brought_it(client: TestClient, one: Person, small: Path, tmp_path: Path) -> None:
    keep = one.bring(mask(tmp_path, 60, 40), "mask.png")["id"]
    other = {"Cookie": f"whichmodel={'cd' * 16}"}
    own = client.post("/photos", content=small.read_bytes(), headers=other).json()["id"]
    given = {"q": QUESTION, "photo": own, "keep": keep}
    assert client.get("/plan", params=given, headers=other).status_code == 404
    assert client.post("/runs", data=given, headers=other, follow_redirects=False).status_code == 404
    assert client.get("/plan", params=given).status_code == 404, "the photo is the other's"


def test_what_cannot_run_can_be_replaced(client: TestClient, one: Person, small: Path) -> None:
    photo = one.bring(small)["id"]
    given = {"q": "SISR-DRN-S-8x", "photo": photo}
    plan = client.get("/plan", params=given).text
    assert "This cannot run here" in plan
    assert "--substitute" not in plan
    assert 'value="SPAN-4x+SPAN-2x"' in plan
    replaced = client.get("/plan", params={**given, "substitute": "SPAN-4x+SPAN-2x"}).text
    assert "This cannot run here" not in replaced
    assert "480 × 320" in replaced


@pytest.mark.parametrize("field", [{"keep": "../x"}, {"keep": "0"}, {"substitute": "a;b"}])
def test_a_wish_that_is_none_is_refused(client: TestClient, field: dict[str, str]) -> None:
    assert client.get("/ask", params={"q": QUESTION, **field}).status_code == 422


def test_the_workflow_of_the_answer_is_what_runs(client: TestClient) -> None:
    page = client.get("/ask", params={"q": "enlarge my photo 8x"}).text
    drawn = page.partition('class="flow')[2].partition("</figure>")[0]
    assert "SPAN-4x" in drawn
    assert "DRN" not in drawn
    assert "What runs here: enlarge 4× with SPAN-4x, then enlarge 2× with SPAN-2x." in page
