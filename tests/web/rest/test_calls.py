"""What is refused, and how: who asks, from where, in what form, how much of it."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from whichmodel.domain import InputError
from whichmodel.web.app import make_app
from whichmodel.web.rest.calls import _accepted
from whichmodel.web.rest.problems import problem
from whichmodel.web.rest.table import ENDPOINTS
from whichmodel.web.rest.tokens import Tokens
from whichmodel.web.settings import Settings

Program = Any
BASE = "http://localhost:8470"
NOBODY = "a" * 32
FADED = "correct the faded colours of my old photo"


def told(answer: Any) -> dict[str, Any]:
    """The problem that an answer tells, which has the one shape."""
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert set(found) == {"type", "title", "status", "detail", "hint"}
    assert found["status"] == answer.status_code
    assert found["detail"]
    return found


def filled(path: str) -> str:
    """An address with its parts filled in."""
    return path.replace("{id}", NOBODY).replace("{name}", "result")


OWNED = [
    (item.method, filled(item.path), item.body is not None) for item in ENDPOINTS if item.who == "somebody"
]


@pytest.mark.parametrize(("method", "path", "body"), OWNED)
def test_what_is_somebodys_needs_a_token(served: TestClient, method: str, path: str, body: bool) -> None:
    answer = served.request(method, f"/api/v1{path}", **({"json": {}} if body else {}))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "/api/v1/tokens" in told(answer)["hint"]


def test_a_question_about_a_photo_needs_a_token(served: TestClient) -> None:
    answer = served.post("/api/v1/ask", json={"question": "enlarge 4x", "photo": NOBODY})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "header",
    ["Bearer x", "Bearer", "Basic dXNlcjpwYXNz", f"Bearer wm1_{'0' * 96}", f"Bearer {NOBODY}", ""],
)
def test_a_token_cannot_be_made_up(served: TestClient, header: str) -> None:
    for path in ("/api/v1/runs", "/api/v1/health"):
        assert served.get(path, headers={"Authorization": header}).status_code == 401


def test_a_token_is_of_one_folder_and_outlives_the_server(tmp_path: Path) -> None:
    first, other = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    other.mkdir()
    token = Tokens(first).mint()
    assert Tokens(first).owner(token) == token[4:36]
    assert Tokens(other).owner(token) is None
    assert stat.S_IMODE(os.stat(first / "secret").st_mode) == 0o600
    (first / "secret").write_bytes(b"short")
    with pytest.raises(InputError, match="damaged"):
        Tokens(first)


@given(place=st.integers(4, 99), letter=st.sampled_from("0123456789abcdef"))
def test_no_letter_of_a_token_can_be_changed(
    tmp_path_factory: pytest.TempPathFactory, place: int, letter: str
) -> None:
    tokens = _TOKENS.get("made") or _TOKENS.setdefault("made", Tokens(tmp_path_factory.mktemp("tokens")))
    token = tokens.mint("0123456789abcdef" * 2)
    changed = token[:place] + letter + token[place + 1 :]
    assert (tokens.owner(changed) is None) is (changed != token)


_TOKENS: dict[str, Tokens] = {}


def test_a_browser_gets_a_token_for_itself_and_programs_get_no_cookie(served: TestClient) -> None:
    page = TestClient(served.app, base_url=BASE)
    assert "set-cookie" not in page.post("/api/v1/tokens").headers
    assert "set-cookie" in page.get("/").headers
    token = page.post("/api/v1/tokens").json()["token"]
    assert page.cookies["whichmodel"] in token
    assert page.get("/api/v1/runs").json() == []


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
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/tokens"),
        ("POST", "/photos"),
        ("POST", "/ask"),
        ("GET", "/runs"),
        ("GET", "/models"),
        ("DELETE", f"/runs/{NOBODY}"),
        ("OPTIONS", "/runs"),
    ],
)
def test_other_sites_are_refused_whatever_they_ask_and_whatever_they_know(
    served: TestClient, program: Program, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = served.request(method, f"/api/v1{path}", headers={**program.headers, **headers})
    assert answer.status_code == 403
    assert "another site" in told(answer)["detail"]
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8470", ""])
def test_a_name_that_leads_here_from_elsewhere_is_refused(served: TestClient, host: str) -> None:
    answer = served.get("/api/v1/health", headers={"Host": host})
    assert answer.status_code == 400
    assert "name" in told(answer)["detail"]


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/runs/", "/health/", "/runs/x/y/z"])
def test_what_is_not_there_is_told_as_a_problem(served: TestClient, path: str) -> None:
    answer = served.get(f"/api/v1{path}", follow_redirects=False)
    assert answer.status_code in (307, 404)
    if path:
        assert told(answer)["title"] == "Not Found"


@pytest.mark.parametrize("path", sorted({item.path for item in ENDPOINTS}))
@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "OPTIONS"])
def test_other_methods_are_refused_with_those_that_are_possible(
    served: TestClient, path: str, method: str
) -> None:
    answer = served.request(method, f"/api/v1{filled(path)}")
    assert answer.status_code == 405
    allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
    assert allowed - {"HEAD"} == {item.method for item in ENDPOINTS if item.path == path}
    told(answer)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "image/*, text/*", "application/xml"]
)
def test_what_a_program_cannot_read_is_not_sent(served: TestClient, accept: str) -> None:
    for path in ("/health", "/openapi.json", "/runs"):
        answer = served.get(f"/api/v1{path}", headers={"Accept": accept})
        assert answer.status_code == 406
        told(answer)


@pytest.mark.parametrize(
    ("accept", "fits"),
    [
        ("application/json", True),
        ("*/*", True),
        ("application/*;q=0.1", True),
        ("text/html, application/json;q=0.9", True),
        ("application/json;q=0, */*", False),
        ("*/*;q=0, application/json", True),
        ("APPLICATION/JSON", True),
        ("", False),
        ("json", False),
        ("application/json;q=x", False),
    ],
)
def test_the_most_particular_range_of_a_header_accept_decides(accept: str, fits: bool) -> None:
    assert _accepted(accept, "application/json") is fits


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_bodies_that_a_form_could_send_are_refused(served: TestClient, program: Program, kind: str) -> None:
    for path, body in (("/ask", b'{"question": "enlarge 4x"}'), ("/photos", b"\x89PNG")):
        headers = {**program.headers, "Content-Type": kind}
        answer = served.post(f"/api/v1{path}", content=body, headers=headers)
        assert answer.status_code == 415, path
        assert "Content-Type" in told(answer)["hint"]


def test_a_compressed_body_is_refused(served: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert served.post("/api/v1/ask", content=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"question": "\\ud800"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'"enlarge"', "object"),
        (b"{}", "question"),
        (b'{"question": 4}', "str"),
        (b'{"question": ""}', "length"),
        (b'{"question": "x", "other": 1}', "other"),
        (json.dumps({"question": "a " * 2001}).encode(), "length"),
        (b'{"question": "x", "photo": "../../etc/passwd"}', "photo"),
        (b'{"question": "x", "dpi": -1}', "dpi"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_the_place(
    served: TestClient, body: bytes, words: str
) -> None:
    answer = served.post("/api/v1/ask", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert words in told(answer)["detail"]


def test_a_whole_number_may_have_a_point(program: Program) -> None:
    found = program.call("POST", "/recommend", 200, json={"question": "enlarge 4x", "top": 1.0}).json()
    assert len(found["models"]) == 1
    program.call("POST", "/recommend", 400, json={"question": "enlarge 4x", "top": 1.5})


@pytest.mark.parametrize("query", ["top=0", "top=x", "top=1&top=2", "other=1", "top=101"])
def test_a_query_that_does_not_fit_is_refused(program: Program, query: str) -> None:
    told(program.call("GET", f"/runs?{query}", 400))


@pytest.mark.parametrize("length", [True, False])
def test_a_body_has_a_largest_size_whether_it_is_said_or_not(served: TestClient, length: bool) -> None:
    body = b'{"question": "' + b"a" * 300_000 + b'"}'
    content: Any = body if length else iter([body[:1000], body[1000:]])
    answer = served.post("/api/v1/ask", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "0.2 MB" in told(answer)["detail"]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"what": "what is the weather tomorrow"}, "task"),
        ({"what": " \n"}, "nothing is asked"),
        ({"what": "/etc/passwd.json"}, ""),
        ({"what": "SPAN-4x", "print": "A3"}, "`print`"),
        ({"what": "enlarge", "dpi": 300}, "dots per inch"),
        ({"what": "print A3", "print": "A4"}, "another"),
        ({"what": "enlarge", "print": "nonsense"}, "nonsense"),
        ({"what": FADED, "input": {"mask": "ID"}}, "input"),
        ({"what": FADED, "keep": "LARGE"}, "mask"),
        ({"what": {"title": "t", "inputs": [], "steps": [], "output": "x"}}, "output"),
    ],
)
def test_what_cannot_run_is_refused_at_once(
    program: Program, small: Path, photo: Path, order: dict[str, Any], words: str
) -> None:
    own = program.bring(small)
    ids = {"ID": own, "LARGE": program.bring(photo) if "LARGE" in order.values() else ""}
    given = json.loads(json.dumps(order).replace('"ID"', f'"{own}"').replace('"LARGE"', f'"{ids["LARGE"]}"'))
    answer = told(program.call("POST", "/runs", 422, json={**given, "photo": own}))
    assert words in answer["detail"]
    assert "/photos/" not in answer["detail"] + answer["hint"]
    assert "--" not in answer["detail"] + answer["hint"]


def test_photos_are_refused_as_on_the_page(program: Program, api_settings: Settings) -> None:
    headers = {"Content-Type": "image/png"}
    for content, status in (
        (b"\0" * (api_settings.upload_bytes + 1), 413),
        (b"GIF89a" + b"\0" * 600, 415),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 600, 422),
        (b"", 415),
    ):
        told(program.call("POST", "/photos", status, content=content, headers=headers))
    kept = list((api_settings.folder / "photos").iterdir())
    assert all((folder / "photo.json").is_file() for folder in kept)


def test_a_full_queue_says_when_to_come_again(
    program: Program, api_settings: Settings, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = program.bring(small)
    full = dataclasses.replace(api_settings, most_runs=0)
    monkeypatch.setattr(program.client.app.state.site.queue, "_settings", full)
    for path, order in (
        ("/runs", {"what": FADED, "photo": photo}),
        ("/evidence", {"before": photo, "after": photo}),
    ):
        answer = program.call("POST", path, 429, json=order)
        assert int(answer.headers["Retry-After"]) >= 1
        assert "busy" in told(answer)["detail"]
    assert program.call("GET", "/runs", 200).json() == []


def test_a_busy_server_says_so(api_settings: Settings, tmp_path: Path) -> None:
    app = make_app(dataclasses.replace(api_settings, folder=tmp_path, most_asks=-1))
    answer = TestClient(app, base_url=BASE).post("/api/v1/recommend", json={"question": "enlarge 4x"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    told(answer)


def test_an_error_of_ours_tells_nothing_of_itself(
    api_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(dataclasses.replace(api_settings, folder=tmp_path))

    def broken(*_: Any) -> Any:
        raise RuntimeError("the secret path")

    monkeypatch.setattr(app.state.site.store, "runs_of", broken)
    client = TestClient(app, base_url=BASE, raise_server_exceptions=False)
    token = client.post("/api/v1/tokens").json()["token"]
    answer = client.get("/api/v1/runs", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    told(answer)


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("--print and --dpi go with plain words", "`print` and `dpi` go with plain words"),
        ("--input mask=FILE", "`input` mask=FILE"),
        ("a--b -- c", "a--b -- c"),
    ],
)
def test_options_are_told_as_fields(hint: str, shown: str) -> None:
    assert json.loads(bytes(problem(422, "x", hint).body))["hint"] == shown


def test_health_tells_the_limits(served: TestClient, api_settings: Settings) -> None:
    found = served.get("/api/v1/health").json()
    assert found["status"] == "ok"
    assert found["limits"]["upload_bytes"] == api_settings.upload_bytes
