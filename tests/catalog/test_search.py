"""The words of a search and the score that both halves make."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.catalog.fusion import mixed
from whichmodel.catalog.lexical import MOST_TERMS, terms

SHARE = st.floats(0, 1, width=32)
COSINE = st.floats(-1, 1, width=32)


def test_words_are_stems_once_each() -> None:
    assert terms("Enlarged, ENLARGING; the enlargements") == ["enlarg"]
    assert terms("?!…") == []
    assert terms("") == []


def test_a_long_query_is_cut() -> None:
    assert len(terms(" ".join(f"word{number}" for number in range(500)))) == MOST_TERMS


@given(st.text(max_size=300))
def test_any_text_has_words_or_none(text: str) -> None:
    found = terms(text.encode("utf-8", "replace").decode())
    assert len(found) == len(set(found)) <= MOST_TERMS
    assert all(found)


def test_both_halves_count() -> None:
    words = np.array([0.0, 0.5, 0.5], np.float32)
    likeness = np.array([0.5, 0.5, -0.5], np.float32)
    both, near, far = mixed(words, likeness)[[1, 0, 2]]
    assert both > near > far > 0
    assert (mixed(words, None) == words).all()


@given(SHARE, COSINE, SHARE, COSINE)
def test_more_words_and_more_likeness_never_count_less(
    share: float, cosine: float, other_share: float, other_cosine: float
) -> None:
    def score(share: float, cosine: float) -> float:
        return float(mixed(np.array([share], np.float32), np.array([cosine], np.float32))[0])

    low = score(min(share, other_share), min(cosine, other_cosine))
    high = score(max(share, other_share), max(cosine, other_cosine))
    assert 0 <= low <= high <= 1
