"""What the tests of the documents share: the scratch folder of each document."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docs_blocks import REPOSITORY, blocks_of
from docs_scratch import Scratch


@pytest.fixture(scope="session")
def demo_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's photograph, which the documents call `photo.png`."""
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    script = REPOSITORY / "scripts" / "demo_photo.py"
    subprocess.run([sys.executable, script, path], check=True, capture_output=True)
    return path


@pytest.fixture(scope="session")
def scratches(
    tmp_path_factory: pytest.TempPathFactory,
    weights_cache: Path,
    pulled_weights: Callable[[str], dict[str, Path]],
    demo_photo: Path,
) -> Callable[[str], Scratch]:
    """Gives the scratch folder of a document, which all of its blocks share."""
    made: dict[str, Scratch] = {}
    for usual in ("span-x2-ch48", "span-x4-ch48"):
        pulled_weights(usual)

    def scratch(page: str) -> Scratch:
        if page not in made:
            folder = tmp_path_factory.mktemp("document")
            sources = any(block.file.startswith("src/") for block in blocks_of(REPOSITORY / page))
            made[page] = Scratch(folder, weights_cache, demo_photo, sources=sources)
        return made[page]

    return scratch
