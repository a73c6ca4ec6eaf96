"""BibTeX, read with `bibtexparser` (the extra `bibtex`)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whichmodel.catalog.library.sources.rows import Problem, Row, paper_of
from whichmodel.catalog.outside import printable, read_text
from whichmodel.domain import InputError

_HINT = "pip install 'whichmodel[bibtex]'"
_BRACES = re.compile(r"[{}]")


def read_bibtex(path: Path, *, source: str, position: str = "") -> Iterator[Row]:
    """The rows of a file of at most 16 MB; the position is the number of entries read.

    Raises:
        InputError: the file cannot be read, or the extra is not installed.
    """
    try:
        from bibtexparser import middlewares
        from bibtexparser.entrypoint import parse_string
    except ModuleNotFoundError as error:
        raise InputError("BibTeX needs a library that is not installed", hint=_HINT) from error
    text = read_text(path)
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what is wrong is told as a problem
    steps = [middlewares.LatexDecodingMiddleware()]
    found = parse_string(text, append_middleware=steps)
    for number, block in enumerate(found.blocks, start=1):
        if number <= int(position or 0):
            continue
        row = _row(block, source)
        if row is not None:
            yield Row(paper=row.paper, problem=row.problem, position=str(number))


def _row(block: Any, source: str) -> Row | None:
    from bibtexparser import model

    at = f"line {(block.start_line or 0) + 1}"
    try:
        if isinstance(block, model.DuplicateFieldKeyBlock):
            raise ValueError(f"names {', '.join(sorted(block.duplicate_keys))} twice")
        if isinstance(block, model.ParsingFailedBlock):
            inner = block.ignore_error_block
            # An entry under a key that was used before is an entry all the same.
            if not isinstance(block, model.DuplicateBlockKeyBlock) or not isinstance(inner, model.Entry):
                told = printable(str(block.error), 120) or "is a brace or a comma missing?"
                raise ValueError(f"cannot be read: {told}")
            block = inner
        if not isinstance(block, model.Entry):
            return None
        return Row(paper=paper_of(_fields(block), source=source))
    except ValueError as error:
        return Row(problem=Problem(place=at, message=printable(str(error))))


def _fields(entry: Any) -> dict[str, Any]:
    plain = {
        field.key.casefold(): _BRACES.sub("", field.value).strip()
        for field in entry.fields
        if isinstance(field.value, str)
    }
    if "arxiv" not in plain.get("archiveprefix", "arxiv").casefold():
        plain.pop("eprint", None)
    if "journal" in plain and "eprint" not in plain:
        # "arXiv preprint arXiv:2301.00001"
        number = re.search(r"arxiv:\s*(\S+)", plain["journal"], re.IGNORECASE)
        if number:
            plain["arxiv"] = number[1]
    # "Family, First and Family, First": here a comma parts no names.
    authors = re.split(r"\s+and\s+", plain.get("author", ""))
    # The key of an entry is its owner's and tells nothing; keywords are its owner's as well.
    return {**plain, "authors": authors, "id": ""}
