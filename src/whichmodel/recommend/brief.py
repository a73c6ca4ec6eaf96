"""From a ranking to a Brief: the evidence of an answer to a question that came without any."""

from __future__ import annotations

from whichmodel.domain import Brief, Link, Source, Statement
from whichmodel.recommend.rank import Ranking


def make_brief(ranking: Ranking) -> Brief:
    """A Brief of the recommended models and the papers behind them, with the cards' located sentences."""
    models = tuple(
        Source(
            number=number,
            kind="model",
            name=item.card.name,
            links=item.card.links,
            task=item.card.task,
            scale=item.card.scale,
            statements=item.card.statements,
        )
        for number, item in enumerate(ranking.models, start=1)
    )
    return Brief(
        question=ranking.intent.question,
        models=models,
        papers=_papers(ranking, first=len(models) + 1),
        origin="catalog",
        notes=(ranking.unsure,) if ranking.unsure else (),
    )


def _papers(ranking: Ranking, first: int) -> tuple[Source, ...]:
    """Each paper behind a recommended model once, with the models it belongs to."""
    behind: dict[tuple[str, str], list[int]] = {}
    tasks_of: dict[tuple[str, str], str] = {}
    for number, item in enumerate(ranking.models, start=1):
        paper = next((link.url for link in item.card.links if link.kind == "paper"), None)
        if paper and item.card.paper_title:
            key = (item.card.paper_title, paper)
            behind.setdefault(key, []).append(number)
            tasks_of[key] = item.card.task
    return tuple(
        Source(
            number=first + index,
            kind="paper",
            name=title,
            links=(Link(kind="paper", url=url),),
            task=tasks_of[title, url],
            statements=(
                Statement(
                    text=f"The paper behind {' and '.join(f'[{number}]' for number in numbers)}.",
                    kind="stated",
                    locator="catalog field: paper",
                ),
            ),
        )
        for index, ((title, url), numbers) in enumerate(behind.items())
    )
