"""Runs as programs see them: plans, jobs, their progress, their files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
from starlette.responses import FileResponse, Response, StreamingResponse

from whichmodel.web.pages_run import COMPARED, FILES, ending_of, read_report, saved
from whichmodel.web.queue import Progress
from whichmodel.web.report import report_page
from whichmodel.web.rest.calls import check_accept, data
from whichmodel.web.rest.documents import RunState, StepState
from whichmodel.web.rest.endpoint import EVENTS, Call
from whichmodel.web.rest.photos import BASE, facts, moment
from whichmodel.web.rest.requests import EvidenceRequest, RunRequest
from whichmodel.web.results import read_view
from whichmodel.web.site import Missing
from whichmodel.web.store import FINAL, Run, Wish

PAGE = "report.html"
"""The report for people; it is made when it is asked for."""
OF_RUNS = {
    "result": "result{ending}",
    "report": "report.json",
    **{name: FILES[name] for name in ("evidence", "workflow", "provenance")},
    "answer.html": FILES["answer"],
    **{name: name for name in ("before.jpg", "after.jpg", "map.png")},
}
"""Names in addresses, and the files that they are."""
OF_EVIDENCE = {name: file for name, file in COMPARED.items() if name != "report"} | {PAGE: COMPARED["report"]}
NAMES = tuple(sorted({*OF_RUNS, *OF_EVIDENCE}))
"""All names of files."""
MEDIA = {
    ".json": "application/json",
    ".html": "text/html",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".tif": "image/tiff",
    ".webp": "image/webp",
}
_RETRY = 2000
"""Milliseconds after which a listener whose connection broke comes again."""


async def plan(call: Call) -> Response:
    """What would be done to a photo: the document of `plan --json`."""
    given = _given(call, call.photo(call.body.photo).id)
    given["max_megapixels"] = call.site.settings.max_megapixels
    return data((await call.site.lookers.work("rest-plan", given))["found"])


async def start(call: Call) -> Response:
    """Check an order and put it into the queue."""
    body: RunRequest = call.body
    photo = call.photo(body.photo)
    await call.site.askers.work("rest-check", _given(call, photo.id))
    wish = Wish(question=body.title, ending=f".{body.format}", order=body.order())
    return await _added(call, photo.id, wish)


async def compare(call: Call) -> Response:
    """Put the comparison of two photos into the queue."""
    body: EvidenceRequest = call.body
    before, after = call.photo(body.before), call.photo(body.after)
    wish = Wish(question=f"Evidence: {after.name} compared with {before.name}", comparing=body.comparing())
    return await _added(call, before.id, wish)


async def listed(call: Call) -> Response:
    """The runs of the one who asks, the newest first."""
    runs = await asyncio.to_thread(call.site.store.runs_of, call.owner)
    return data([_state(call, call.site.queue.progress(run)) for run in runs[: call.query.top]])


async def show(call: Call) -> Response:
    """How far a run is."""
    return data(_state(call, call.site.queue.progress(call.run())))


async def cancel(call: Call) -> Response:
    """End a run and keep what it has; one that has ended is left as it is."""
    await call.site.queue.cancel(call.run())
    return data(_state(call, call.site.queue.progress(call.run())))


async def remove(call: Call) -> Response:
    """End a run, and remove it with all that it made."""
    run = call.run()
    await call.site.queue.cancel(run)
    await asyncio.to_thread(call.site.store.drop_run, run)
    return Response(status_code=204)


async def events(call: Call) -> Response:
    """The state of a run whenever it changed, as server-sent events, until it has ended.

    What the listener saw last, it says in `Last-Event-ID`; one that saw the end is told with 204 not to come again.
    """
    run = call.run()
    progress = call.site.queue.progress(run)
    seen = call.request.headers.get("last-event-id", "")[:40]
    if progress.run.state in FINAL and seen == progress.mark:
        return Response(status_code=204)

    async def lines() -> AsyncIterator[bytes]:
        yield b"retry: %d\n\n" % _RETRY
        async for found in call.site.queue.changes(run, seen):
            yield b": still here\n\n" if found is None else _event(call, found)

    if call.request.method == "HEAD":
        return Response(media_type=EVENTS)
    return StreamingResponse(lines(), media_type=EVENTS)


async def file(call: Call) -> Response:
    """A file of a run."""
    run, name = call.run(), call.path["name"]
    folder = call.site.store.run_folder(run)
    if name == PAGE and run.wish.comparing is None:
        check_accept(call.request, ("text/html",))
        report = read_report(folder)
        if report is None:
            raise Missing("file")
        text = await asyncio.to_thread(report_page, run, report, read_view(folder), folder)
        return Response(text, media_type="text/html", headers=saved(run, f"-{PAGE}"))
    path = _paths(folder, run).get(name)
    if path is None or not path.is_file():
        raise Missing("file")
    media = MEDIA[path.suffix]
    check_accept(call.request, (media,))
    ending = path.suffix if name == "result" else f"-{name.partition('.')[0]}{path.suffix}"
    return FileResponse(path, media_type=media, headers=saved(run, ending))


def _given(call: Call, photo: str) -> dict[str, Any]:
    """What a process needs to know of an order; every photo in it is one of the one who asks."""
    store = call.site.store
    return {
        "order": msgspec.to_builtins(call.body),
        "path": str(store.photo_file(photo)),
        "places": {id: str(store.photo_file(call.photo(id).id)) for id in call.body.brought()},
    }


async def _added(call: Call, photo: str, wish: Wish) -> Response:
    (run,) = await call.site.queue.put(call.owner, [call.photo(photo)], wish)
    state = _state(call, call.site.queue.progress(run))
    return data(state, 202, {"Location": f"{BASE}/runs/{run.id}"})


def _paths(folder: Path, run: Run) -> dict[str, Path]:
    if run.wish.comparing is not None:
        return {name: folder / "evidence" / file for name, file in OF_EVIDENCE.items()}
    ending = ending_of(folder, run)
    return {name: folder / file.format(ending=ending) for name, file in OF_RUNS.items()}


def _names(folder: Path, run: Run) -> Iterator[str]:
    """Names of the files that are there. Until the run has ended some may still be replaced."""
    found = _paths(folder, run)
    yield from (name for name, path in found.items() if path.is_file())
    if run.wish.comparing is None and found["report"].is_file():
        yield PAGE


def _state(call: Call, progress: Progress) -> RunState:
    run = progress.run
    return RunState(
        id=run.id,
        kind="run" if run.wish.comparing is None else "evidence",
        state=run.state,
        title=run.title,
        what=run.wish.question,
        photo=facts(run.photo),
        made=moment(run.made),
        started=None if run.started is None else moment(run.started),
        ended=None if run.ended is None else moment(run.ended),
        error=run.error,
        hint=run.hint,
        note=run.note,
        place=progress.place,
        stage=progress.stage,
        share=round(progress.share, 4),
        steps=tuple(StepState(**step) for step in progress.steps),
        said=tuple(progress.said[-6:]),
        files={
            name: f"{BASE}/runs/{run.id}/files/{name}"
            for name in _names(call.site.store.run_folder(run), run)
        },
    )


def _event(call: Call, progress: Progress) -> bytes:
    """An event; JSON of one line, so that nothing in it can look like another."""
    name = "end" if progress.run.state in FINAL else "progress"
    state = msgspec.json.encode(_state(call, progress))
    return f"id: {progress.mark}\nevent: {name}\ndata: ".encode() + state + b"\n\n"
