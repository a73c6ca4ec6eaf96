"""Questions on the page: the answer, its citations, and what is refused."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from starlette.testclient import TestClient

from whichmodel import web
from whichmodel.domain.answer import Basis
from whichmodel.web.app import make_app
from whichmodel.web.pool import Busy, Pool
from whichmodel.web.process import Limit
from whichmodel.web.settings import Settings
from whichmodel.web.store import Wish
from whichmodel.web.wanted import asked_of, needs_size

Person = Any
QUESTION = "I enlarged a photo 4x. How?"


@pytest.fixture(scope="module")
def answer(client: TestClient) -> str:
    return client.get("/ask", params={"q": QUESTION}).text


def test_the_answer_has_its_parts_and_a_way_to_run_it(answer: str) -> None:
    for words in (
        "Short reply",
        "1. The task",
        "2. The workflow",
        "3. Papers and tools",
        "Run it on your photo",
    ):
        assert words in answer


def test_the_sentences_of_an_answer_do_not_take_the_style_of_our_own_pages() -> None:
    style = (Path(web.__file__).parent / "static" / "web.css").read_text("utf-8")
    told = [rule.split("{")[0] for rule in style.split("}")]
    for basis in get_args(Basis):  # the class of each sentence
        assert not [rule for rule in told if re.search(rf"(?:^|[\s,])\.{basis}\b(?!-)", rule)], basis


def test_every_citation_leads_to_a_place_in_the_page(answer: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', answer)
    assert len(ids) == len(set(ids))
    leads = set(re.findall(r'href="#([^"]+)"', answer))
    assert len(leads) > 10
    assert leads <= set(ids)


def test_a_box_of_the_drawing_leads_to_its_step(answer: str) -> None:
    assert '<a href="#inspect-step-a">' in answer
    assert '<details class="step" id="inspect-step-a">' in answer
    assert "GPL-3.0" in answer.partition('id="inspect-step-a"')[2].partition("</details>")[0]


def test_the_policy_allows_the_style_of_the_page_and_no_other(client: TestClient) -> None:
    answer = client.get("/ask", params={"q": "Restore this old photo, but leave the colours"})
    styles = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in styles]
    told = answer.headers["Content-Security-Policy"]
    assert re.findall(r"'sha256-([^']+)'", told) == hashes
    assert " style=" not in answer.text
    assert not re.search(r"\son\w+=", re.sub(r"<svg.*?</svg>", "", answer.text, flags=re.DOTALL))


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"]
)
def test_what_people_write_is_shown_as_they_wrote_it(client: TestClient, text: str) -> None:
    page = client.get("/ask", params={"q": f"enlarge 4x {text}"}).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "4x 49" not in page


@pytest.mark.parametrize("q", ["", "   "])
def test_no_question_leads_back_to_the_first_page(client: TestClient, q: str) -> None:
    assert client.get("/ask", params={"q": q}, follow_redirects=False).headers["location"] == "/"


def test_a_question_has_a_longest_length(client: TestClient) -> None:
    assert client.get("/ask", params={"q": "a " * 3000}).status_code == 422


def test_the_answer_can_be_kept(client: TestClient) -> None:
    kept = client.get("/ask/file", params={"q": QUESTION})
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert "<script" not in kept.text
    assert "Short reply" in kept.text


def test_a_photo_enters_the_numbers(client: TestClient, one: Person, small: Path) -> None:
    photo = one.bring(small)["id"]
    page = client.get("/ask", params={"q": QUESTION, "photo": photo}).text
    assert "240 × 160" in page
    assert "data-plan" in page


def test_the_plan_for_a_photo_has_steps_and_sizes(client: TestClient, one: Person, small: Path) -> None:
    photo = one.bring(small)["id"]
    part = client.get("/plan", params={"q": "correct the faded colours of my old photo", "photo": photo}).text
    assert "fading, no model" in part
    assert '<a href="#inspect-plan-' in part
    assert "60 × 40" in part
    missing = client.get("/plan", params={"q": "what is the weather", "photo": photo})
    assert missing.status_code == 422
    assert "That did not work" in missing.text


def test_a_question_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "workflow.json"
    path.write_text("{}")
    assert asked_of(Wish(question=str(path))).intent is not None


@pytest.mark.parametrize(
    ("question", "open_size"),
    [
        ("enlarge my photo", True),
        ("enlarge my photo 4x", False),
        ("print A3", False),
        ("remove the noise", False),
    ],
)
def test_how_large_is_asked_where_nobody_said_it(question: str, open_size: bool) -> None:
    intent = asked_of(Wish(question=question)).intent
    assert intent is not None
    assert needs_size(intent) is open_size


@pytest.mark.parametrize(("wish", "scale"), [(Wish(question="enlarge my photo", factor=3), 3.0)])
def test_the_size_of_the_form_counts(wish: Wish, scale: float) -> None:
    intent = asked_of(wish).intent
    assert intent is not None
    assert intent.scale == scale


@pytest.mark.parametrize("size", ["factor:99", "factor:x", "nonsense:1", "other:"])
def test_a_size_that_is_none_is_refused(client: TestClient, size: str) -> None:
    answer = client.get("/ask", params={"q": "enlarge my photo", "size": size})
    assert answer.status_code == 422


def test_more_than_may_wait_is_refused_with_a_time() -> None:
    async def ask() -> None:
        await Pool(1, -1, Limit(seconds=1, memory_bytes=10**9)).work("ask", {})

    with pytest.raises(Busy) as caught:
        asyncio.run(ask())
    assert caught.value.status == 429
    assert caught.value.seconds >= 1


def test_a_busy_server_says_when_to_come_again(settings: Settings, tmp_path: Path) -> None:
    app = make_app(dataclasses.replace(settings, folder=tmp_path, most_asks=-1, askers=1))
    answer = TestClient(app, base_url="http://localhost").get(
        "/ask?q=enlarge+4x", headers={"Accept": "text/html"}
    )
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert "busy" in answer.text
