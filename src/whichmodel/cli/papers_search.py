"""`whichmodel papers search`: papers that belong to a question, and the words each is shown for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whichmodel.recommending.papers import Related


@click.command(name="search", short_help="Find papers for a question, or words of a title.")
@click.argument("query")
@click.option("--year", metavar="FROM..TO", default="", help="Years, such as 2023, 2020.. or 2020..2022.")
@click.option("--topic", metavar="NAME", default="", help="One of its tasks or subjects: deblurring, cs.CV.")
@click.option("--code", is_flag=True, help="Only papers whose code is linked.")
@click.option("--source", metavar="NAME", default="", help="Only from this list or import.")
@click.option("--top", metavar="N", type=click.IntRange(1, 100), default=10, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--library", "name", metavar="DIR|URL", help="The library that is meant, in place of your own.")
def search_papers(
    query: str, year: str, topic: str, code: bool, source: str, top: int, as_json: bool, name: str | None
) -> int:
    """The papers that belong to QUERY, a question or words of a title, each with the words it is shown for.

    Of papers that are not near enough none is shown.
    """
    from whichmodel.api.papers import search

    searched = search(query, year=year, topic=topic, code=code, source=source, top=top, library=name)
    found = searched.found
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(searched.data()), indent=2).decode())
    elif not found:
        held = searched.library
        narrowed = " that passes your filters" if searched.filtered else ""
        click.echo(f"no related paper in your library of {len(held):,}{narrowed}")
        if missing := held.without_vector:
            click.echo(
                f"{missing:,} of them have no vector yet: `whichmodel papers index` makes them", err=True
            )
    else:
        _print_table(found)
    return 0


def _print_table(found: Sequence[Related]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from whichmodel.catalog.outside import printable

    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in ("score", "year", "paper, and why it is shown"):
        table.add_column(column, overflow="fold", vertical="top")
    for item in found:
        told = Text(printable(item.paper.title), style="bold")
        for line in _lines(item):
            told.append(f"\n{line}", style="not bold")
        table.add_row(f"{item.score:.2f}", str(item.paper.year or ""), told)
    Console().print(table)


def _lines(item: Related) -> list[str]:
    from whichmodel.catalog.library.shipped import models_of
    from whichmodel.catalog.outside import printable

    lines = [item.why, *(link.url for link in item.paper.links)]
    if behind := models_of(item.paper):
        lines.append(f"behind our {', '.join(behind[:5])}{' …' if len(behind) > 5 else ''}")
    return [printable(line) for line in lines]
