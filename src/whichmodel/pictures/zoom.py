"""Deep-zoom pictures: a small XML file and a folder of tiles at every size, which viewers in a browser load."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from whichmodel.domain import InputError

_NAME = "zoom"
_UNFINISHED = ".unfinished"
"""Lies among the tiles until the `.dzi` file has its name: who was killed between the two can be told from
a picture that is whole."""


def tiles_folder(path: Path) -> Path:
    """The folder of tiles that belongs to a `.dzi` file: `OUT_files`."""
    return path.with_name(f"{path.stem}_files")


def check_free(path: Path) -> None:
    """Check that nothing stands where the tiles shall go: a folder is never overwritten or removed.

    What a run of ours left there that was killed before it was done is no such folder.

    Raises:
        InputError: something is there.
    """
    folder = tiles_folder(path)
    if os.path.lexists(folder) and not _left_unfinished(path):
        raise InputError(
            f"{folder} is there already, and a folder is never replaced",
            hint="remove it or name another .dzi file",
        )


@contextmanager
def placing(
    path: Path, *, announce: Callable[[Path], None] = lambda path: None
) -> Iterator[tuple[Path, str]]:
    """A temporary folder beside `path`, and the base name inside it for libvips to write to.

    When the block ends well the tiles and then the `.dzi` file get their names; else nothing is left behind.

    Args:
        announce: is told the temporary name before the folder is made.

    Raises:
        InputError: the folder of tiles appeared meanwhile.
        OSError: a name cannot be given.
    """
    target = Path(os.path.realpath(path))
    temporary = target.parent / f".{target.stem[:100]}-{secrets.token_hex(6)}.part"
    announce(temporary)
    temporary.mkdir()
    placed = False
    try:
        # A name of ours: libvips takes what follows a dot in a base name for an ending.
        yield temporary, str(temporary / _NAME)
        check_free(target)
        # libvips' own account of the picture holds the time, and is of no use to viewers.
        (temporary / f"{_NAME}_files" / "vips-properties.xml").unlink(missing_ok=True)
        (temporary / f"{_NAME}_files" / _UNFINISHED).touch()
        if _left_unfinished(target):
            os.rename(tiles_folder(target), temporary / "left")
        # First the tiles: a .dzi file without them would be a broken picture.
        os.rename(temporary / f"{_NAME}_files", tiles_folder(target))
        placed = True
        os.replace(temporary / f"{_NAME}.dzi", target)
        (tiles_folder(target) / _UNFINISHED).unlink()
    finally:
        if placed and _left_unfinished(target):
            shutil.rmtree(tiles_folder(target), ignore_errors=True)
        shutil.rmtree(temporary, ignore_errors=True)


def _left_unfinished(path: Path) -> bool:
    """Whether the folder of tiles is what a killed run left behind."""
    folder = tiles_folder(path)
    return not os.path.lexists(path) and not folder.is_symlink() and (folder / _UNFINISHED).is_file()
