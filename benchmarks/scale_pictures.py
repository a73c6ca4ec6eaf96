"""10,000 small pictures on Ray: does memory grow, what does a picture cost, is anything lost?

A cluster of this machine alone does a folder of pictures of 32 x 32 pixels, made with a fixed seed, while
one worker is killed every 30 seconds. Resident memory of the driver and of the workers is sampled. At the end
each result is read and compared in size; some are made again by the local engine and compared byte for byte.
The overhead of a picture is the processor time of the whole run (driver, workers, Ray's own processes, from
their start) less that of the same work in one local process, for each picture.

    python benchmarks/scale_pictures.py [--count 10000] [--workers 2] [--what SPAN-4x] [--kill 30]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from whichmodel.api.asked import Asked, read_asked
from whichmodel.api.look import Looking
from whichmodel.api.run import RunOptions, run_asked
from whichmodel.distributed.cluster import cluster
from whichmodel.distributed.files import run_files
from whichmodel.pictures import Picture, read_picture, write_picture

SIDE = 32
COMPARED = 50
WORKFLOW = {
    "title": "twice as large, by interpolation",
    "inputs": [{"name": "photo", "type": "image", "shape": "h × w × 3"}],
    "steps": [
        {
            "id": "resize",
            "title": "resample 2×",
            "operation": "resample",
            "takes": {"image": "photo"},
            "gives": {"name": "larger photo", "type": "image", "shape": "2·h × 2·w × 3"},
            "parameters": {"factor": 2.0},
        }
    ],
    "output": "resize",
}


def main() -> None:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--kill", type=float, default=30.0, help="seconds between two killed workers; 0: none"
    )
    parser.add_argument("--what", default="", help="what is done; by default resampling to twice the size")
    parser.add_argument("--alone", type=int, default=500, help="pictures of the local run that is compared")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        measure(Path(folder), given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    """Both runs, in a folder of their own."""
    os.environ.setdefault("WHICHMODEL_CACHE", str(folder / "cache"))
    for name in ("in", "out", "local"):
        (folder / name).mkdir()
    make(folder / "in", given.count)
    if not given.what:
        (folder / "twice.json").write_text(json.dumps(WORKFLOW), encoding="utf-8")
    asked = read_asked(given.what or str(folder / "twice.json"))
    options = RunOptions(evidence=False, cache=False)
    local = alone(asked, options, folder, min(given.alone, given.count))
    print(f"local: {local * 1000:.1f} ms of processor time a picture, {given.alone} pictures", flush=True)
    pairs = [(path, folder / "out" / path.name) for path in sorted((folder / "in").iterdir())]
    began, spent = time.monotonic(), processor_time()
    with cluster(None, given.workers) as ray:
        watch = Watch(given.kill)
        watch.start()
        tasks = run_files(
            ray, asked, pairs, options, look=Looking(), overwrite=False, workers=given.workers, say=print
        )
        seen: dict[int, int] = {}
        failed = 0
        for outcome in tasks:
            seen[outcome.index] = seen.get(outcome.index, 0) + 1
            failed += outcome.failure is not None
            watch.done += 1
        watch.stop()
    wall = time.monotonic() - began
    cost = (processor_time() - spent + sum(watch.spent.values())) / given.count
    watch.tell()
    print(f"{given.count} pictures in {wall:.0f} s, {len(watch.killed)} workers killed, {failed} failed")
    print(f"told once each: {sorted(set(seen.values())) == [1] and len(seen) == given.count}")
    print(f"ray: {cost * 1000:.1f} ms of processor time a picture, overhead {(cost - local) * 1000:.1f} ms")
    compare(folder, given.count)


def make(folder: Path, count: int) -> None:
    """Pictures of noise, the same each time."""
    source = np.random.default_rng(14)
    for number in range(count):
        pixels = source.integers(40, 216, (SIDE, SIDE, 3), dtype=np.uint8)
        write_picture(Picture(pixels), folder / f"{number:06}.png")


def alone(asked: Asked, options: RunOptions, folder: Path, count: int) -> float:
    """Processor time in seconds of a picture in one local process."""
    began = 0.0
    # The first loads what all need.
    for number, path in enumerate(sorted((folder / "in").iterdir())[: count + 1]):
        run_asked(asked, path, folder / "local" / path.name, options)
        began = began if number else processor_time()
    return (processor_time() - began) / count


def compare(folder: Path, count: int) -> None:
    """Every result is there, whole and of the right size; those that both engines made are equal."""
    whole = sum(1 for path in (folder / "in").iterdir() if sound(folder / "out" / path.name))
    left = [path.name for path in (folder / "out").iterdir() if path.name.endswith(".part")]
    both = sorted((folder / "local").glob("*.png"))[:COMPARED]
    equal = sum(path.read_bytes() == (folder / "out" / path.name).read_bytes() for path in both)
    print(f"results that are whole: {whole} of {count}; temporary files left: {len(left)}")
    print(f"equal to the local engine's, byte for byte: {equal} of {len(both)}")


def sound(path: Path) -> bool:
    """Whether a result is a whole picture of twice the size at least."""
    if not path.is_file():
        return False
    height, width, _ = read_picture(path).pixels.shape
    return min(height, width) >= 2 * SIDE


def processor_time() -> float:
    """Seconds of user and system time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Watch(threading.Thread):
    """Samples memory, and kills a worker now and then; Linux only.

    Args:
        kill: seconds between two killed workers; 0: none is.
    """

    def __init__(self, kill: float) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self.killed: list[int] = []
        self.spent: dict[int, float] = {}
        self._kill = kill
        self._rows: list[tuple[float, int, float, float]] = []
        self._ended = threading.Event()

    def run(self) -> None:
        """Until `stop`."""
        began = last = time.monotonic()
        while not self._ended.wait(5.0):
            now = time.monotonic()
            processes = self._account()
            workers = [pid for pid in processes if command(pid).startswith("ray::MapWorker")]
            sizes = [resident(pid) for pid in workers]
            self._rows.append((now - began, self.done, resident(os.getpid()), max(sizes, default=0.0)))
            if self._kill and now - last >= self._kill and workers:
                last = now
                # The eldest, so that none lives for long.
                os.kill(workers[0], signal.SIGKILL)
                self.killed.append(workers[0])

    def stop(self) -> None:
        """End it, while the processes are still there."""
        self._ended.set()
        self.join()
        self._account()

    def _account(self) -> list[int]:
        """The processes that this one has started; what each has spent is noted."""
        processes = descendants(os.getpid())
        for pid in processes:
            self.spent[pid] = max(self.spent.get(pid, 0.0), used(pid))
        return processes

    def tell(self) -> None:
        """The series, at most twenty rows of it."""
        print("  seconds   pictures   driver MB   largest worker MB")
        for row in self._rows[:: max(1, len(self._rows) // 20)]:
            print(f"  {row[0]:7.0f} {row[1]:10d} {row[2]:11.0f} {row[3]:19.0f}")


def descendants(root: int) -> list[int]:
    """Processes that a process started, and those that they started, eldest first."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(folder.name))
    found, due = [], [root]
    while due:
        due = [child for pid in due for child in children.get(pid, [])]
        found += due
    return sorted(found)


def used(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    try:
        fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def command(pid: int) -> str:
    """How a process calls itself."""
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def resident(pid: int) -> float:
    """Megabytes of memory that a process has."""
    try:
        text = (Path("/proc") / str(pid) / "status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in text.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0")
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    sys.exit(main())
