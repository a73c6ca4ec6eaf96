"""What the server may use: addresses, folders, sizes, times, memory."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Names by which only this computer is reached."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one server.

    Args:
        folder: where photos and results are kept, for this server alone.
        names: values of the Host header, without port, that are answered.
        upload_bytes: largest file that is taken.
        kept_bytes: bytes that all photos and results may take together; beyond, no photo is taken.
        photo_megapixels: of the largest photo that is taken.
        max_megapixels: of the largest picture that is made.
        ask_seconds, look_seconds, run_seconds: after which a question, a look at a photo and a run are ended.
        ask_memory_bytes, run_memory_bytes: of a process that answers, or that looks at a photo or runs, above
            which it is ended.
        askers: processes that answer questions.
        most_asks: questions that may wait; more are refused with 429.
        most_looks: looks at photos that may wait.
        most_runs: runs that may wait.
        keep_hours: after which what is finished is removed.
        attempts: how often a run is begun again after the server was killed.
    """

    folder: Path
    names: frozenset[str] = LOOPBACK
    upload_bytes: int = 250_000_000
    kept_bytes: int = 20_000_000_000
    photo_megapixels: int = 100
    max_megapixels: int = 400
    ask_seconds: float = 30.0
    look_seconds: float = 120.0
    run_seconds: float = 3600.0
    ask_memory_bytes: int = 1_500_000_000
    run_memory_bytes: int = 4_000_000_000
    askers: int = field(default_factory=lambda: min(2, os.cpu_count() or 1))
    most_asks: int = 100
    most_looks: int = 16
    most_runs: int = 32
    keep_hours: float = 24.0
    attempts: int = 3
