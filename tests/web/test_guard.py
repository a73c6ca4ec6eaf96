"""Who is answered: names of this computer, own pages; what every page carries."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from whichmodel.web.guard import _name, policy
from whichmodel.web.settings import LOOPBACK

PAGES = ("/", "/history", "/models", "/audit", "/no-such-page", "/static/ask.js", "/page.css")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:8470", "", "127.0.0.1.evil.example"]
)
def test_a_name_that_leads_here_from_elsewhere_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8470", "[::1]:8470", "LOCALHOST:1"])
def test_names_of_this_computer_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@given(st.text(st.characters(codec="latin-1"), max_size=30))
def test_only_a_whole_name_counts(text: str) -> None:
    known = re.fullmatch(r"(?i:127\.0\.0\.1|localhost)(?::.*)?|\[::1\].*", text, re.DOTALL)
    assert (_name(text) in LOOPBACK) is (known is not None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/photos", "/runs", "/audit"])
def test_what_another_site_sends_is_refused(client: TestClient, path: str, headers: dict[str, str]) -> None:
    assert client.post(path, content=b"x", headers=headers).status_code == 403


def test_our_own_form_is_taken(client: TestClient) -> None:
    answer = client.post("/runs", data={"q": "", "photo": ""}, headers={"Origin": "http://localhost:8470"})
    assert answer.status_code == 422
    assert "question is empty" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_a_policy_without_holes(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    told = headers["Content-Security-Policy"]
    assert told.startswith("default-src 'none'")
    assert "unsafe" not in told
    assert "http" not in told
    assert "*" not in told
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_names_the_hash_of_a_style() -> None:
    assert "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='" in policy([""])  # of the empty text
    assert policy(["a"]) != policy(["b"])


def test_the_cookie_is_kept_from_scripts_and_other_sites(stranger: TestClient) -> None:
    cookie = stranger.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Set-Cookie" not in stranger.get("/").headers
    forged = stranger.get("/", headers={"Cookie": "whichmodel=../../etc"})
    assert re.search(r"whichmodel=[0-9a-f]{32};", forged.headers["Set-Cookie"])


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"])
def test_only_static_files_are_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
