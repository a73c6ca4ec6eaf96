"""The web application under load: `python benchmarks/serve.py --part asks --part paint ...`, by default all parts.

    asks    questions one after the other and 50 at once: asks a second, median, p99; none refused or lost
    queue   20 runs put into the queue at once: all must end as done
    kill    the server is killed (-9) during a run and started again: every run must end, with the same bytes
    paint   a real browser: first contentful paint, and from Enter to the answer shown
    large   12 megapixels enlarged 4x, watched in a real browser from the first page to the deep zoom: peak memory

Each part starts the installed program with a folder of its own. Memory is the proportional share (PSS) of a process and
all that it started. `paint` and `large` need Chromium (`WHICHMODEL_CHROMIUM` or on the path) and Playwright.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np

PARTS = ("asks", "queue", "kill", "paint", "large")
NO_MODEL = "correct the faded colours of my old photo"
QUESTIONS = (
    "I enlarged {} photo {}x and it looks new. How does AI do that?",
    "Remove the noise from {} picture number {}",
    "How was {} scan sharpened {} times?",
    "Which model cuts the background out of {} portrait {}?",
    "Colour {} old film of {} minutes",
)
THINGS = ("an old", "my night", "a small", "a blurred", "this grainy")


class Server:
    """A server of our own, started by `serving`."""

    def __init__(self, process: subprocess.Popen[str], host: str) -> None:
        self.process = process
        self.host = host
        self.cookie = "whichmodel=" + "ab" * 16

    def call(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", seconds: float = 300
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        connection = http.client.HTTPConnection(self.host, timeout=seconds)
        headers = {"Cookie": self.cookie, "Accept": "text/html", **({"Content-Type": kind} if kind else {})}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def bring(self, path: Path) -> str:
        """Upload a photo; its id."""
        status, _, body = self.call("POST", "/photos", path.read_bytes(), "application/octet-stream")
        assert status == 201, body
        return str(json.loads(body)["id"])

    def start(self, photo: str, question: str) -> str | None:
        """Start a run; its address, or `None` where the queue is full."""
        form = urlencode({"q": question, "photo": photo}).encode()
        status, headers, _ = self.call("POST", "/runs", form, "application/x-www-form-urlencoded")
        return headers["location"] if status == 303 else None

    def state(self, address: str) -> str:
        """State of a run, from its page."""
        body = self.call("GET", address)[2].decode()
        if "data-run=" in body:
            return "under way"
        words = (("It failed", "failed"), ("You ended it", "cancelled"), ("Keep it", "done"))
        return next((state for word, state in words if word in body), "lost")

    def wait(self, addresses: list[str], seconds: float) -> dict[str, str]:
        """States of runs when all have ended."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = {address: self.state(address) for address in addresses}
            if "under way" not in found.values():
                return found
            time.sleep(0.5)
        return found


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server on a free port; it is ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "whichmodel", "serve", "--port", "0", "--folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://([^/]+)/", line)
        assert found, line
        server = Server(process, found[1])
        server.call("GET", "/ask?q=" + quote("enlarge my photo 4x"))  # warm
        yield server
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()


