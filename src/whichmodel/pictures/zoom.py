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


def tiles_folder(path: Path) -> Path:
    """The folder of tiles that belongs to a `.dzi` file: `OUT_files`."""
    return path.with_name(f"{path.stem}_files")


def check_free(path: Path) -> None:
    """Check that nothing stands where the tiles shall go: a folder is never overwritten or removed.

    Raises:
        InputError: something is there.
    """
    folder = tiles_folder(path)
    if os.path.lexists(folder):
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
    try:
        # A name of ours: libvips takes what follows a dot in a base name for an ending.
        yield temporary, str(temporary / _NAME)
        check_free(target)
        # libvips' own account of the picture holds the time, and is of no use to viewers.
        (temporary / f"{_NAME}_files" / "vips-properties.xml").unlink(missing_ok=True)
        # First the tiles: a .dzi file without them would be a broken picture.
        os.rename(temporary / f"{_NAME}_files", tiles_folder(target))
        os.replace(temporary / f"{_NAME}.dzi", target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
