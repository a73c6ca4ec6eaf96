"""A lock between processes that the system frees when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """A lock that is held; made by `try_lock`."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle: int | None = handle

    def free(self) -> None:
        """Give the lock back; its file is removed. More than once is no harm."""
        if self._handle is None:
            return
        # Removed while it is held: who opened the file meanwhile sees that it is gone and makes a new one.
        with suppress(OSError):
            self._path.unlink()
        os.close(self._handle)
        self._handle = None


def try_lock(path: Path) -> Lock | None:
    """Take the lock of this name at once, or `None` where somebody (this process too) holds it.

    Args:
        path: of a file that is made for the lock alone.

    Raises:
        OSError: the file cannot be made.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(handle)
        except OSError:
            os.close(handle)
            return None
        try:
            if os.path.samestat(os.fstat(handle), path.stat()):
                return Lock(path, handle)
        except FileNotFoundError:
            pass
        # Its last holder removed the file between our opening and locking it.
        os.close(handle)
