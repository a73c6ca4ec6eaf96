"""`whichmodel recommend`: ranked models with reasons, for one question or a file of them."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from whichmodel.api.batch_lines import Wish
from whichmodel.api.ranked import as_data
from whichmodel.cli.batch import batch_of, batch_options, do_batch
from whichmodel.cli.completion import collection_names
from whichmodel.domain import InputError
from whichmodel.recommending import Ranking
from whichmodel.recommending import recommend as rank
from whichmodel.understand import understand


@click.command(short_help="Name models for a question, with the reasons.")
@click.argument("question", required=False)
@click.option("--top", type=click.IntRange(1, 100), default=3, show_default=True, help="How many models.")
@click.option(
    "--collection",
    metavar="NAME",
    shell_complete=collection_names,
    help="Only models of this collection: whichmodel, cnaps, or a catalog that a package brings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@batch_options('"id", "question"')
def recommend(question: str | None, top: int, collection: str | None, as_json: bool, **of_batch: Any) -> None:
    """Recommend models for QUESTION, each with the reason and what speaks against it.

    With --batch IN.jsonl --output OUT.jsonl every line is answered, in order. A line that is no request ends the
    batch and is named; what is finished is kept for --resume.
    """
    batch = batch_of(of_batch, alone=question is None)
    if batch is not None:
        do_batch(Wish(verb="recommend", top=top, collection=collection), batch)
        return
    if question is None:
        raise InputError("one question is needed", hint='whichmodel recommend "enlarge my photo 4x"')
    ranking = rank(understand(question), top=top, collection=collection)
    if as_json:
        sys.stdout.write(msgspec.json.encode(as_data(ranking)).decode() + "\n")
    else:
        _show(ranking)


def _show(ranking: Ranking) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    intent = ranking.intent
    if intent.task:
        factor = (
            f", {intent.scale:g}×"
            if isinstance(intent.scale, float)
            else ", open size"
            if intent.scale
            else ""
        )
        console.print(
            f"Task: {intent.task}{factor} (confidence {intent.candidates[0].confidence:.2f})", markup=False
        )
    if ranking.unsure:
        console.print(ranking.unsure, markup=False)
    if not ranking.models:
        return
    table = Table(box=None, pad_edge=False)
    for column in ("model", "score", "for it", "against it"):
        table.add_column(column, overflow="fold")
    for item in ranking.models:
        table.add_row(item.card.name, f"{item.score:.2f}", item.why, item.against)
    console.print(table)
