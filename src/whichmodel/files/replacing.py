"""The one way in which results get their final name."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path, *, announce: Callable[[Path], None] = lambda path: None) -> Iterator[Path]:
    """A temporary file in the folder of `path`; it takes that name when the block ends well.

    The content reaches the disk first. Where the block raises, an interruption included, nothing is left
    behind and what stood under `path` is untouched. A link is followed, so that its target is renewed
    rather than the link replaced; the target's permissions stay.

    Args:
        announce: is told the temporary name before the file is made, so that what a kill leaves can be
            found.

    Raises:
        OSError: the file cannot be made, written or renamed; the caller says what that means.
    """
    target = Path(os.path.realpath(path))
    temporary = target.parent / f".{target.stem[:100]}-{secrets.token_hex(6)}.part"
    announce(temporary)
    try:
        # Made here so that it gets the user's usual permissions; the block then fills it.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        os.replace(temporary, target)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
