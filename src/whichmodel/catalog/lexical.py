"""Words of texts and queries: lower-case English stems without stop words, the same for every index of ours."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tantivy

# Longer queries are cut: what a question says, it says in its first words.
MOST_TERMS = 64


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
