"""The models of the catalog: filtered, and one by one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from whichmodel.catalog import cards, tasks
from whichmodel.domain import ModelCard
from whichmodel.web.html import page
from whichmodel.web.site import Missing
from whichmodel.weights import records
from whichmodel.workflow.runs import Runs, runs

RUNS = {
    "now": "runs now",
    "after-pull": "after a download",
    "needs-weights": "needs weights",
    "cannot": "cannot run here",
}
_NO_LICENCE = "not stated"
_FRESH = 30.0
"""Seconds for which it is believed whether a model runs; a download may change it."""


@dataclass(frozen=True)
class _Row:
    card: ModelCard
    task: str
    licence: str
    found: Runs


_kept: tuple[float, list[_Row]] = (0.0, [])


async def models(request: Request) -> Response:
    """The models that match the filters."""
    asked = {name: request.query_params.get(name, "")[:100] for name in ("task", "licence", "runs", "name")}
    rows = await asyncio.to_thread(_rows)
    shown = [row for row in rows if _matches(row, asked)]
    names = tasks()
    return page(
        "models.html",
        here="models",
        rows=shown,
        count=len(rows),
        asked=asked,
        tasks=sorted({(row.card.task, row.task) for row in rows}, key=lambda item: item[1]),
        licences=sorted({row.licence for row in rows}),
        statuses=RUNS,
        known=names,
    )


async def model(request: Request) -> Response:
    """Everything that is known about one model, each sentence with the place that it rests on."""
    name = request.path_params["name"]
    row = next((row for row in await asyncio.to_thread(_rows) if row.card.name == name), None)
    if row is None:
        raise Missing("model")
    weights = records().get(row.card.weights or "")
    return page(
        "model.html",
        here="models",
        card=row.card,
        task=tasks()[row.card.task],
        found=row.found,
        weights=weights,
        statuses=RUNS,
    )


def _rows() -> list[_Row]:
    """All models; `_kept` for a while, as whether each runs is looked up on the disk."""
    global _kept
    when, rows = _kept
    if not rows or time.monotonic() - when > _FRESH:
        known, weights = tasks(), records()
        rows = [
            _Row(
                card,
                known[card.task].name,
                weights[card.weights].licence if card.weights in weights else card.licence or _NO_LICENCE,
                runs(card),
            )
            for card in cards().values()
        ]
        _kept = (time.monotonic(), rows)
    return rows


def _matches(row: _Row, asked: dict[str, str]) -> bool:
    words = asked["name"].casefold().split()
    text = f"{row.card.name} {row.card.paper_title or ''} {row.task}".casefold()
    return (
        (not asked["task"] or asked["task"] in (row.card.task, *tasks()[row.card.task].parents))
        and (not asked["licence"] or row.licence == asked["licence"])
        and (not asked["runs"] or row.found.status == asked["runs"])
        and all(word in text for word in words)
    )
