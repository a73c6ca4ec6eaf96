"""Writes the sentence vectors that the catalog ships: of the model cards and of the papers' titles.

Deterministic: the same cards, papers and encoder give the same bytes. Run it after a change of a card
or of the papers; a test says when it is due.

    python training/build_vectors.py
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from whichmodel.catalog import vectors
from whichmodel.catalog.load import cards_shipped
from whichmodel.catalog.papers import papers
from whichmodel.domain import InputError
from whichmodel.runtimes.text_encoder import SHA256, encode

TARGET = Path(vectors.__file__).parent / "data" / "vectors"


def main() -> None:
    """Write both tables; that of the papers, which takes minutes, only where a title or the encoder has changed."""
    texts = {name: vectors.card_text(card) for name, card in cards_shipped().items()}
    write("cards", list(texts.values()), {name: vectors.digest(text) for name, text in texts.items()})
    titles = [paper.title for paper in papers()]
    rows = {"titles": vectors.digest("\n".join(titles))}
    if written("papers") == (SHA256, rows):
        print("papers: as they are")
    else:
        write("papers", titles, rows)


def written(name: str) -> tuple[str, dict[str, str]] | None:
    """Encoder and rows of the table that is there; `None` where there is none that can be read."""
    try:
        facts = vectors.read_table(name).facts
    except InputError:
        return None
    return facts.encoder, facts.rows


def write(name: str, texts: Sequence[str], rows: dict[str, str]) -> None:
    """Encode the texts and write `<name>.npy` and `<name>.json`, each under a temporary name first."""
    table, scale = vectors.to_int8(encode(texts))
    facts = vectors.TableFacts(scale=scale, encoder=SHA256, rows=rows)
    TARGET.mkdir(parents=True, exist_ok=True)
    with (TARGET / f"{name}.npy.part").open("wb") as file:
        np.save(file, table)
    document = msgspec.json.format(msgspec.json.encode(facts), indent=1)
    (TARGET / f"{name}.json.part").write_bytes(document + b"\n")
    for suffix in ("npy", "json"):
        os.replace(TARGET / f"{name}.{suffix}.part", TARGET / f"{name}.{suffix}")
    print(f"{name}: {len(table)} vectors, {table.nbytes / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
