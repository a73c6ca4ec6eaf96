"""The lexical half of the search: an embedded full-text index over short texts, English stems, BM25.

The index of a set of texts is built once, into a folder whose name carries a digest of the texts, and
is opened memory-mapped afterwards. It is built under a temporary name and renamed, so what carries the
final name is whole and two processes that build at once do not meet. Where the folder cannot be
written the index is built in memory.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tantivy
    from numpy.typing import NDArray

_ANALYZER = "english"
_TEMPORARY = ".part-"
_A_DAY = 86_400
# Longer queries are cut: what a question says, it says in its first words.
MOST_TERMS = 64
_K1 = 1.2


class LexicalIndex:
    """Ranks a fixed set of texts by the words that they share with a query.

    Args:
        texts: the texts; a row is the place of one of them.
        name: of the set, lower-case letters.
        folder: where indexes are kept between runs; `None` keeps nothing.
    """

    def __init__(self, texts: Sequence[str], *, name: str, folder: Path | None) -> None:
        self._count = len(texts)
        stored = _stored(texts, folder / f"{name}-{_digest(texts)}") if folder is not None else None
        self._index = stored or _build(texts, None)
        self._index.config_reader("manual", 1)
        self._index.reload()
        self._searcher = self._index.searcher()

    def shares(self, query: str) -> NDArray[np.float32]:
        """How much of the query each text has: 0 (no word) to 1 (every word that any text has).

        The share is the BM25 score, divided by what a short text with every word would get.

        Args:
            query: any text; it is read as words, never as a query language.

        Returns:
            `(n,)` float32.
        """
        import tantivy

        found = np.zeros(self._count, np.float32)
        known = [(term, self._searcher.doc_freq("text", term)) for term in terms(query)]
        known = [(term, frequency) for term, frequency in known if frequency]
        if not known:
            return found
        schema = self._index.schema
        query_of_terms = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", term)) for term, _ in known]
        )
        hits = self._searcher.search(query_of_terms, limit=self._count, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        found[np.asarray(rows, np.int64)] = [score for score, _ in hits]
        most = sum(
            math.log(1 + (self._count - frequency + 0.5) / (frequency + 0.5)) for _, frequency in known
        ) * (1 + _K1)
        shares: NDArray[np.float32] = np.minimum(found / np.float32(most), np.float32(1))
        return shares


@cache
def analyzer() -> tantivy.TextAnalyzer:
    """Splits a text into lower-case English stems without stop words."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(40),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


def terms(text: str) -> list[str]:
    """The different stems of a text in order, at most 64.

    >>> terms("How was it enlarged? ENLARGING...")
    ['how', 'enlarg']
    """
    return list(dict.fromkeys(analyzer().analyze(text)))[:MOST_TERMS]


def shared_words(query: str, text: str) -> tuple[str, ...]:
    """The words of the query whose stems the text has, as they stand in the query.

    >>> shared_words("my blurry photos", "Deblurring a Blurry Photo")
    ('blurry', 'photos')
    """
    there = set(analyzer().analyze(text))
    return tuple(word for word, stems in _stems_of_words(query) if there & stems)[:MOST_TERMS]


@lru_cache(maxsize=16)
def _stems_of_words(query: str) -> tuple[tuple[str, frozenset[str]], ...]:
    words = dict.fromkeys(re.findall(r"\w+", query))
    return tuple((word, frozenset(analyzer().analyze(word))) for word in words)


def _digest(texts: Sequence[str]) -> str:
    import tantivy

    # Names the version of the index format as well.
    content = "\0".join((str(getattr(tantivy, "__version__", "")), *texts)).encode("utf-8", "replace")
    return hashlib.sha256(content).hexdigest()[:16]


def _stored(texts: Sequence[str], place: Path) -> tantivy.Index | None:
    """The index in the folder, built or built again where need be; `None` where that is not possible."""
    for _ in range(2):
        try:
            if not place.is_dir():
                _fill(texts, place)
            index = _open(place)
            if index.searcher().num_docs == len(texts):
                return index
        except (OSError, ValueError):
            pass  # not writable, damaged, or of another version; the texts are at hand: nothing is lost
        with suppress(OSError):
            os.replace(place, Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=place.parent)))
    return None


def _fill(texts: Sequence[str], place: Path) -> None:
    """Build the index beside its place and give it its name; one that is already there stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    work = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=place.parent))
    try:
        _build(texts, work)
        try:
            os.replace(work, place)
        except OSError:
            # Somebody else was faster: theirs is made of the same texts.
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _open(place: Path) -> tantivy.Index:
    import tantivy

    index = tantivy.Index.open(str(place))
    _prepare(index)
    return index


def _build(texts: Sequence[str], folder: Path | None) -> tantivy.Index:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", fast=True)
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
    index = tantivy.Index(builder.build(), path=str(folder) if folder else None)
    _prepare(index)
    writer = index.writer(heap_size=20_000_000, num_threads=1)
    for row, text in enumerate(texts):
        writer.add_document(tantivy.Document(row=row, text=text))
    writer.commit()
    writer.wait_merging_threads()
    return index


def _prepare(index: tantivy.Index) -> None:
    index.register_tokenizer(_ANALYZER, analyzer())


def _sweep(place: Path) -> None:
    """Remove what a killed process left, and indexes of older texts, when they are a day old."""
    of_this_set = place.name.rpartition("-")[0]
    for pattern in (f"{_TEMPORARY}*", f"{of_this_set}-*"):
        for leftover in place.parent.glob(pattern):
            with suppress(OSError):
                if leftover != place and time.time() - leftover.stat().st_mtime > _A_DAY:
                    shutil.rmtree(leftover, ignore_errors=True)
