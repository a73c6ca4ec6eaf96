"""`whichmodel recommend`: ranked models with reasons, for one question or a file of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from whichmodel.api.ranked import as_data
from whichmodel.domain import InputError
from whichmodel.files import replacing
from whichmodel.recommending import Ranking
from whichmodel.recommending import recommend as rank
from whichmodel.understand import understand


class _Line(msgspec.Struct):
    """One line of a batch: other fields are allowed and ignored."""

    id: str | int
    question: str


@click.command()
@click.argument("question", required=False)
@click.option("--top", type=click.IntRange(1, 100), default=3, show_default=True, help="How many models.")
@click.option(
    "--collection", type=click.Choice(["cnaps", "whichmodel"]), help="Only models of this collection."
)
@click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
@click.option("--batch", type=click.Path(path_type=Path), help='JSON lines {"id", "question"} to read.')
@click.option("--output", type=click.Path(path_type=Path), help="Where the JSON lines of --batch go.")
def recommend(
    question: str | None,
    top: int,
    collection: str | None,
    as_json: bool,
    batch: Path | None,
    output: Path | None,
) -> None:
    """Recommend models for QUESTION, each with the reason and what speaks against it.

    With --batch IN.jsonl --output OUT.jsonl every line is answered, in order.
    """
    if batch is not None:
        if question is not None or output is None:
            raise InputError(
                "--batch goes with --output and without a question", hint="--batch IN --output OUT"
            )
        _batch(batch, output, top, collection)
        return
    if question is None or output is not None:
        raise InputError("one question is needed", hint='whichmodel recommend "enlarge my photo 4x"')
    ranking = rank(understand(question), top=top, collection=collection)
    if as_json:
        sys.stdout.write(msgspec.json.encode(as_data(ranking)).decode() + "\n")
    else:
        _show(ranking)


def _batch(source: Path, target: Path, top: int, collection: str | None) -> None:
    """Answer every line; the output appears under its name only when it is complete."""
    if target.exists() and source.exists() and target.samefile(source):
        raise InputError("--output is the --batch file itself", hint="give another name")
    try:
        with replacing(target) as temporary, temporary.open("wb") as out:
            for line in _lines(source):
                ranking = rank(understand(line.question), top=top, collection=collection)
                out.write(msgspec.json.encode({"id": line.id, **as_data(ranking)}) + b"\n")
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}") from error


def _lines(source: Path) -> Iterator[_Line]:
    try:
        file = source.open("rb")
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}") from error
    with file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield msgspec.json.decode(line, type=_Line)
            except msgspec.DecodeError as error:
                raise InputError(
                    f"{source}, line {number}: {error}", hint='expected {"id": ..., "question": "..."}'
                ) from error


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
