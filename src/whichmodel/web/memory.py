"""Memory of processes: how much one holds, and giving back what it does not use."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress


def memory_of(pid: int) -> int | None:
    """Bytes of memory that a process holds; `None` where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def give_back() -> None:
    """Give what the C library keeps for later back to the system: after a network was loaded, tens of megabytes.

    Does nothing where the C library has no `malloc_trim`.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
