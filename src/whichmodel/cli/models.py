"""`whichmodel models`: which models the catalog knows, and what is known about one of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches

import click

from whichmodel.catalog import cards, check, tasks
from whichmodel.cli.models_import import import_models
from whichmodel.domain import InputError, ModelCard, to_data


@click.group()
def models() -> None:
    """List the models of the catalog, show what is known about one, and import more."""


models.add_command(import_models)


@models.command(name="list")
@click.option("--task", "task_id", metavar="ID", help="Only models of this task, e.g. super-resolution.")
@click.option(
    "--collection", type=click.Choice(["cnaps", "whichmodel"]), help="Only models of this collection."
)
@click.option("--runs-here", is_flag=True, help="Only models whose weights whichmodel can fetch and run.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_models(task_id: str | None, collection: str | None, runs_here: bool, as_json: bool) -> None:
    """Which models there are: name, task, factor, and whether they can run here."""
    check()
    if task_id is not None:
        _known_task(task_id)
    runnable = runnable_names()
    chosen = [
        card
        for card in cards().values()
        if (task_id is None or _does(card, task_id))
        and (collection is None or card.collection == collection)
        and (not runs_here or card.name in runnable)
    ]
    if as_json:
        _print_json([{**to_data(card), "runs_here": card.name in runnable} for card in chosen])
        return
    _print_table(chosen, runnable)


@models.command(name="show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def show_model(name: str, as_json: bool) -> None:
    """Everything that is known about the model NAME, each sentence with the place it rests on."""
    card = find_card(name)
    runs = card.name in runnable_names()
    if as_json:
        _print_json({**to_data(card), "runs_here": runs})
        return
    click.echo("\n".join(_card_lines(card, runs)))


def find_card(name: str) -> ModelCard:
    """The card of this name; upper and lower case may differ.

    Raises:
        InputError: there is none; the hint suggests names that are close.
    """
    known = cards()
    if name in known:
        return known[name]
    folded = {other.casefold(): other for other in known}
    wanted = name.casefold()
    if wanted in folded:
        return known[folded[wanted]]
    inside = [other for lower, other in folded.items() if wanted and wanted in lower]
    close = [folded[lower] for lower in get_close_matches(wanted, folded, n=5, cutoff=0.6)]
    pieces: dict[str, list[str]] = {}
    for lower, other in folded.items():
        for piece in re.split(r"[\W_]+", lower):
            pieces.setdefault(piece, []).append(other)
    alike = [
        other for piece in get_close_matches(wanted, pieces, n=2, cutoff=0.75) for other in pieces[piece][:2]
    ]
    suggestions = list(dict.fromkeys([*inside[:5], *close, *alike]))[:5]
    hint = f"did you mean: {', '.join(suggestions)}" if suggestions else "`whichmodel models list` names all"
    raise InputError(f"the catalog has no model called {name!r}", hint=hint)


def runnable_names() -> frozenset[str]:
    """Names of the models for which there is a record of weights."""
    from whichmodel.weights.record import records

    known = records()
    return frozenset(card.name for card in cards().values() if card.weights in known)


def _known_task(task_id: str) -> None:
    if task_id not in tasks():
        close = get_close_matches(task_id.casefold(), tasks(), n=3, cutoff=0.4)
        hint = f"did you mean: {', '.join(close)}" if close else f"tasks are: {', '.join(tasks())}"
        raise InputError(f"there is no task called {task_id!r}", hint=hint)


def _does(card: ModelCard, task_id: str) -> bool:
    """Whether the model is for this task, or for a narrower one that it includes."""
    return card.task == task_id or task_id in tasks()[card.task].parents


def _print_table(chosen: Iterable[ModelCard], runnable: frozenset[str]) -> None:
    rows = [
        (card.name, card.task, _scale(card), card.variant, "yes" if card.name in runnable else "no")
        for card in chosen
    ]
    if not sys.stdout.isatty():
        # For other programs: one model a line, fields between tabs, nothing cut off.
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "task", "factor", "variant", "runs here")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    click.echo(f"{len(rows)} models; `whichmodel models show NAME` tells what is known about one")


def _card_lines(card: ModelCard, runs: bool) -> Iterable[str]:
    task = tasks()[card.task]
    yield card.name
    yield f"  task        {task.name} ({task.id}): {task.definition}"
    facts = {
        "variant": card.variant,
        "factor": _scale(card),
        "trained on": ", ".join(card.trained_on),
        "suits": ", ".join(card.suits),
        "paper title": card.paper_title or "",
        "licence": card.licence or "",
        "collection": card.collection,
        "runs here": f"yes, with the weights {card.weights}" if runs else "no",
        "tiles": _tiling(card) if runs else "",
    }
    yield from (f"  {label:<11} {value}" for label, value in facts.items() if value)
    yield from (f"  {link.kind:<11} {link.url}" for link in card.links)
    yield ""
    yield from (f"  - {item.text} [{item.kind}: {item.locator}]" for item in card.statements)
    if card.corrections:
        yield ""
        yield "  Changed against the catalog that it was taken from:"
        yield from (f"  - {text}" for text in card.corrections)


def _tiling(card: ModelCard) -> str:
    """How exact results made in tiles are, as measured."""
    from whichmodel.weights.record import record

    weights = record(card.weights or "")
    if weights.context == "global":
        return "blended into each other, as the network looks at the whole of each; not exact"
    if weights.tiling is None:
        return "how exact they are was not measured"
    found = weights.tiling
    return (
        f"overlap by {found.overlap} pixels and differ from the whole picture by at most {found.steps} of 255"
        f" after rounding, {found.difference * 255:.4f} before it (measured {found.date}: {found.pictures})"
    )


def _scale(card: ModelCard) -> str:
    if card.scale is None:
        return ""
    return "any" if card.scale == "any" else f"{card.scale}x"


def _print_json(data: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
