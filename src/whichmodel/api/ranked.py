"""Recommendations as the data that programs get."""

from __future__ import annotations

from typing import Any

import msgspec

from whichmodel.recommending import Ranking, make_brief


def as_data(ranking: Ranking) -> dict[str, Any]:
    """The ranking as the command contract gives it: `intent`, `models`, `papers`."""
    intent = msgspec.to_builtins(ranking.intent)
    return {
        "intent": {"task": intent.pop("task"), "scale": intent.pop("scale"), **intent},
        "models": [
            {
                "name": item.card.name,
                "task": item.card.task,
                "scale": item.card.scale,
                "score": item.score,
                "why": item.why,
                "against": item.against,
                "runs_here": item.runs_here,
            }
            for item in ranking.models
        ],
        "papers": [
            {"title": paper.name, "links": [link.url for link in paper.links]}
            for paper in make_brief(ranking).papers
        ],
        "unsure": ranking.unsure,
    }
