"""On paper: what a million pictures a day, a wall of 100 gigapixels and a million questions need, from unit costs.

    python benchmarks/scale_paper.py [--seconds-a-megapixel 0.5] [--unit-ms 30] …

Prints each step of the arithmetic. The unit costs are what `benchmarks/scale.py` measures; measure them on the machines
that are meant, and give them as options.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields

from scale_tables import table
from whichmodel.api.batches import SMALLEST_PART
from whichmodel.files.lines import MOST_PARTS, parts_of

DAY = 86_400
BUSY = 0.7
CORES, MEMORY_GB = 16, 64


@dataclass(frozen=True)
class Costs:
    """Unit costs; the defaults are what docs/scale.md tells, measured on a busy computer.

    Args:
        seconds_a_megapixel: of processor time, of a network, a megapixel of result.
        picture_ms, ray_picture_ms: of processor time, for a picture beside its network; and what Ray adds.
        jpeg_seconds_a_megapixel, tiff_seconds_a_megapixel: of processor time, to write a result.
        unit_ms: of the asking program's processor time, for a unit that comes back.
        worker_mb: memory of a worker.
        jpeg_in, jpeg_out, tiff_out: megabytes a megapixel.
        row_bytes: of the asking program's memory, for a picture of a batch; counted from its fields, not measured.
        line_ms: of processor time, for a question.
        line_in, line_out: bytes of a question and its answer.
    """

    seconds_a_megapixel: float = 0.80
    picture_ms: float = 26.0
    ray_picture_ms: float = 23.0
    jpeg_seconds_a_megapixel: float = 0.02
    tiff_seconds_a_megapixel: float = 0.1
    unit_ms: float = 5.0
    worker_mb: float = 510.0
    jpeg_in: float = 0.36
    jpeg_out: float = 0.18
    tiff_out: float = 1.0
    row_bytes: float = 700.0
    line_ms: float = 50.0
    line_in: float = 110.0
    line_out: float = 1500.0


Step = tuple[str, str, str]


def pictures(c: Costs, count: int = 1_000_000, megapixels: float = 1.0) -> list[Step]:
    """A million photographs of one megapixel a day, enlarged four times to JPEG."""
    made = 16 * megapixels
    network = made * c.seconds_a_megapixel
    one = network + made * c.jpeg_seconds_a_megapixel + (c.picture_ms + c.ray_picture_ms) / 1000
    cores = count * one / DAY / BUSY
    machines = -(-cores // CORES)
    read, written = megapixels * c.jpeg_in, made * c.jpeg_out
    raw = 3 * (megapixels + made)
    return [
        ("result of one picture", f"16 × {megapixels:g} MP", f"{made:g} MP"),
        ("network", f"{made:g} MP × {c.seconds_a_megapixel:g} s", f"{network:.2f} s"),
        (
            "encoding",
            f"{made:g} MP × {c.jpeg_seconds_a_megapixel:g} s",
            f"{made * c.jpeg_seconds_a_megapixel:.2f} s",
        ),
        (
            "reading, planning, writing; Ray",
            f"{c.picture_ms:g} ms + {c.ray_picture_ms:g} ms",
            f"{(c.picture_ms + c.ray_picture_ms) / 1000:.3f} s",
        ),
        ("one picture on one core", "sum", f"{one:.2f} s"),
        ("cores, 70 % busy", f"{count:,} × {one:.2f} s ÷ {DAY:,} s ÷ {BUSY}", f"{cores:.0f}"),
        (f"machines of {CORES} cores", f"{cores:.0f} ÷ {CORES}, rounded up", f"{machines:.0f}"),
        (
            "memory of a machine",
            f"{CORES} × {c.worker_mb:g} MB",
            f"{CORES * c.worker_mb / 1000:.1f} GB",
        ),
        (
            "network, pictures in and out",
            f"{count:,} × ({read:.2f} + {written:.2f}) MB ÷ {DAY:,} s",
            f"{count * (read + written) / DAY:.0f} MB/s",
        ),
        (
            "scratch, where it is on the shared storage too",
            f"{count:,} × {raw:.0f} MB written, as much read twice, ÷ {DAY:,} s",
            f"{count * raw * 3 / DAY:,.0f} MB/s",
        ),
        ("storage for a day's results", f"{count:,} × {written:.2f} MB", f"{count * written / 1e6:.1f} TB"),
        ("files", f"{count:,} × 2 (result, provenance)", f"{2 * count:,}"),
        (
            "writes that wait for the disk (fsync)",
            f"2 × {count:,} ÷ {DAY:,} s",
            f"{2 * count / DAY:.0f} a second",
        ),
        (
            "names in the asking program",
            f"{count:,} × {c.row_bytes:g} bytes",
            f"{count * c.row_bytes / 1e9:.1f} GB",
        ),
    ]


def wall(c: Costs, megapixels: float = 100_000.0, tile: int = 256, store_mb_s: float = 1000.0) -> list[Step]:
    """A picture of 100 gigapixels, enlarged four times from 6.25."""
    side = 4 * tile
    units = megapixels * 1e6 / side**2
    work = megapixels * c.seconds_a_megapixel
    unit_s = work / units
    most = unit_s / (c.unit_ms / 1000)
    raw = megapixels * 3 / 1e6
    drive = units * c.unit_ms / 1000
    encode = megapixels * c.tiff_seconds_a_megapixel
    return [
        ("units", f"{megapixels:,.0f} MP ÷ {side}²", f"{units:,.0f}"),
        (
            "network, on one core",
            f"{megapixels:,.0f} MP × {c.seconds_a_megapixel:g} s",
            f"{work / 3600:.1f} h",
        ),
        ("one unit on one core", f"{work:,.0f} s ÷ {units:,.0f}", f"{unit_s:.2f} s"),
        ("asking program, all units", f"{units:,.0f} × {c.unit_ms:g} ms", f"{drive / 60:.0f} min"),
        (
            "workers that it can keep busy",
            f"{unit_s:.2f} s ÷ {c.unit_ms:g} ms",
            f"{most:.0f}",
        ),
        (
            "steps with so many workers",
            f"{work / 3600:.1f} h ÷ {most:.0f}",
            f"{work / most / 60:.0f} min",
        ),
        ("memory of a worker", "does not grow with the picture", f"{c.worker_mb:g} MB"),
        (
            "raw input on the shared storage",
            f"{megapixels / 16:,.0f} MP × 3 bytes",
            f"{raw / 16 * 1000:.0f} GB",
        ),
        ("raw result on the shared storage", f"{megapixels:,.0f} MP × 3 bytes", f"{raw:.2f} TB"),
        (
            "storage traffic: written once, read by the asking program, read by the encoder",
            f"3 × {raw:.2f} TB ÷ {store_mb_s:g} MB/s",
            f"{3 * raw * 1e6 / store_mb_s / 60:.0f} min",
        ),
        ("journal", f"{units:,.0f} lines of 30 bytes", f"{units * 30 / 1e6:.1f} MB"),
        (
            "encoding the TIFF, one process",
            f"{megapixels:,.0f} MP × {c.tiff_seconds_a_megapixel:g} s",
            f"{encode / 3600:.1f} h",
        ),
        (
            "the TIFF",
            f"{megapixels:,.0f} MP × {c.tiff_out:g} bytes",
            f"{megapixels * c.tiff_out / 1000:.0f} GB",
        ),
    ]


def questions(c: Costs, count: int = 1_000_000) -> list[Step]:
    """A million questions in one file."""
    work = count * c.line_ms / 1000
    size = count * c.line_in
    part = part_bytes(size)
    lines = part / c.line_in
    return [
        ("one core", f"{count:,} × {c.line_ms:g} ms", f"{work / 3600:.1f} h"),
        (
            f"a machine of {CORES} cores, 70 % busy",
            f"{work / 3600:.1f} h ÷ {CORES} ÷ {BUSY}",
            f"{work / CORES / BUSY / 60:.0f} min",
        ),
        ("input", f"{count:,} × {c.line_in:g} bytes", f"{size / 1e6:.0f} MB"),
        (
            "output, and as much again in parts until it is joined",
            f"{count:,} × {c.line_out:g} bytes",
            f"{count * c.line_out / 1e9:.1f} GB",
        ),
        ("a part", f"16 KB doubled until there are at most {MOST_PARTS:,}", f"{part // 1024} KB"),
        (
            "lost by an interruption, at most, each worker",
            f"{lines:.0f} lines × {c.line_ms:g} ms",
            f"{lines * c.line_ms / 1000:.0f} s",
        ),
    ]


def part_bytes(size: float) -> int:
    """Bytes of a part of a file of questions, as the program cuts it."""
    first = parts_of(int(size), SMALLEST_PART["recommend"])[0]
    return first.end - first.start


def main() -> None:
    """Print the three tables for the unit costs that are given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for field in fields(Costs):
        parser.add_argument("--" + field.name.replace("_", "-"), type=float, default=field.default)
    costs = Costs(**vars(parser.parse_args()))
    head = ("what", "arithmetic", "makes")
    for function in (pictures, wall, questions):
        print(f"\n### {function.__doc__}\n".replace(".\n", "\n"))
        print(table(head, function(costs)))


if __name__ == "__main__":
    main()
