"""What a program does from a photo to the evidence, with the installed program, over the network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

FADED = "correct the faded colours of my old photo"  # no model does it, so nothing is fetched
Program = Any


@pytest.fixture(scope="module")
def photo(caller: Program, small: Path) -> str:
    return str(caller.bring(small, "../../grand <b>mother</b>.png"))


@pytest.fixture(scope="module")
def followed(caller: Program, photo: str, events_in: Callable[..., Any]) -> tuple[str, list[dict[str, Any]]]:
    """A run, and the events until its end."""
    run = caller.start(photo, FADED)
    return run, list(events_in(caller, run))


@pytest.fixture(scope="module")
def events_in() -> Callable[..., Iterator[dict[str, Any]]]:
    def follow(caller: Program, run: str, last: str = "") -> Iterator[dict[str, Any]]:
        headers = {**caller.headers, **({"Last-Event-ID": last} if last else {})}
        with caller.client.stream("GET", f"/api/v1/runs/{run}/events", headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            event: dict[str, Any] = {}
            for line in answer.iter_lines():
                name, colon, value = line.partition(": ")
                if not line and "data" in event:
                    yield {**event, "data": json.loads(event["data"])}
                event = {**event, name: value} if line and colon else {}

    return follow


def test_a_photo_is_kept_under_an_id_and_its_name_is_only_shown(caller: Program, photo: str) -> None:
    facts = caller.call("GET", f"/photos/{photo}", 200).json()
    assert (facts["width"], facts["height"], facts["format"]) == (60, 40, "png")
    assert facts["name"] == "b>.png"
    assert caller.call("GET", f"/photos/{photo}/small", 200).content.startswith(b"\xff\xd8")


def test_the_events_lead_to_the_end(followed: tuple[str, list[dict[str, Any]]]) -> None:
    _, events = followed
    states = [event["data"]["state"] for event in events]
    assert states == sorted(states, key=["queued", "running", "done"].index)
    assert states[-1] == "done"
    assert [event["event"] for event in events] == ["progress"] * (len(events) - 1) + ["end"]
    assert len({event["id"] for event in events}) == len(events)
    assert any(event["data"]["steps"] for event in events)


def test_all_files_of_a_run_can_be_fetched(caller: Program, followed: tuple[str, Any]) -> None:
    files = caller.call("GET", f"/runs/{followed[0]}", 200).json()["files"]
    assert {"result", "report", "report.html", "evidence", "workflow", "provenance", "answer.html"} <= set(
        files
    )
    got = {name: caller.call("GET", path.removeprefix("/api/v1"), 200) for name, path in files.items()}
    assert got["result"].content.startswith(b"\x89PNG")
    assert got["result"].headers["content-type"] == "image/png"
    assert got["report"].json()["document"] == "runreport"
    assert got["evidence"].json()["document"] == "evidence"
    assert got["workflow"].json()["steps"] == got["report"].json()["workflow"]["steps"]
    part = caller.call("GET", f"/runs/{followed[0]}/files/result", 206, headers={"Range": "bytes=1-3"})
    assert part.content == b"PNG"


def test_who_comes_back_is_told_only_what_is_new(
    caller: Program, followed: tuple[str, list[dict[str, Any]]], events_in: Callable[..., Any]
) -> None:
    run, events = followed
    assert [event["id"] for event in events_in(caller, run, events[0]["id"])] == [events[-1]["id"]]
    caller.call("GET", f"/runs/{run}/events", 204, headers={"Last-Event-ID": events[-1]["id"]})


@pytest.mark.slow
def test_the_workflow_of_a_plan_runs(caller: Program, photo: str) -> None:
    plan = caller.call("POST", "/plan", 200, json={"what": FADED, "photo": photo}).json()
    assert plan["document"] == "plan"
    state = caller.ended(caller.start(photo, plan["workflow"], format="jpg"))
    assert state["state"] == "done"
    result = caller.call("GET", f"/runs/{state['id']}/files/result", 200)
    assert result.headers["content-type"] == "image/jpeg"


def test_two_photos_are_compared(
    caller: Program, photo: str, followed: tuple[str, Any], tmp_path: Path
) -> None:
    result = caller.call("GET", f"/runs/{followed[0]}/files/result", 200)
    (tmp_path / "result.png").write_bytes(result.content)
    after = caller.bring(tmp_path / "result.png")
    answer = caller.call("POST", "/evidence", 202, json={"before": photo, "after": after})
    state = caller.ended(answer.json()["id"])
    assert (state["kind"], state["state"]) == ("evidence", "done"), state
    found = caller.call("GET", f"/runs/{state['id']}/files/evidence", 200).json()
    assert found["document"] == "evidence"
    assert caller.call("GET", f"/runs/{state['id']}/files/report.html", 200).text.startswith(
        "<!DOCTYPE html>"
    )
    caller.call("GET", f"/runs/{state['id']}/files/result", 404)


def test_another_program_sees_nothing_of_it(
    caller: Program, address: str, photo: str, followed: tuple[str, Any], small: Path
) -> None:
    run = followed[0]
    with httpx2.Client(base_url=address, timeout=120) as client:
        other = type(caller)(client)
        for path in (f"/photos/{photo}", f"/photos/{photo}/small", f"/runs/{run}", f"/runs/{run}/events"):
            other.call("GET", path, 404)
        other.call("GET", f"/runs/{run}/files/result", 404)
        other.call("DELETE", f"/photos/{photo}", 404)
        other.call("DELETE", f"/runs/{run}", 404)
        other.call("POST", f"/runs/{run}/cancel", 404)
        assert other.call("GET", "/runs", 200).json() == []
        own = other.bring(small)
        for order in ({"photo": photo}, {"photo": own, "keep": photo}, {"photo": own, "input": {"x": photo}}):
            other.call("POST", "/runs", 404, json={"what": FADED, **order})
        other.call("POST", "/plan", 404, json={"what": FADED, "photo": photo})
        other.call("POST", "/ask", 404, json={"question": "enlarge 4x", "photo": photo})
        other.call("POST", "/evidence", 404, json={"before": own, "after": photo})
    assert run in [state["id"] for state in caller.call("GET", "/runs", 200).json()]


def test_a_run_that_is_under_way_is_cancelled(
    caller: Program, photo: str, events_in: Callable[..., Any]
) -> None:
    for _ in range(5):  # a run may be done before the word to end it comes
        run = caller.start(photo, FADED)
        events = events_in(caller, run)
        next(events)
        told = caller.call("POST", f"/runs/{run}/cancel", 200).json()["state"]
        assert list(events)[-1]["data"]["state"] == told
        if told == "cancelled":
            break
    assert told == "cancelled"
    caller.call("DELETE", f"/runs/{run}", 204)
    caller.call("GET", f"/runs/{run}", 404)


def test_removing_a_run_ends_it_for_its_listeners(
    caller: Program, photo: str, events_in: Callable[..., Any]
) -> None:
    run = caller.start(photo, FADED)
    events = events_in(caller, run)
    next(events)
    caller.call("DELETE", f"/runs/{run}", 204)
    assert [event["event"] for event in events][-1] == "end"
    caller.call("DELETE", f"/runs/{run}", 404)


@pytest.mark.slow
def test_a_photo_can_be_removed_and_its_runs_go_on(caller: Program, small: Path) -> None:
    photo = caller.bring(small)
    run = caller.start(photo, FADED)
    caller.call("DELETE", f"/photos/{photo}", 204)
    caller.call("GET", f"/photos/{photo}", 404)
    assert caller.ended(run)["state"] == "done"
