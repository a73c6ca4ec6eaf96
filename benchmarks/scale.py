"""Measure what more workers bring, and what Ray costs, on a cluster of this computer.

    python benchmarks/scale.py lines [--small] [--count 20000]
    python benchmarks/scale.py tiles [--small] [--what SPAN-4x]
    python benchmarks/scale.py pictures [--small] [options of scale_pictures.py]
    python benchmarks/scale.py tasks [--small]
    python benchmarks/scale.py paper [unit costs, see scale_paper.py]

Each prints a Markdown table whose ratios are of one run. The numbers in docs/scale.md come from here. Weights are
fetched where they are missing; needs the extras `[ray]` and `[demo]`, and Linux, which tells what processes take.

Exit codes: 0 fine; 1 a run failed, or an engine gave other bytes than another.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

HERE = Path(__file__).parent
SMALL = click.option("--small", is_flag=True, help="A quick one, which shows that it works.")


@click.group(help=(__doc__ or "").partition("\n")[0])
def main() -> None:
    """The group of the measurements."""


@main.command()
@SMALL
@click.option("--count", type=click.IntRange(10), default=20_000, show_default=True, help="Lines.")
def lines(small: bool, count: int) -> None:
    """Recommend for every line of a file: here, and with 1 and 2 workers."""
    from scale_lines import measure

    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        measure(Path(folder), 600 if small else count, part_bytes=2**12 if small else None)


@main.command()
@SMALL
@click.option("--what", default="SPAN-4x", show_default=True, help="A model, or a workflow file.")
def tiles(small: bool, what: str) -> None:
    """Enlarge two large pictures: here with one thread, and with 1 and 2 workers."""
    from scale_tiles import measure

    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        measure(Path(folder), what, (256, 512) if small else (1024, 2048))


@main.command(context_settings={"ignore_unknown_options": True})
@SMALL
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def pictures(small: bool, options: tuple[str, ...]) -> None:
    """Do 10,000 small pictures while workers are killed: memory, overhead, what is lost."""
    quick = ("--count", "200", "--alone", "50", "--kill", "10") if small else ()
    call = [sys.executable, str(HERE / "scale_pictures.py"), *quick, *options]
    sys.exit(subprocess.run(call, check=False).returncode)


@main.command()
@SMALL
def tasks(small: bool) -> None:
    """Hand out tasks that do nothing: what is the cost of one?"""
    from scale_tasks import measure

    measure((200, 1000) if small else (1000, 9000))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def paper(options: tuple[str, ...]) -> None:
    """What a million pictures, a wall of 100 gigapixels and a million questions need, from unit costs."""
    sys.exit(subprocess.run([sys.executable, str(HERE / "scale_paper.py"), *options], check=False).returncode)


if __name__ == "__main__":
    main()
