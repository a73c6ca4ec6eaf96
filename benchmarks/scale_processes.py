"""What a run and all processes that it starts take: processor time and memory, by what they are; Linux only."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from scale_pictures import command, descendants, resident, used

EVERY = 0.25


@dataclass
class Spent:
    """Of one kind of process: seconds of processor time of all together, and the peak MB of the largest."""

    cpu: float = 0.0
    peak: float = 0.0


class Family(threading.Thread):
    """Watches a process and its descendants from its making to `end`.

    A process that lives for less than a quarter of a second is not seen.
    """

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._ended = threading.Event()
        self._kinds: dict[int, str] = {}
        self._cpu: dict[int, float] = {}
        self._peak: dict[int, float] = {}
        self.start()

    def run(self) -> None:
        """Look again and again."""
        while not self._ended.wait(EVERY):
            for pid in (self._root, *descendants(self._root)):
                # A worker calls itself so only when it has started; a process that just died has no name.
                self._kinds[pid] = self._kind(pid) or self._kinds.get(pid, "ray")
                self._cpu[pid] = max(used(pid), self._cpu.get(pid, 0.0))
                self._peak[pid] = max(resident(pid), self._peak.get(pid, 0.0))

    def end(self) -> dict[str, Spent]:
        """What the driver, the workers and Ray's own processes took."""
        self._ended.set()
        self.join()
        found = {kind: Spent() for kind in ("driver", "worker", "ray")}
        for pid, kind in self._kinds.items():
            found[kind].cpu += self._cpu[pid]
            found[kind].peak = max(found[kind].peak, self._peak[pid])
        return found

    def _kind(self, pid: int) -> str:
        if pid == self._root:
            return "driver"
        name = command(pid)
        if name.startswith("ray::") and not name.startswith("ray::IDLE"):
            return "worker"
        # A worker whose actor was ended may be idle for a moment.
        return "" if self._kinds.get(pid) == "worker" else "ray" if name else ""


def shared() -> str:
    """How busy this computer is with other things."""
    return f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
