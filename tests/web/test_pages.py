"""The catalog and the audit as pages."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from whichmodel.catalog import cards, tasks
from whichmodel.domain import Audit, Claim
from whichmodel.domain.audit import LinkFindings, MismatchFinding, NameFindings
from whichmodel.web.html import percent, size_words
from whichmodel.web.pages_audit import pieces

PROMPT = """A user has asked the following question:
"I enlarged a small picture and it stayed sharp. How?"

### Recommended AI Models:
Model: SISR-Upper-4x
Paper: https://arxiv.org/pdf/9902.00001

### Related Papers:
Model: Wide Nets for Image Super-Resolution
Paper: https://arxiv.org/pdf/9902.00002
Summary: We present wide networks for super-resolution. They need 3 layers and run in 20 ms.

Answer:
"""
ANSWER = "The networks need 30 layers. See https://example.org/elsewhere <b>for</b> more."


def names(page: str) -> list[str]:
    """Models in the table of the page."""
    return re.findall(r'<th scope="row"><a href="/models/[^"]*">([^<]*)</a>', page)


def test_the_catalog_shows_all_models_and_filters_them(client: TestClient) -> None:
    assert len(names(client.get("/models").text)) == len(cards())
    page = client.get("/models", params={"task": "super-resolution"}).text
    expected = {
        name
        for name, card in cards().items()
        if "super-resolution" in (card.task, *tasks()[card.task].parents)
    }
    assert set(names(page)) == expected
    few = names(client.get("/models", params={"name": "wide span", "runs": "now"}).text)
    assert few == []
    licensed = names(client.get("/models", params={"licence": "GPL-3.0"}).text)
    assert licensed
    assert set(licensed) < set(cards())


@pytest.mark.parametrize("name", sorted(cards())[::12])
def test_every_model_has_a_page(client: TestClient, name: str) -> None:
    answer = client.get(f"/models/{quote(name, safe='')}")
    assert answer.status_code == 200
    assert "What is known, and from where" in answer.text
    assert len(re.findall("<h1>", answer.text)) == 1


def test_a_model_that_is_none_is_not_found(client: TestClient) -> None:
    assert client.get("/models/no-such").status_code == 404


def test_an_audit_colours_the_claims(client: TestClient) -> None:
    page = client.post("/audit", data={"prompt": PROMPT, "answer": ANSWER}).text
    assert "link that is not in the prompt: <code>https://example.org/elsewhere" in page
    assert re.search(r'class="claim (?:unsupported|contradicted)" href="#claim-\d"', page)
    assert "<b>for</b>" not in page
    assert "&lt;b&gt;for&lt;/b&gt;" in page


@pytest.mark.parametrize(("prompt", "answer"), [("", "x"), (PROMPT, " "), ("no prompt at all", "x")])
def test_an_audit_of_nothing_says_what_is_missing(client: TestClient, prompt: str, answer: str) -> None:
    found = client.post("/audit", data={"prompt": prompt, "answer": answer})
    assert found.status_code == 422
    assert 'role="alert"' in found.text


def test_a_form_may_not_be_endless(client: TestClient) -> None:
    assert client.post("/audit", data={"prompt": "x" * 2_100_000, "answer": "y"}).status_code == 413
    assert client.post("/audit", json={"prompt": "x"}).status_code == 415


@given(
    st.text(min_size=1, max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)
)
def test_the_pieces_of_an_answer_are_the_answer(text: str, spans: list[tuple[int, int]]) -> None:
    claims = tuple(
        Claim(text=text[start:end], start=start, end=end, verdict="unsupported")
        for start, end in spans
        if start < end <= len(text)
    )
    found = Audit(
        links=LinkFindings(), names=NameFindings(), claims=claims, mismatch=MismatchFinding(found=False)
    )
    assert "".join(piece.text for piece in pieces(text, found)) == text


def test_figures_for_people() -> None:
    assert [percent(value) for value in (0, 0.001, 0.274, 1)] == ["0 %", "below 1 %", "27 %", "100 %"]
    assert [size_words(value) for value in (10, 8_753_767, 1.2e9)] == ["below 0.1 MB", "8.8 MB", "1.2 GB"]
