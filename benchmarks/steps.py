"""Measure the picture steps beside classical methods: quality, seconds per megapixel, peak memory.

    python benchmarks/steps.py [--only enlarge|enlarge-8x|denoise|deblur] [--json]

Every method runs in a process of its own, through the same code as `whichmodel run`, so its peak memory is its
own. Weights that are not in the cache are fetched. PSNR in dB and SSIM are taken

- enlarge: on Set5 and Set14, luma, `scale` pixels of border left out, as super-resolution papers do;
- enlarge-8x: the same, from their large pictures reduced 8x bicubically;
- denoise: on three photographs of scikit-image with Gaussian noise of 15, 25 and 50 of 255, rounded and clipped as
  a file would have it; all three channels. The baselines are told the noise, and their strength is the best of
  several: they are better here than anybody can make them without the clean picture;
- deblur: on the same photographs, moved evenly by 9, 15 and 21 pixels to the right; all three channels, 16 pixels
  of border left out. Wiener's filter is told the movement, the network is not. And, for the network, on the middle
  of two frames of videos that were blurred by averaging (GoPro).

Exit codes: 0 fine; 1 a model is below its gate; 2 the pictures of Set5 and Set14 are missing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, gaussian_filter, uniform_filter1d

from whichmodel.catalog import cards
from whichmodel.domain import Parameter, Step
from whichmodel.pictures import Picture, bicubic, read_picture
from whichmodel.workflow import run_picture
from whichmodel.workflow.steps import INPUT, model_step, picture_port, workflow_of

DATA = Path(__file__).parents[2] / "shared" / "images"
NOISE = (15, 25, 50)
LENGTHS = (9, 15, 21)
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea")
BORDER = 16

GATES = {
    ("enlarge", "SPAN-2x", "Set5 2x"): 38.03,
    ("enlarge", "SPAN-2x", "Set14 2x"): 33.66,
    ("enlarge", "SPAN-4x", "Set5 4x"): 32.15,
    ("enlarge", "SPAN-4x", "Set14 4x"): 28.61,
    ("denoise", "FFDNet-colour", "noise 15"): 34.2,
    ("denoise", "FFDNet-colour", "noise 25"): 31.2,
    ("denoise", "FFDNet-colour", "noise 50"): 25.9,
}
"""Least mean PSNR in dB: for SPAN the published figures less 0.05, for FFDNet those of an earlier measurement."""

Pixels = NDArray[np.uint8]
Method = Callable[[Pixels, "Case"], Pixels]


@dataclass(frozen=True)
class Case:
    """One picture to work on.

    Args:
        data: what it belongs to: `"Set5 4x"`, `"noise 25"`, `"movement 9"`.
        given, truth: what goes in, and what should come out.
        level: factor, noise, or length of the movement.
        border: pixels left out; 0 measures all of it.
    """

    data: str
    given: Pixels
    truth: Pixels
    level: int
    border: int


@dataclass(frozen=True)
class Row:
    """What one method reached on one set of data; means over its pictures.

    Args:
        psnr, ssim: of the result.
        seconds_per_megapixel: of the result, by the clock.
        work_per_megapixel: seconds of all processors together; where other programs run, the clock tells more
            about them.
        peak_megabytes: of the process, over all data of the job.
    """

    job: str
    method: str
    data: str
    psnr: float
    ssim: float
    seconds_per_megapixel: float
    work_per_megapixel: float
    peak_megabytes: float


# --- what is worked on ---


def enlarge_cases(folder: Path) -> Iterator[Case]:
    """Set5 and Set14 at 2x and 4x."""
    for name in ("Set5", "Set14"):
        for scale in (2, 4):
            for path in sorted(folder.glob(f"{name}/x{scale}/*_LR.png")):
                truth = read_picture(path.with_name(path.name.replace("_LR", "_HR"))).pixels
                yield Case(f"{name} {scale}x", read_picture(path).pixels, truth, scale, scale)


def enlarge_8x_cases(folder: Path) -> Iterator[Case]:
    """The large pictures of Set5 and Set14, reduced 8x."""
    for name in ("Set5", "Set14"):
        for path in sorted(folder.glob(f"{name}/x4/*_HR.png")):
            whole = read_picture(path).pixels
            height, width = (side // 8 * 8 for side in whole.shape[:2])
            truth = np.ascontiguousarray(whole[:height, :width])
            yield Case(f"{name} 8x", bicubic(truth, width // 8, height // 8), truth, 8, 8)


def denoise_cases(folder: Path) -> Iterator[Case]:
    """Photographs with noise."""
    for level in NOISE:
        for name, truth in _photographs():
            noise = np.random.default_rng(len(name)).normal(0, level, truth.shape)
            yield Case(f"noise {level}", _rounded(truth + noise), truth, level, 0)


def deblur_cases(folder: Path) -> Iterator[Case]:
    """Photographs that moved."""
    for length in LENGTHS:
        for _, truth in _photographs():
            moved = uniform_filter1d(truth.astype(np.float64), length, axis=1, mode="mirror")
            yield Case(f"movement {length}", _rounded(moved), truth, length, BORDER)
    for path in sorted(folder.glob("gopro/*_blur1.png")):
        blurred, sharp = (
            read_picture(each).pixels for each in (path, path.with_name(path.name.replace("blur", "sharp")))
        )
        top, left = (blurred.shape[0] - 400) // 2, (blurred.shape[1] - 480) // 2
        middle = slice(top, top + 400), slice(left, left + 480)
        yield Case("GoPro", np.ascontiguousarray(blurred[middle]), sharp[middle], 0, BORDER)


def _photographs() -> Iterator[tuple[str, Pixels]]:
    from skimage import data

    for name in PHOTOGRAPHS:
        yield name, np.ascontiguousarray(getattr(data, name)()[:, :, :3])


def _rounded(values: NDArray[Any]) -> Pixels:
    return np.rint(values).clip(0, 255).astype(np.uint8)


# --- methods ---


def model(*names: str, **given: Parameter) -> Method:
    """Models of the catalog in a row; a parameter `sigma="told"` is the level of the case."""

    def run(pixels: Pixels, case: Case) -> Pixels:
        own = {name: float(case.level) if value == "told" else value for name, value in given.items()}
        steps: list[Step] = []
        for place, name in enumerate(names):
            source = steps[-1].id if steps else INPUT.name
            steps.append(model_step(cards()[name], source, id=f"step-{place}", given=own))
        return _run(steps, pixels)

    return run


def step(operation: str, **given: Parameter) -> Method:
    """A classical step; parameters of the value `"told"` are the level of the case."""

    def run(pixels: Pixels, case: Case) -> Pixels:
        own = {name: float(case.level) if value == "told" else value for name, value in given.items()}
        port = picture_port(1)
        only = Step(
            id="step", title=operation, operation=operation, takes={"image": INPUT.name}, gives=port,
            parameters=own,
        )  # fmt: skip
        return _run([only], pixels)

    return run


def _run(steps: list[Step], pixels: Pixels) -> Pixels:
    result, _ = run_picture(workflow_of("measure", steps), Picture(pixels), cards=cards())
    return result.pixels


def as_given(pixels: Pixels, case: Case) -> Pixels:
    """Nothing is done."""
    return pixels


def enlarged_bicubically(pixels: Pixels, case: Case) -> Pixels:
    """Plain interpolation."""
    return bicubic(pixels, pixels.shape[1] * case.level, pixels.shape[0] * case.level)


def best(methods: dict[str, Method]) -> Method:
    """The one of several that comes closest to the truth: a bound for what can be had by adjusting."""

    def run(pixels: Pixels, case: Case) -> Pixels:
        found = [method(pixels, case) for method in methods.values()]
        return max(found, key=lambda result: scores(result, case)[0])

    return run


def smoothed(sigma: float) -> Method:
    """Gaussian smoothing by so many pixels."""
    return lambda pixels, case: _rounded(gaussian_filter(pixels.astype(np.float64), (sigma, sigma, 0)))


def non_local_means(strength: float) -> Method:
    """Buades, Coll and Morel 2005, as scikit-image has it, told the noise."""

    def run(pixels: Pixels, case: Case) -> Pixels:
        from skimage.restoration import denoise_nl_means

        sigma = case.level / 255
        clean = denoise_nl_means(
            pixels / 255, h=strength * sigma, sigma=sigma, fast_mode=True, patch_size=5, patch_distance=6,
            channel_axis=2,
        )  # fmt: skip
        return _rounded(clean * 255)

    return run


GAUSSIANS = {f"{sigma}": smoothed(sigma) for sigma in (0.6, 0.9, 1.2, 1.6)}
MEANS = {f"{strength}": non_local_means(strength) for strength in (0.6, 0.8)}
MEDIANS = {f"{radius}": step("median", radius=radius) for radius in (1, 2)}

UNTOLD = ("as given", "SRN-deblur")
"""Methods that need not be told the blur."""

JOBS: dict[str, tuple[Callable[[Path], Iterator[Case]], dict[str, Method]]] = {
    "enlarge": (
        enlarge_cases,
        {
            "bicubic": enlarged_bicubically,
            "SPAN-2x": model("SPAN-2x"),
            "SPAN-4x": model("SPAN-4x"),
            "Real-ESRGAN-x4plus": model("Real-ESRGAN-x4plus"),
        },
    ),
    "enlarge-8x": (
        enlarge_8x_cases,
        {
            "bicubic": enlarged_bicubically,
            "SPAN-4x, SPAN-2x": model("SPAN-4x", "SPAN-2x"),
            "ESRGAN-thick-8x": model("ESRGAN-thick-8x"),
        },
    ),
    "denoise": (
        denoise_cases,
        {
            "as given": as_given,
            "Gaussian, best of 4": best(GAUSSIANS),
            "median, best of 2": best(MEDIANS),
            "non-local means, best of 2": best(MEANS),
            "FFDNet-colour": model("FFDNet-colour", sigma="told"),
            "FFDNet-colour, level estimated": model("FFDNet-colour"),
        },
    ),
    "deblur": (
        deblur_cases,
        {
            "as given": as_given,
            "Wiener, told the movement": step("deconvolve", kernel="motion", length="told", angle=0.0),
            "SRN-deblur": model("SRN-deblur"),
        },
    ),
}

# --- measuring ---


def scores(result: Pixels, case: Case) -> tuple[float, float]:
    """PSNR in dB and SSIM (Wang et al. 2004, on the luma) of a result."""
    inner = slice(case.border, -case.border or None)
    a, b = result[inner, inner].astype(np.float64), case.truth[inner, inner].astype(np.float64)
    light_a, light_b = _luma(a), _luma(b)
    # Super-resolution is judged on the luma, everything else on what a person sees.
    x, y = (light_a, light_b) if case.data.endswith("x") else (a, b)
    error = float(np.mean((x - y) ** 2))
    return (10 * np.log10(255.0**2 / error) if error else np.inf), _ssim(light_a, light_b)


def _luma(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(H, W, 1 or 3)` to `(H, W)` luma 16..235 (BT.601, not rounded)."""
    colour = np.repeat(rgb, 3, axis=2) if rgb.shape[2] == 1 else rgb
    found: NDArray[np.float64] = 16.0 + colour @ (np.array([65.481, 128.553, 24.966]) / 255.0)
    return found


