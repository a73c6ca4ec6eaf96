"""`whichmodel papers import` and `index`: fill the library of papers."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whichmodel.domain import SCHEMA_VERSION, InputError, WhichmodelError, to_data

if TYPE_CHECKING:
    from whichmodel.catalog.library.embedded import EmbeddedLibrary
    from whichmodel.catalog.library.importing import ImportReport
    from whichmodel.catalog.library.postgres import PostgresLibrary
    from whichmodel.catalog.library.sources import Row

_MINUTES_A_THOUSAND = 0.6
# So many vectors are made without being asked for: about a minute.
_SOME = 2000


@click.command(name="import", short_help="Import papers: files, or from arXiv.")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--arxiv", "queries", metavar="QUERY", multiple=True, help='From arXiv: cat:cs.CV AND abs:"inpainting".'
)
@click.option("--oai", "sets", metavar="SET", multiple=True, help="A whole set of arXiv, such as cs or eess.")
@click.option("--since", metavar="DAY", default="", help="With --oai: only what changed since, 2024-01-31.")
@click.option("--until", metavar="DAY", default="", help="With --oai: only what changed until.")
@click.option("--base-url", metavar="URL", help="With --arxiv or --oai: another server that speaks the same.")
@click.option(
    "--most", metavar="N", type=click.IntRange(1), help="Stop after about N papers; the next import goes on."
)
@click.option(
    "--source", metavar="NAME", help="What to call this source; else arxiv, or the name of the file."
)
@click.option(
    "--vectors/--no-vectors", default=None, help="Make the vectors of meaning now, or later (papers index)."
)
@click.option("--library", "name", metavar="DIR|URL", help="The library to fill, in place of your own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def import_papers(
    files: tuple[Path, ...],
    queries: tuple[str, ...],
    sets: tuple[str, ...],
    since: str,
    until: str,
    base_url: str | None,
    most: int | None,
    source: str | None,
    vectors: bool | None,
    name: str | None,
    as_json: bool,
) -> int:
    """Import papers from FILEs (JSON lines, arXiv's metadata snapshot, BibTeX; gzip is fine) or from arXiv.

    A paper that is there already, by arXiv number, DOI or title, is renewed where the new record is of a
    later version or brings what was missing. Interrupted, the same command goes on where it stopped; later,
    it brings what is new. Where rows cannot be used the others are imported; then the exit code is 2.
    """
    from whichmodel.catalog.library.opening import open_for_import

    tasks = [*_of_files(files, source), *_of_web(queries, sets, base_url, since, until, most, source)]
    if not tasks:
        raise InputError("nothing to import was named", hint="name a file, --arxiv QUERY or --oai SET")
    bad, documents = 0, []
    with open_for_import(name) as library:
        for told, key, keep_place, rows in tasks:
            report = _import(library, told, key, keep_place, rows, most)
            bad += report.bad_rows
            if as_json:
                documents.append({"from": told, **to_data(report)})
            else:
                _tell(told, report)
        missing = library.without_vector
        if vectors or (vectors is None and missing <= _SOME):
            _embed(library, missing)
        elif missing:
            minutes = max(1, round(missing / 1000 * _MINUTES_A_THOUSAND))
            click.echo(
                f"{missing:,} papers have no vector yet: they are shown only where a title has every word of the"
                " question\n  `whichmodel papers index` makes the vectors"
                f" (about {minutes} minute{'' if minutes == 1 else 's'}, can be interrupted)",
                err=True,
            )
    if as_json:
        _echo_json({"imports": documents})
    return 2 if bad else 0


@click.command(name="index", short_help="Make the vectors that a large import left for later.")
@click.option("--most", metavar="N", type=click.IntRange(1), help="At most so many vectors now.")
@click.option("--library", "name", metavar="DIR|URL", help="The library that is meant, in place of your own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def index_papers(most: int | None, name: str | None, as_json: bool) -> None:
    """Make what the library still lacks: its index of words, and vectors of meaning, the newest papers first."""
    from whichmodel.catalog.library.opening import open_for_import

    with open_for_import(name) as library:
        words = library.index()
        missing = library.without_vector
        made = _embed(library, missing if most is None else min(missing, most))
    if as_json:
        _echo_json({"indexed": words, "vectors": made, "missing": missing - made})
    else:
        click.echo(f"{words:,} papers indexed, {made:,} vectors made, {missing - made:,} still missing")


def _echo_json(document: dict[str, Any]) -> None:
    """Print a document for programs, with the version of its form."""
    import msgspec

    whole = {"schema_version": SCHEMA_VERSION, **document}
    click.echo(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())


def _import(
    library: EmbeddedLibrary | PostgresLibrary,
    told: str,
    key: str,
    keep_place: bool,
    rows: Callable[[str], Iterable[Row]],
    most: int | None,
) -> ImportReport:
    from whichmodel.catalog.library.importing import import_rows
    from whichmodel.catalog.library.records import Changes

    def watch(changes: Changes, bad: int) -> None:
        seen = changes.new + changes.changed + changes.known + bad
        if seen:
            click.echo(f"\r{told}: {seen:,} rows", nl=False, err=True)

    quiet = not sys.stderr.isatty()
    try:
        return import_rows(
            library,
            rows,
            name=key,
            keep_place=keep_place,
            most=most,
            watch=(lambda c, b: None) if quiet else watch,
        )
    finally:
        if not quiet:
            click.echo(err=True)


def _of_files(
    files: tuple[Path, ...], source: str | None
) -> list[tuple[str, str, bool, Callable[[str], Iterable[Row]]]]:
    from whichmodel.catalog.library.importing import name_of_file
    from whichmodel.catalog.library.sources.bibtex import read_bibtex
    from whichmodel.catalog.library.sources.lines import read_lines
    from whichmodel.catalog.outside import printable

    found: list[tuple[str, str, bool, Callable[[str], Iterable[Row]]]] = []
    for path in files:
        shown = printable(str(path))
        try:
            key = name_of_file(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(
                f"{shown} cannot be read: {reason}", hint="check the name and the rights"
            ) from error
        if not path.is_file():
            raise InputError(f"{shown} is not a file", hint="name files of JSON lines or BibTeX")
        read = read_bibtex if path.suffix.casefold() in (".bib", ".bibtex") else read_lines
        named = source or path.name.split(".")[0]
        found.append((shown, key, False, functools.partial(_rows_of_file, read, path, named)))
    return found


def _rows_of_file(
    read: Callable[..., Iterable[Row]], path: Path, source: str, position: str
) -> Iterable[Row]:
    return read(path, source=source, position=position)


def _of_web(
    queries: tuple[str, ...],
    sets: tuple[str, ...],
    base_url: str | None,
    since: str,
    until: str,
    most: int | None,
    source: str | None,
) -> list[tuple[str, str, bool, Callable[[str], Iterable[Row]]]]:
    from whichmodel.catalog.library.importing import name_of_query
    from whichmodel.catalog.library.sources import arxiv, oai
    from whichmodel.catalog.library.sources.web import Polite
    from whichmodel.catalog.outside import printable

    web = Polite(say=lambda line: click.echo(f"whichmodel: {printable(line)}", err=True))
    named = source or "arxiv"
    found: list[tuple[str, str, bool, Callable[[str], Iterable[Row]]]] = []
    for query in queries:
        base = base_url or arxiv.BASE

        def rows_of_query(position: str, query: str = query, base: str = base) -> Iterable[Row]:
            page = min(arxiv.PAGE, most or arxiv.PAGE)
            return arxiv.read_arxiv(query, web, source=named, position=position, base=base, page=page)

        found.append((printable(f"arXiv {query}"), name_of_query("arxiv", base, query), True, rows_of_query))
    for name in sets:
        base = base_url or oai.BASE

        def rows_of_set(position: str, name: str = name, base: str = base) -> Iterable[Row]:
            return oai.read_oai(
                name, web, source=named, position=position, base=base, since=since, until=until
            )

        key = name_of_query("oai", base, f"{name} {until}")
        found.append((printable(f"arXiv's set {name}"), key, True, rows_of_set))
    return found


def _embed(library: EmbeddedLibrary | PostgresLibrary, count: int) -> int:
    from whichmodel.runtimes.text_encoder import encode

    if not count:
        return 0
    try:
        with click.progressbar(length=count, label="vectors", file=sys.stderr) as bar:
            before = 0

            def watch(made: int) -> None:
                nonlocal before
                bar.update(made - before)
                before = made

            return library.embed(encode, most=count, watch=watch)
    except WhichmodelError as error:
        # Words are found without it.
        click.echo(f"whichmodel: no vectors were made: {error}", err=True)
        return 0


def _tell(told: str, report: ImportReport) -> None:
    changes = report.changes
    parts = [f"{changes.new:,} new", f"{changes.changed:,} renewed", f"{changes.known:,} known already"]
    if report.bad_rows:
        parts.append(f"{report.bad_rows:,} row{'' if report.bad_rows == 1 else 's'} that cannot be used")
    went_on = ", went on where it had stopped" if report.resumed else ""
    early = f"; stopped {report.stopped}" if report.stopped else ""
    click.echo(f"{told}: {', '.join(parts)}{went_on}{early}")
    for problem in report.problems:
        click.echo(f"  {problem.place}: {problem.message}", err=True)
    if report.bad_rows > len(report.problems):
        click.echo(f"  and {report.bad_rows - len(report.problems):,} more", err=True)
