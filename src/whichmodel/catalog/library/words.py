"""The index of words of a library on this computer: tantivy, memory-mapped, updated in place.

Title and abstract are one field, the title's words twice. The filters are fields of the same index.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whichmodel.catalog.lexical import analyzer, terms
from whichmodel.catalog.library.protocol import EVERYTHING, Filters, Found, plain_topic, topics_of
from whichmodel.domain import InputError, Paper

if TYPE_CHECKING:
    import tantivy

_ANALYZER = "english"
_HEAP = 100_000_000
_K1 = 1.2
NO_YEAR = 0


class Words:
    """The index of one folder; it sees what was committed before it was made or last renewed.

    Args:
        folder: of tantivy; it is made where `write` says so.

    Raises:
        InputError: it is missing, damaged or of another version.
    """

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        import tantivy

        self._commits = folder / "meta.json"
        try:
            if write:
                folder.mkdir(parents=True, exist_ok=True)
                self._index = tantivy.Index(_schema(), path=str(folder))
            else:
                self._index = tantivy.Index.open(str(folder))
            self._index.register_tokenizer(_ANALYZER, analyzer())
            self._index.config_reader("manual", 1)
        except (OSError, ValueError) as error:
            raise InputError(
                f"the index of words {folder} cannot be opened: {error}",
                hint="remove this folder and run `whichmodel papers index`: it is made again from the records",
            ) from error
        self.renew()

    def renew(self) -> None:
        """See what was committed meanwhile."""
        self._index.reload()
        self._searcher = self._index.searcher()

    def stamp(self) -> int:
        """Changes with every commit."""
        try:
            return self._commits.stat().st_mtime_ns
        except OSError:
            return 0

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def put(self, papers: Iterable[tuple[int, Paper]]) -> None:
        """Index papers by their rows; an older text of a row goes. All of them are seen, or none."""
        import tantivy

        writer = self._index.writer(heap_size=_HEAP, num_threads=1)
        try:
            for row, paper in papers:
                writer.delete_documents_by_term("row", row)
                document = tantivy.Document()
                document.add_integer("row", row)
                document.add_text("text", f"{paper.title}\n{paper.title}\n{paper.summary}")
                document.add_integer("year", paper.year or NO_YEAR)
                document.add_integer("code", int(paper.has_code))
                document.add_text("source", paper.source)
                for topic in topics_of(paper):
                    document.add_text("topic", topic)
                writer.add_document(document)
            writer.commit()
        finally:
            writer.wait_merging_threads()
        self.renew()

    def search(self, query: str, *, filters: Filters = EVERYTHING, top: int = 1000) -> Found:
        """The best rows by BM25; see `Library.lexical`."""
        import tantivy

        known = [(term, self._searcher.doc_freq("text", term)) for term in terms(query)]
        known = [(term, frequency) for term, frequency in known if frequency]
        if not known or top < 1:
            return nothing()
        schema = self._index.schema
        wanted = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", term)) for term, _ in known]
        )
        if not filters.empty:
            narrowed = tantivy.Query.const_score_query(self._narrowed(filters), 0.0)
            wanted = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, narrowed)]
            )
        hits = self._searcher.search(wanted, limit=top, count=False).hits
        count = len(self)
        most = sum(math.log(1 + (count - frequency + 0.5) / (frequency + 0.5)) for _, frequency in known)
        return Found(self._rows(hits), np.array([score for score, _ in hits], np.float32), most * (1 + _K1))

    def passing(self, filters: Filters, most: int) -> np.ndarray | None:
        """The rows that pass a filter, `(k,)` int64; `None` where they are more than `most`."""
        hits = self._searcher.search(self._narrowed(filters), limit=most + 1, count=False).hits
        return None if len(hits) > most else self._rows(hits)

    def _narrowed(self, filters: Filters) -> tantivy.Query:
        import tantivy

        schema, must = self._index.schema, tantivy.Occur.Must
        parts = [(must, tantivy.Query.all_query())]
        if filters.year_from is not None or filters.year_to is not None:
            lowest, highest = max(filters.year_from or 1, 1), max(filters.year_to or 9999, 1)
            kind = tantivy.FieldType.Integer
            parts.append((must, tantivy.Query.range_query(schema, "year", kind, lowest, highest)))
        if filters.has_code:
            parts.append((must, tantivy.Query.term_query(schema, "code", 1)))
        if filters.topic:
            parts.append((must, tantivy.Query.term_query(schema, "topic", plain_topic(filters.topic))))
        if filters.source:
            parts.append((must, tantivy.Query.term_query(schema, "source", filters.source)))
        return tantivy.Query.boolean_query(parts)

    def _rows(self, hits: list[tuple[float, tantivy.DocAddress]]) -> np.ndarray:
        values = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(values, np.int64)


def nothing() -> Found:
    """No row."""
    return Found(np.zeros(0, np.int64), np.zeros(0, np.float32))


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", fast=True, indexed=True)
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_integer_field("year", fast=True, indexed=True)
    builder.add_integer_field("code", indexed=True)
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("topic", tokenizer_name="raw", index_option="basic")
    return builder.build()
