"""Runs: start, watch, end, look at the result, download it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from whichmodel.domain import InputError
from whichmodel.domain.record import from_json
from whichmodel.web.html import page
from whichmodel.web.prints import prints_of
from whichmodel.web.report import report_page, report_rows
from whichmodel.web.results import ZOOM, read_view
from whichmodel.web.site import Missing, site_of
from whichmodel.web.store import FINAL, Run
from whichmodel.web.wishes import MOST_PHOTOS, form_of, wish_of
from whichmodel.workflow import RunReport

_FORM = 20_000
FILES = {
    "provenance": "result{ending}.provenance.json",
    "workflow": "workflow.json",
    "answer": "answer.html",
    "evidence": "evidence.json",
}
"""What can be downloaded beside the result: name in the address, name of the file."""
COMPARED = {
    "report": "evidence.html",
    "evidence": "evidence.json",
    "evidence.png": "evidence.png",
    "before-after.png": "before-after.png",
    "invention.tif": "invention.tif",
    "consistency.tif": "consistency.tif",
    "error.tif": "error.tif",
}
"""The same of a run that compared two pictures."""
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".tif": "image/tiff", ".webp": "image/webp"}


async def start(request: Request) -> Response:
    """Put a run into the queue, and show it; of several photos each gets a run."""
    site = site_of(request)
    form = await form_of(request, _FORM)
    wish = wish_of(form)
    ids = list(dict.fromkeys(form.get("photo", ("",))))[:MOST_PHOTOS]
    photos = [site.photo(request, id) for id in ids]
    for id in wish.brought():
        site.photo(request, id)
    runs = await site.queue.put(request.state.owner, photos, wish)
    return RedirectResponse(f"/runs/{runs[0].id}" if len(runs) == 1 else "/history", 303)


async def show(request: Request) -> Response:
    """A run: how far it is, or its result."""
    site = site_of(request)
    run = site.run(request)
    progress = site.queue.progress(run)
    folder = site.store.run_folder(run)
    view = read_view(folder)
    report = read_report(folder)
    return page(
        "run.html",
        here="history",
        run=progress.run,
        ended=progress.run.state in FINAL,
        progress=progress.data(),
        view=view,
        view_data=_viewer_data(run, view),
        rows=report_rows(report) if report else [],
        prints=prints_of(view.width, view.height, run.photo) if view else [],
        data=_found_data(report),
        answer=(folder / FILES["answer"]).is_file(),
        keep_hours=site.settings.keep_hours,
    )


async def events(request: Request) -> Response:
    """The progress of a run as server-sent events, until it has ended."""
    site = site_of(request)
    run = site.run(request)

    async def lines() -> AsyncIterator[bytes]:
        async for found in site.queue.events(run):
            yield b": still here\n\n" if found is None else b"data: " + msgspec.json.encode(found) + b"\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


async def cancel(request: Request) -> Response:
    """End a run."""
    site = site_of(request)
    run = site.run(request)
    await site.queue.cancel(run)
    return RedirectResponse(f"/runs/{run.id}", 303)


async def remove(request: Request) -> Response:
    """Remove a run and all that it made; one that is under way is ended first."""
    site = site_of(request)
    run = site.run(request)
    await site.queue.cancel(run)
    await asyncio.to_thread(site.store.drop_run, run)
    return RedirectResponse("/history", 303)


async def again(request: Request) -> Response:
    """Put the same wish for the same photo into the queue once more."""
    site = site_of(request)
    run = site.run(request)
    photo = site.photo(request, run.photo.id)
    for id in run.wish.brought():
        site.photo(request, id)
    (fresh,) = await site.queue.put(request.state.owner, [photo], run.wish)
    return RedirectResponse(f"/runs/{fresh.id}", 303)


async def history(request: Request) -> Response:
    """All runs of a person, the newest first."""
    site = site_of(request)
    return page(
        "history.html",
        here="history",
        runs=[(run, site.queue.progress(run).data()) for run in site.store.runs_of(request.state.owner)],
        keep_hours=site.settings.keep_hours,
    )


async def download(request: Request) -> Response:
    """A file of a run."""
    site = site_of(request)
    run = site.run(request)
    folder = site.store.run_folder(run)
    name = request.path_params["name"]
    if run.wish.comparing is not None and name != "small":
        if name not in COMPARED:
            raise Missing("file")
        return _file(folder / "evidence" / COMPARED[name], saved(run, f"-{COMPARED[name]}"))
    ending = ending_of(folder, run)
    if name == "report":
        found = read_report(folder)
        if found is None:
            raise Missing("file")
        text = await asyncio.to_thread(report_page, run, found, read_view(folder), folder)
        return Response(text, media_type="text/html", headers=saved(run, "-report.html"))
    if name in ("before.jpg", "after.jpg", "map.png", "small"):
        path = (
            site.store.photo_file(run.photo.id).with_name("small.jpg") if name == "small" else folder / name
        )
        return _file(path, {"Cache-Control": "private, max-age=3600"})
    if name == "result":
        return _file(folder / f"result{ending}", saved(run, ending))
    if name not in FILES:
        raise Missing("file")
    path = folder / FILES[name].format(ending=ending)
    return _file(path, saved(run, f"-{name}{path.suffix}"))


async def tile(request: Request) -> Response:
    """A tile of a zoomable picture; its place is made of numbers alone."""
    site = site_of(request)
    run = site.run(request)
    given = request.path_params
    view = read_view(site.store.run_folder(run))
    layer = view.layers.get(given["layer"]) if view else None
    if layer is None:
        raise Missing("picture")
    name = f"{given['column']}_{given['row']}.{layer.ending}"
    path = site.store.run_folder(run) / ZOOM / f"{layer.name}_files" / str(given["level"]) / name
    return _file(path, {"Cache-Control": "private, max-age=86400"})


def _file(path: Path, headers: dict[str, str]) -> Response:
    if not path.is_file():
        raise Missing("file")
    return FileResponse(path, media_type=_TYPES.get(path.suffix), headers=headers)


def saved(run: Run, ending: str) -> dict[str, str]:
    """That a browser saves it, under a name of plain letters."""
    stem = run.photo.name.rpartition(".")[0] or run.photo.name
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in stem)[:60].strip("-")
    return {"Content-Disposition": f'attachment; filename="{plain or "photo"}-result{ending}"'}


def ending_of(folder: Path, run: Run) -> str:
    """The ending of the file of the result."""
    return ".json" if (folder / "result.json").is_file() else run.wish.ending


def read_report(folder: Path) -> RunReport | None:
    """What a run did, once it is done."""
    try:
        return from_json(RunReport, (folder / "report.json").read_bytes())
    except (OSError, InputError):
        return None


def _found_data(report: RunReport | None) -> str:
    """Data that a run found, as text to read."""
    if report is None or report.data is None:
        return ""
    return msgspec.json.format(msgspec.json.encode(report.data), indent=2).decode()[:20_000]


def _viewer_data(run: Run, view: Any) -> dict[str, Any] | None:
    if view is None:
        return None
    return {
        "width": view.width,
        "height": view.height,
        "layers": {
            name: {
                "width": layer.width,
                "height": layer.height,
                "box": layer.box,
                "clear": layer.ending == "png" and name != "map",
                "url": f"/runs/{run.id}/zoom/{name}",
            }
            for name, layer in view.layers.items()
        },
    }
