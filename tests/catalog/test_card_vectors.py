"""The shipped vectors of the model cards: fresh, of length 1, and mended where a card has changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from whichmodel.catalog import cards_shipped, vectors
from whichmodel.catalog.vectors import card_text, card_vectors, digest, read_table
from whichmodel.domain import InputError
from whichmodel.runtimes import text_encoder

RENEW = "run `python training/build_vectors.py`"


def test_the_shipped_table_is_fresh() -> None:
    facts = read_table("cards").facts
    assert facts.encoder == text_encoder.SHA256, RENEW
    assert facts.rows == {name: digest(card_text(card)) for name, card in cards_shipped().items()}, RENEW


def test_vectors_have_length_1_and_say_what_the_encoder_says() -> None:
    found = card_vectors()
    assert list(found) == list(cards_shipped())
    for vector in found.values():
        assert vector.shape == (384,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    for name in list(found)[::50]:
        assert text_encoder.encode([card_text(cards_shipped()[name])])[0] @ found[name] > 0.999


def test_a_changed_card_is_computed_or_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = next(iter(cards_shipped()))
    monkeypatch.setattr(
        vectors, "card_text", lambda card: "changed" if card.name == changed else card_text(card)
    )
    asked: list[str] = []

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.extend(texts)
        return np.eye(len(texts), 384, dtype=np.float32)

    assert changed not in card_vectors()
    assert card_vectors(encode)[changed][0] == 1
    assert asked == ["changed"]


def test_a_missing_table_is_named() -> None:
    with pytest.raises(InputError, match="nowhere"):
        read_table("nowhere")
