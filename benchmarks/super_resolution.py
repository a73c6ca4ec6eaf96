"""Measure the enlargement models on Set5 and Set14, through the same code as `whichmodel run`.

Y-PSNR and SSIM as super-resolution papers give them: luma of BT.601 in studio swing (MATLAB's rgb2ycbcr),
8-bit results, a border of `scale` pixels left out. Bicubic enlargement is measured in the same run.

Exit codes: 0 fine; 1 a card's model is below its gate on Set5; 2 the data are missing.
"""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from whichmodel.catalog import cards
from whichmodel.domain import ModelCard
from whichmodel.pictures import Picture, bicubic, read_picture
from whichmodel.weights import records
from whichmodel.workflow import run_picture, workflow_for_card

DATA = Path(__file__).parents[2] / "shared" / "images"
PUBLISHED = {
    ("span-x4-ch48", "Set5"): 32.20,
    ("span-x4-ch48", "Set14"): 28.66,
    ("span-x2-ch48", "Set5"): 38.08,
    ("span-x2-ch48", "Set14"): 33.71,
}
"""Y-PSNR in dB that the authors give (SPAN: arXiv 2311.12770)."""
GATES = {"span-x4-ch48": 32.1, "span-x2-ch48": 38.0}
"""Least mean Y-PSNR on Set5, in dB, of the weights that are taken where no model is named."""


@dataclass(frozen=True)
class Row:
    """One picture enlarged by one model; PSNR in dB, SSIM 0..1."""

    data: str
    scale: int
    picture: str
    weights: str
    psnr: float
    ssim: float
    bicubic_psnr: float
    bicubic_ssim: float
    seconds_per_megapixel: float


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """`(H, W, 3)` or `(H, W, 1)` uint8 to `(H, W)` luma 16..235 (BT.601, not rounded)."""
    rgb = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    return 16.0 + rgb.astype(np.float64) @ (np.array([65.481, 128.553, 24.966]) / 255.0)


def psnr(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Peak signal-to-noise ratio in dB for a peak of 255."""
    error = float(np.mean((a - b) ** 2))
    return math.inf if error == 0 else 10 * math.log10(255.0**2 / error)


def ssim(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Structural similarity (Wang et al. 2004): Gaussian window 11 x 11, sigma 1.5, valid part only."""
    window = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window /= window.sum()

    def mean(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return correlate1d(correlate1d(x, window, axis=0), window, axis=1)[5:-5, 5:-5]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    value = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    value /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float(value.mean())


def scores(result: NDArray[np.uint8], truth: NDArray[np.uint8], border: int) -> tuple[float, float]:
    """Y-PSNR and SSIM without `border` pixels on each side."""
    inner = slice(border, -border)
    a, b = luma(result)[inner, inner], luma(truth)[inner, inner]
    return psnr(a, b), ssim(a, b)


def measure(low_path: Path, card: ModelCard) -> Row:
    """Enlarge one `*_LR.png` and compare it with the `*_HR.png` beside it."""
    weights = records()[card.weights or ""]
    scale = weights.scale
    low = read_picture(low_path)
    truth = read_picture(low_path.with_name(low_path.name.replace("_LR", "_HR"))).pixels
    known = {**cards(), card.name: card}
    run = workflow_for_card(card)
    began = time.perf_counter()
    result, _ = run_picture(run, Picture(low.pixels), cards=known)
    seconds = time.perf_counter() - began
    plain = bicubic(low.pixels, low.width * scale, low.height * scale)
    own, reference = scores(result.pixels, truth, scale), scores(plain, truth, scale)
    return Row(
        data=low_path.parent.parent.name,
        scale=scale,
        picture=low_path.name.split("_SRF")[0],
        weights=weights.id,
        psnr=own[0],
        ssim=own[1],
        bicubic_psnr=reference[0],
        bicubic_ssim=reference[1],
        seconds_per_megapixel=seconds / (result.width * result.height / 1e6),
    )


def variants(weights: str | None) -> list[ModelCard]:
    """The runnable cards, one for each record of weights; the cards' own weights come first."""
    own = [card for card in cards().values() if card.weights in records()]
    by_scale = {records()[card.weights or ""].scale: card for card in own}
    found = list(own)
    for record in records().values():
        if record.scale in by_scale and record.id not in {card.weights for card in found}:
            found.append(msgspec.structs.replace(by_scale[record.scale], weights=record.id))
    return [card for card in found if weights in (None, "all", card.weights)]


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder with Set5 and Set14.")
@click.option("--weights", metavar="ID", help="Only these weights; default all records.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def main(data: Path, weights: str | None, as_json: bool) -> None:
    """Measure Y-PSNR, SSIM and speed on Set5 and Set14."""
    if not any(data.glob("Set5/x*/*_LR.png")):
        click.echo(f"no pictures at {data}/Set5/x4/*_LR.png; name the folder with --data", err=True)
        sys.exit(2)
    rows = [
        measure(path, card)
        for card in variants(weights)
        for name in ("Set5", "Set14")
        for path in sorted(data.glob(f"{name}/x{records()[card.weights or ''].scale}/*_LR.png"))
    ]
    failed = missed_gates(rows)
    if as_json:
        click.echo(json.dumps({"rows": [asdict(row) for row in rows], "failed": failed}, indent=2))
    else:
        click.echo(table(rows))
    for line in failed:
        click.echo(line, err=True)
    sys.exit(1 if failed else 0)


def missed_gates(rows: list[Row]) -> list[str]:
    """Which of the weights that were measured miss their gate on Set5; other weights are shown, not judged."""
    missed = []
    for weights in sorted({row.weights for row in rows} & GATES.keys()):
        found = [row.psnr for row in rows if row.weights == weights and row.data == "Set5"]
        if not (found and float(np.mean(found)) >= GATES[weights]):
            missed.append(f"{weights}: Set5 is below {GATES[weights]} dB")
    return missed


def table(rows: list[Row]) -> str:
    """Per picture and mean, in plain text."""
    lines = []
    for key in dict.fromkeys((row.weights, row.data, row.scale) for row in rows):
        group = [row for row in rows if (row.weights, row.data, row.scale) == key]
        weights, name, scale = key
        lines.append(f"\n{weights}, {name} {scale}x   PSNR    SSIM   bicubic PSNR    SSIM   s/MP")
        told = [(row.picture, row) for row in group] + [("mean", None)]
        for picture, row in told:
            figures = [
                float(np.mean([getattr(each, field) for each in ([row] if row else group)]))
                for field in ("psnr", "ssim", "bicubic_psnr", "bicubic_ssim", "seconds_per_megapixel")
            ]
            lines.append(
                f"{picture:<26} {figures[0]:6.2f}  {figures[1]:.4f}  {figures[2]:12.2f}  {figures[3]:.4f}"
                f"  {figures[4]:5.2f}"
            )
        if (weights, name) in PUBLISHED:
            lines.append(f"{'published':<26} {PUBLISHED[weights, name]:6.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