def asks(folder: Path) -> None:
    """Questions one by one and many at once."""
    with serving(folder) as server:
        questions = [
            QUESTIONS[i % len(QUESTIONS)].format(THINGS[i // 5 % len(THINGS)], 2 + i) for i in range(150)
        ]

        def ask(question: str) -> tuple[int, float]:
            began = time.perf_counter()
            status, _, body = server.call("GET", "/ask?q=" + quote(question))
            assert status != 200 or b"Short reply" in body
            return status, time.perf_counter() - began

        single = [ask(question)[1] for question in questions[:50]]
        tell(
            "asks, one after the other", f"median {statistics.median(single):.2f} s, p99 {top(single):.2f} s"
        )
        began = time.perf_counter()
        with ThreadPoolExecutor(50) as pool:
            found = list(pool.map(ask, questions[50:]))
        took = time.perf_counter() - began
        times = [seconds for _, seconds in found]
        statuses = {status: sum(s == status for s, _ in found) for status in {s for s, _ in found}}
        tell(
            "asks, 50 at once",
            f"{len(found) / took:.1f} a second, median {statistics.median(times):.2f} s, p99 {top(times):.2f} s,"
            f" statuses {statuses}",
        )


def queue(folder: Path) -> None:
    """Twenty runs at once."""
    with serving(folder) as server:
        photo = server.bring(small_photo(folder))
        began = time.perf_counter()
        with ThreadPoolExecutor(20) as pool:
            addresses = list(pool.map(lambda _: server.start(photo, NO_MODEL), range(20)))
        taken = [address for address in addresses if address]
        states = server.wait(taken, 560)
        took = time.perf_counter() - began
        done = sum(state == "done" for state in states.values())
        tell("20 runs at once", f"{len(taken)} taken, {done} done in {took:.0f} s, others: {others(states)}")


def kill(folder: Path) -> None:
    """A server that is killed during a run."""
    path = small_photo(folder, 600, 400)
    addresses: list[str] = []
    results: list[bytes] = []
    with serving(folder) as server:
        photo = server.bring(path)
        for question in ("enlarge my photo 4x", NO_MODEL, NO_MODEL):
            address = server.start(photo, question)
            assert address
            addresses.append(address)
        time.sleep(6)
        during = server.state(addresses[0])
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    with serving(folder) as server:
        states = server.wait(addresses, 400)
        results.append(server.call("GET", f"{addresses[0]}/file/result")[2])
        again = server.start(photo, "enlarge my photo 4x")
        assert again
        server.wait([again], 400)
        results.append(server.call("GET", f"{again}/file/result")[2])
    same = results[0] == results[1] and len(results[0]) > 1000
    tell(
        "killed with -9",
        f"the first run was {during}; after the restart {others(states, all_states=True)};"
        f" the same bytes as a run of its own: {same}",
    )


def paint(folder: Path) -> None:
    """What a browser measures."""
    with serving(folder) as server, browser() as page:
        paints, answers = [], []
        for number in range(7):
            page.goto(f"http://{server.host}/")
            script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
            while page.evaluate(script) is None:  # a page may be loaded before it is painted
                page.wait_for_timeout(20)
            paints.append(page.evaluate(script) / 1000)
            page.fill("#q", f"I enlarged a photo {2 + number}x and it looks new. How?")
            began = time.perf_counter()
            page.press("#q", "Enter")
            page.wait_for_selector(".reply")
            answers.append(time.perf_counter() - began)
        tell("first contentful paint", f"median {statistics.median(paints):.2f} s, most {max(paints):.2f} s")
        tell(
            "from Enter to the answer",
            f"median {statistics.median(answers):.2f} s, most {max(answers):.2f} s",
        )


def large(folder: Path) -> None:
    """A large photo from the first page to the deep zoom."""
    path = large_photo(folder)
    with serving(folder) as server, browser() as page, watched(server.process.pid) as peaks:
        address = f"http://{server.host}"
        page.goto(address)
        page.fill("#q", "enlarge my photo 4x")
        page.press("#q", "Enter")
        page.set_input_files("#own", path)
        page.wait_for_selector("#plan figure", timeout=300_000)
        tell("12 MP: planned", f"{peaks}")
        page.click("#run-form button[type=submit]")
        began = time.perf_counter()
        page.wait_for_selector("[data-viewer], .fault", timeout=3_000_000)
        tell("12 MP: result seen", f"after {time.perf_counter() - began:.0f} s, {peaks}")
        page.wait_for_selector(".legend-list, .fault", timeout=3_000_000)
        tell("12 MP: evidence seen", f"after {time.perf_counter() - began:.0f} s, {peaks}")
        page.check("[data-map]")
        frames = zoom_about(page)
        tell("12 MP: zoomed", f"{frames}, {peaks}")


def zoom_about(page: Any) -> str:
    """Zoom and move over the whole result by wheel and mouse: gaps between frames, drawing, and tiles.

    Gaps between frames of the same page at rest are told beside: what is more than those is ours.
    """
    page.evaluate(
        "performance.setResourceTimingBufferSize(50000); window.gaps = []; let last = performance.now();"
        " const each = (now) => { gaps.push(now - last); last = now; requestAnimationFrame(each) };"
        " requestAnimationFrame(each)"
    )
    page.wait_for_timeout(3000)
    rest = sorted(page.evaluate("gaps.splice(0)"))
    box = page.locator("canvas").bounding_box()
    mouse = page.mouse
    for x, y in ((0.3, 0.4), (0.7, 0.6), (0.6, 0.2)):
        left, top = box["x"] + x * box["width"], box["y"] + y * box["height"]
        wheel(page, left, top, -120, 13)  # to about 1 : 1
        for _ in range(3):
            mouse.move(left, top)
            mouse.down()
            for step in range(40):
                mouse.move(left - 8 * step, top + 3 * step)
            mouse.up()
        wheel(page, left, top, -120, 8)  # until single pixels are seen
        wheel(page, left, top, 120, 21)
    # Not `wait_for_function`: it evaluates text in the page, which its policy forbids.
    while page.evaluate("document.querySelector('[data-viewer]').waiting"):
        page.wait_for_timeout(100)
    gaps = sorted(page.evaluate("gaps"))
    drawn = sorted(page.evaluate("document.querySelector('[data-viewer]').spent"))
    tiles = sorted(
        page.evaluate(
            "performance.getEntriesByType('resource').filter((e) => e.name.includes('/zoom/'))"
            ".map((e) => e.responseEnd - e.requestStart)"
        )
    )
    return (
        f"frames: median {middle(gaps)}, p95 {late(gaps)} (at rest {middle(rest)}, {late(rest)});"
        f" drawing: median {middle(drawn)}, p95 {late(drawn)}; {len(tiles)} tiles:"
        f" median {middle(tiles)}, p95 {late(tiles)}"
    )


def wheel(page: Any, left: float, top: float, turn: int, times: int) -> None:
    """Turn the wheel over a place, a click in two frames."""
    page.mouse.move(left, top)
    for _ in range(times):
        page.mouse.wheel(0, turn)
        page.wait_for_timeout(33)


def middle(sorted_times: list[float]) -> str:
    """The median of milliseconds."""
    return f"{sorted_times[len(sorted_times) // 2]:.1f} ms"


def late(sorted_times: list[float]) -> str:
    """The 95th percentile of milliseconds."""
    return f"{sorted_times[min(len(sorted_times) - 1, len(sorted_times) * 95 // 100)]:.1f} ms"


class Peaks:
    """Peaks of memory in bytes."""

    def __init__(self) -> None:
        self.server = 0
        self.browser = 0

    def __str__(self) -> str:
        return f"peaks: server {self.server / 1e9:.2f} GB, browser {self.browser / 1e9:.2f} GB"


@contextmanager
def watched(server: int) -> Iterator[Peaks]:
    """Watch the memory of the server and of the browser that this process started."""
    peaks, ended = Peaks(), threading.Event()

    def look() -> None:
        while not ended.wait(0.5):
            mine = set(tree(os.getpid()))
            theirs = set(tree(server))
            peaks.server = max(peaks.server, sum(map(share, theirs)))
            chromium = [pid for pid in mine - theirs if "chrom" in name_of(pid)]
            peaks.browser = max(peaks.browser, sum(map(share, chromium)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def tree(root: int) -> list[int]:
    """A process and all that it started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def share(pid: int) -> int:
    """Proportional share of memory in bytes; 0 for a process that is gone."""
    with suppress(OSError, ValueError, IndexError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0]) * 1024
    return 0


def name_of(pid: int) -> str:
    """Name of a process."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


@contextmanager
def browser() -> Iterator[Any]:
    """A page of Chromium."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("WHICHMODEL_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "no Chromium: set WHICHMODEL_CHROMIUM"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = started.new_page(viewport={"width": 1280, "height": 900})
        yield page
        started.close()


def small_photo(folder: Path, width: int = 120, height: int = 80) -> Path:
    """A photo of this size."""
    from skimage.data import coffee

    return write(coffee(), width, height, folder / "small.png")


def large_photo(folder: Path) -> Path:
    """Six photographs beside each other: 4000 x 3000 pixels."""
    from skimage.data import astronaut, chelsea, coffee, rocket

    parts = [resized(each(), 1334, 1500) for each in (astronaut, coffee, chelsea, rocket, coffee, astronaut)]
    rows = [np.concatenate(parts[:3], axis=1), np.concatenate(parts[3:], axis=1)]
    return write(np.concatenate(rows)[:3000, :4000], 4000, 3000, folder / "large.jpg")


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture at another size."""
    from whichmodel.pictures import bicubic

    return bicubic(np.ascontiguousarray(pixels), width, height)


def write(pixels: np.ndarray, width: int, height: int, path: Path) -> Path:
    """A picture file."""
    from whichmodel.pictures import Picture, write_picture

    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    write_picture(Picture(resized(pixels, width, height)), path, quality=95)
    return path


def top(times: list[float]) -> float:
    """The 99th percentile."""
    return sorted(times)[min(len(times) - 1, len(times) * 99 // 100)]


def others(states: dict[str, str], *, all_states: bool = False) -> str:
    """How many runs are in each state."""
    counts = {state: sum(s == state for s in states.values()) for state in sorted(set(states.values()))}
    told = [f"{count} {state}" for state, count in counts.items() if all_states or state != "done"]
    return ", ".join(told) or "none"


def tell(name: str, text: str) -> None:
    """A line of the result."""
    print(f"{name:<28} {text}", flush=True)


def main() -> None:
    """Measure the parts that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", action="append", choices=PARTS)
    wanted = parser.parse_args().part or PARTS
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="whichmodel-bench-") as folder:
            {"asks": asks, "queue": queue, "kill": kill, "paint": paint, "large": large}[name](Path(folder))


if __name__ == "__main__":
    main()
