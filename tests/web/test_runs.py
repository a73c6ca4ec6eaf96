"""Runs: from the photo to the result and its files; whose they are; what becomes of them after a restart."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from whichmodel.web.pool import Busy
from whichmodel.web.queue import Queue
from whichmodel.web.settings import Settings
from whichmodel.web.store import Photo, Run, Store, Wish

Person = Any
QUESTION = "correct the faded colours of my old photo"  # no model does it, so nothing is fetched
FILES = (
    "result",
    "report",
    "workflow",
    "provenance",
    "answer",
    "evidence",
    "before.jpg",
    "after.jpg",
    "map.png",
)


@pytest.fixture(scope="module")
def done(one: Person, small: Path) -> tuple[str, str]:
    """Address and page of a run that has ended."""
    photo = one.bring(small, "grand <b>mother</b>.png")["id"]
    address = one.start(photo, QUESTION)
    return address, one.ended(address)


def test_a_run_ends_with_a_result_to_look_at(done: tuple[str, str]) -> None:
    page = done[1]
    assert "Before and after" in page
    assert "supported by your photo" in page
    assert "<b>" not in page
    view = json.loads(page.partition("data-view>")[2].partition("</script>")[0])
    assert (view["width"], view["height"]) == (60, 40)
    assert set(view["layers"]) == {"after", "before", "map"}


def test_all_files_can_be_had(client: TestClient, settings: Settings, done: tuple[str, str]) -> None:
    for name in FILES:
        answer = client.get(f"{done[0]}/file/{name}")
        assert answer.status_code == 200, name
        # Nothing tells where the server keeps it.
        assert str(settings.folder).encode() not in answer.content, name
    assert client.get(f"{done[0]}/file/result").content.startswith(b"\x89PNG")
    workflow = client.get(f"{done[0]}/file/workflow")
    assert workflow.headers["Content-Disposition"] == 'attachment; filename="b-result-workflow.json"'
    assert workflow.json()["document"] == "workflow"
    report = client.get(f"{done[0]}/file/report").text
    assert "data:image/jpeg;base64," in report
    assert "<script" not in report


def test_tiles_are_served_by_number_alone(client: TestClient, done: tuple[str, str]) -> None:
    address = done[0]
    assert client.get(f"{address}/zoom/after/6/0_0").headers["content-type"] == "image/jpeg"
    assert client.get(f"{address}/zoom/map/6/0_0").headers["content-type"] == "image/png"
    for place in (
        "after/6/9_9",
        "after/99/0_0",
        "nothing/6/0_0",
        "after/6/0_0.jpg",
        "after/../0_0",
        "after/-1/0_0",
    ):
        assert client.get(f"{address}/zoom/{place}").status_code == 404, place


def test_nobody_else_sees_a_run(stranger: TestClient, done: tuple[str, str]) -> None:
    address = done[0]
    for path in ("", "/events", "/file/result", "/file/report", "/zoom/after/6/0_0"):
        assert stranger.get(f"{address}{path}").status_code == 404
    for path in ("/cancel", "/remove", "/again"):
        assert stranger.post(f"{address}{path}").status_code == 404
    assert address not in stranger.get("/history").text


def test_the_history_has_it_and_its_events_say_that_it_is_done(
    client: TestClient, done: tuple[str, str]
) -> None:
    assert done[0] in client.get("/history").text
    lines = client.get(f"{done[0]}/events").text
    assert json.loads(lines.removeprefix("data: "))["state"] == "done"


def test_a_run_that_fails_says_why_and_can_be_removed(client: TestClient, one: Person, small: Path) -> None:
    photo = one.bring(small)["id"]
    address = one.start(photo, "what is the weather tomorrow")
    page = one.ended(address)
    assert "It failed" in page
    assert "Start it again" in page
    client.post(f"{address}/remove")
    assert client.get(address).status_code == 404


def test_what_waits_can_be_cancelled_and_more_than_may_wait_is_refused(
    client: TestClient, one: Person, small: Path
) -> None:
    photo = one.bring(small)["id"]
    given = {"q": QUESTION, "photo": photo}
    answers = []
    for _ in range(50):  # they come faster than any is done
        answers.append(client.post("/runs", data=given, follow_redirects=False))
        if answers[-1].status_code != 303:
            break
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    taken = [answer.headers["location"] for answer in answers if answer.status_code == 303]
    assert len(taken) >= 3
    for address in reversed(taken):
        client.post(f"{address}/cancel")
        assert "You ended it" in one.ended(address) or "Before and after" in one.ended(address)
    assert "You ended it" in client.get(taken[-1]).text


PHOTO = Photo(
    id="a" * 32, owner="b" * 32, name="p", width=60, height=40, bands=3, bits=8, has_alpha=False,
    format="png", size=1, made=0.0,
)  # fmt: skip


def stored(store: Store, **fields: Any) -> Run:
    """A run on disk, as an earlier server left it."""
    (store.photos / PHOTO.id).mkdir(exist_ok=True)
    store.photo_file(PHOTO.id).write_bytes(b"x")
    run = msgspec.structs.replace(store.new_run(PHOTO.owner, PHOTO, Wish(question=QUESTION)), **fields)
    store.keep_run(run)
    return run


def test_what_a_killed_server_left_goes_on_or_is_reported(settings: Settings, tmp_path: Path) -> None:
    store = Store(tmp_path)
    waiting = stored(store, state="queued")
    running = stored(store, state="running", attempts=1, started=time.time())
    killer = stored(store, state="running", attempts=3, started=time.time())
    done = stored(store, state="done", ended=time.time())

    async def restarted() -> list[str]:
        queue = Queue(Store(tmp_path), dataclasses.replace(settings, folder=tmp_path))
        queue.recover()
        found = [store.run(run.id, run.owner) for run in (waiting, running, killer, done)]
        said = queue.progress(running).said
        assert said
        assert "restarted" in said[0]
        return [run.state for run in found if run is not None]

    assert asyncio.run(restarted()) == ["queued", "queued", "failed", "done"]
    failed = store.run(killer.id, killer.owner)
    assert failed is not None
    assert "3 times" in failed.error


def test_no_run_is_lost_between_the_queue_and_the_disk(settings: Settings, tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored(store)

    async def added() -> int:
        queue = Queue(store, dataclasses.replace(settings, folder=tmp_path, most_runs=20))
        for _ in range(20):
            await queue.put(PHOTO.owner, [PHOTO], Wish(question=QUESTION))
        with pytest.raises(Busy):
            await queue.put(PHOTO.owner, [PHOTO], Wish(question=QUESTION))
        return len(store.all_runs())

    assert asyncio.run(added()) == 21


def test_old_things_expire_and_what_is_under_way_does_not(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old = stored(store, state="done", ended=time.time() - 100)
    new = stored(store, state="done", ended=time.time() - 10)
    waits = stored(store, state="queued", made=0.0)
    store.keep_photo(PHOTO)
    assert store.expire(50) == 1
    assert [run.id for run in store.all_runs()] == [waits.id, new.id]
    assert old.id not in {run.id for run in store.all_runs()}
    assert store.photo(PHOTO.id, PHOTO.owner) == PHOTO
    assert store.photo(PHOTO.id, "c" * 32) is None


@pytest.mark.parametrize("damage", [b"", b"{", b'{"id": 1}', b"\xff\xfe"])
def test_a_record_that_is_not_whole_is_left_out(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    run = stored(store)
    (store.run_folder(run) / "run.json").write_bytes(damage)
    assert store.all_runs() == []
    assert store.run(run.id, run.owner) is None
