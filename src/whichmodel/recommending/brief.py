"""From a ranking to a Brief: the evidence of an answer to a question that came without any."""

from __future__ import annotations

from whichmodel.domain import Brief, Link, Source, Statement
from whichmodel.recommending.papers import Related, related
from whichmodel.recommending.rank import Ranking, Recommendation
from whichmodel.recommending.relation import abstract_of


def make_brief(ranking: Ranking, *, related_top: int = 2) -> Brief:
    """A Brief of the recommended models, the papers behind them, and at most `related_top` related ones.

    Of a related paper of which the library holds the abstract the writer gets the abstract, to quote from;
    of one of which only the title is held it gets the words of the title that it is shown for, and
    nothing beyond the title is said.
    """
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
        for number, item in enumerate(_alike(ranking), start=1)
    )
    return Brief(
        question=ranking.intent.question,
        models=models,
        papers=_papers(ranking, first=len(models) + 1, related_top=related_top),
        origin="catalog",
        notes=(ranking.unsure,) if ranking.unsure else (),
    )


def _papers(ranking: Ranking, first: int, related_top: int) -> tuple[Source, ...]:
    """Each paper behind a recommended model once, with the models it belongs to; then related ones."""
    behind = _behind(ranking, first)
    known = {_plain_title(source.name) for source in behind}
    others = [
        found
        for found in (related(ranking.intent, related_top + len(behind)) if related_top else ())
        if _plain_title(found.paper.title) not in known
    ]
    return behind + tuple(
        _source(found, first + len(behind) + index, ranking.intent.task)
        for index, found in enumerate(others[:related_top])
    )


def _source(found: Related, number: int, task: str | None) -> Source:
    paper = found.paper
    if abstract := abstract_of(paper):
        return Source(number=number, kind="paper", name=paper.title, links=paper.links, summary=abstract)
    return Source(
        number=number,
        kind="paper",
        name=paper.title,
        links=paper.links,
        task=task if task in paper.tasks else next(iter(paper.tasks), None),
        statements=(Statement(text=found.why, kind="stated", locator="paper title", about="task"),),
    )


def _alike(ranking: Ranking) -> list[Recommendation]:
    """The recommended models; where the first does the very task, only those that do it too."""
    exact = [item for item in ranking.models if item.card.task == ranking.intent.task]
    return exact or list(ranking.models)


def _plain_title(title: str) -> str:
    return "".join(character for character in title.casefold() if character.isalnum())


def _behind(ranking: Ranking, first: int) -> tuple[Source, ...]:
    behind: dict[tuple[str, str], list[int]] = {}
    tasks_of: dict[tuple[str, str], str] = {}
    for number, item in enumerate(_alike(ranking), start=1):
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
