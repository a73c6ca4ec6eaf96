"""`whichmodel papers`: search the library of papers, and fill it."""

from __future__ import annotations

import click

from whichmodel.cli.papers_import import import_papers, index_papers
from whichmodel.cli.papers_search import search_papers


@click.group(short_help="Search the library of papers; import more.")
def papers() -> None:
    """Search the library of papers, and fill it: from arXiv, BibTeX, or lists of your own."""


papers.add_command(search_papers)
papers.add_command(import_papers)
papers.add_command(index_papers)
