"""Write `data/compiled.json` again after a YAML file has changed: `python -m whichmodel.catalog.compile`."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from whichmodel.catalog import load

PATH = Path(__file__).parent / "data" / load.COMPILED


def compile_catalog() -> bytes:
    """The content that `data/compiled.json` should have: one line for each task and card."""
    document = load.parse(load.read_sources())
    entries = {
        "tasks": [msgspec.json.encode(task) for task in document.tasks],
        "cards": [msgspec.json.encode(card) for card in document.cards],
    }
    lists = (f'"{key}":[\n'.encode() + b",\n".join(lines) + b"\n]" for key, lines in entries.items())
    return b'{"digest":"%s",\n%s}\n' % (document.digest.encode(), b",\n".join(lists))


def main() -> int:
    """Write the file and say how large it is."""
    content = compile_catalog()
    PATH.write_bytes(content)
    sys.stdout.write(f"{PATH.name}: {len(content) / 1024:.0f} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