def _ssim(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    window = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window /= window.sum()

    def mean(x: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = correlate1d(correlate1d(x, window, axis=0), window, axis=1)
        return found[5:-5, 5:-5]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    value = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    value /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float(value.mean())


def measure(job: str, name: str, folder: Path) -> list[Row]:
    """Run one method over all its cases, in this process."""
    found: dict[str, list[tuple[float, ...]]] = {}
    cases, methods = JOBS[job]
    scale = cards()[name].scale if name in cards() else None
    for case in cases(folder):
        if (scale is not None and scale != case.level) or (case.level == 0 and name not in UNTOLD):
            continue
        began, worked = time.perf_counter(), time.process_time()
        result = methods[name](case.given, case)
        seconds, work = time.perf_counter() - began, time.process_time() - worked
        megapixels = result.shape[0] * result.shape[1] / 1e6
        row = (*scores(result, case), seconds / megapixels, work / megapixels)
        found.setdefault(case.data, []).append(row)
    peak = _peak_megabytes()
    return [
        Row(job, name, data, *(round(float(value), 4) for value in np.mean(each, axis=0)), peak)
        for data, each in found.items()
    ]


def _peak_megabytes() -> float:
    """The most memory that this process has taken; `resource` would count that of the parent too."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    return 0.0


def measure_apart(job: str, name: str, folder: Path) -> list[Row]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--data", str(folder), "--child", job, name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [Row(**row) for row in json.loads(done.stdout)]


def missed(rows: list[Row]) -> list[str]:
    """The gates that were not reached."""
    return [
        f"{row.method} on {row.data}: {row.psnr:.2f} dB is below {GATES[key]} dB"
        for row in rows
        if (key := (row.job, row.method, row.data)) in GATES and row.psnr < GATES[key]
    ]


def table(rows: list[Row]) -> str:
    """In plain text, job by job."""
    lines = []
    for job in dict.fromkeys(row.job for row in rows):
        lines.append(f"\n{job:<34} data             PSNR    SSIM   s/MP  work/MP   peak MB")
        lines += [
            f"  {row.method:<32} {row.data:<14} {row.psnr:6.2f}  {row.ssim:.4f}"
            f"  {row.seconds_per_megapixel:5.2f}  {row.work_per_megapixel:7.2f}  {row.peak_megabytes:8.0f}"
            for row in sorted((row for row in rows if row.job == job), key=lambda row: row.data)
        ]
    return "\n".join(lines)


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder with Set5 and Set14.")
@click.option("--only", type=click.Choice([*JOBS]), multiple=True, help="Only this job; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--child", nargs=2, hidden=True)
def main(data: Path, only: tuple[str, ...], as_json: bool, child: tuple[str, str] | None) -> None:
    """Measure quality, speed and memory of the picture steps beside classical methods."""
    if child:
        click.echo(json.dumps([asdict(row) for row in measure(*child, data)]))
        return
    if not any(data.glob("Set5/x4/*_LR.png")) and any(name.startswith("enlarge") for name in only or JOBS):
        click.echo(f"no pictures at {data}/Set5/x4/*_LR.png; name the folder with --data", err=True)
        sys.exit(2)
    rows = []
    for job in only or JOBS:
        for name in JOBS[job][1]:
            click.echo(f"{job}: {name}", err=True)
            rows += measure_apart(job, name, data)
    failed = missed(rows)
    if as_json:
        click.echo(json.dumps({"rows": [asdict(row) for row in rows], "failed": failed}, indent=2))
    else:
        click.echo(table(rows))
    for line in failed:
        click.echo(line, err=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
