"""`whichmodel train`: train a deblurring network on pairs of photographs, or on sharp ones that are blurred here."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whichmodel.domain import SCHEMA_VERSION, InputError

if TYPE_CHECKING:
    from whichmodel.training.pairs import Pairs
    from whichmodel.training.state import Plan

_POSITIVE = click.IntRange(min=1)
_LINE_EVERY = 50
"""Steps between two lines where no bar can be shown."""


@click.command()
@click.option("--pairs", metavar="FOLDER", type=click.Path(path_type=Path), help="Pairs in GoPro's layout.")
@click.option(
    "--photos", metavar="FOLDER", type=click.Path(path_type=Path), help="Sharp photographs to blur."
)
@click.option(
    "-o", "--output", metavar="FOLDER", required=True, type=click.Path(path_type=Path),
    help="Folder for last.pt, the checkpoint, and log.csv.",
)  # fmt: skip
@click.option(
    "--variant",
    type=click.Choice(["small", "base", "large"]),
    default="small",
    show_default=True,
    help="Size of the network.",
)
@click.option("--crop", type=_POSITIVE, default=256, show_default=True, help="Side of the crops in pixels.")
@click.option("--batch", type=_POSITIVE, default=16, show_default=True, help="Crops in a batch.")
@click.option("--epochs", type=_POSITIVE, default=3000, show_default=True, help="Rounds over the pairs.")
@click.option(
    "--epoch-crops", type=_POSITIVE, help="Crops in an epoch; by default one a pair, or 1000 of photos."
)
@click.option("--steps", type=_POSITIVE, help="Stop after so many steps in all; --resume goes on.")
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    default=2e-4,
    show_default=True,
    help="Highest learning rate.",
)
@click.option(
    "--warm-up", type=click.IntRange(0), default=3, show_default=True, help="Epochs of rising rate."
)
@click.option(
    "--sizes", type=click.Choice(["fixed", "multi-scale", "variable-batch"]), default="fixed", show_default=True,
    help="One crop size; a random one for each batch; or a random one with as many crops as cost the same.",
)  # fmt: skip
@click.option(
    "--smallest", type=_POSITIVE, default=128, show_default=True, help="Smallest side of several sizes."
)
@click.option(
    "--largest", type=_POSITIVE, default=384, show_default=True, help="Largest side of several sizes."
)
@click.option(
    "--curriculum", is_flag=True, help="Begin with the smallest size, admit the larger ones by and by."
)
@click.option(
    "--longest-blur",
    type=click.FloatRange(3, 101),
    default=31.0,
    show_default=True,
    help="Of --photos, in pixels.",
)
@click.option("--seed", type=int, default=1234, show_default=True, help="Of all that is drawn by chance.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="What to train on.",
)
@click.option("--workers", type=_POSITIVE, default=2, show_default=True, help="Threads that prepare crops.")
@click.option(
    "--save-every", type=_POSITIVE, default=500, show_default=True, help="Steps between checkpoints."
)
@click.option(
    "--check-every", type=_POSITIVE, default=500, show_default=True, help="Steps between measurements."
)
@click.option("--full-precision", is_flag=True, help="No bfloat16 on a GPU that could.")
@click.option(
    "--tensorboard", is_flag=True, help="Write TensorBoard events too (needs the package tensorboard)."
)
@click.option("--resume", is_flag=True, help="Go on where the checkpoint in the output folder stands.")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON, at the end.")
def train(
    pairs: Path | None, photos: Path | None, output: Path, tensorboard: bool, resume: bool, as_json: bool, **given: Any
) -> int:  # fmt: skip
    """Train a deblurring network (MSSNet) by its published recipe. Needs: pip install 'whichmodel[torch]'.

    --pairs takes folders `blur` and `sharp` beside each other, files of the same names in both, anywhere below;
    with `train` and `test` above them the latter is held out, else every tenth pair. --photos takes any sharp
    photographs and blurs them: straight and shaken paths, in linear light, with noise and cut highlights.

    The defaults are the published recipe except --variant, and meant for a GPU: on a processor use small
    crops and batches to try it. Ctrl-C leaves a checkpoint; --resume goes on to the same losses. `whichmodel weights
    pull NAME --from FOLDER/last.pt` makes the result run.
    """
    if (pairs is None) == (photos is None):
        raise click.UsageError("give either --pairs or --photos")
    missing = [name for name in ("torch", "safetensors") if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"training needs {' and '.join(missing)}", hint="pip install 'whichmodel[torch]'")
    from whichmodel.training.state import CHECKPOINT

    data, held_out = _data(pairs, photos, given["longest_blur"])
    plan = _plan(data, given, of_photos=photos is not None)
    last = _train(plan, data, held_out, output, given, tensorboard=tensorboard, resume=resume)
    if as_json:
        click.echo(
            json.dumps(
                {"schema_version": SCHEMA_VERSION, "checkpoint": str(output / CHECKPOINT), "last": last}
            )
        )
    return 0


def _data(pairs: Path | None, photos: Path | None, longest: float) -> tuple[Pairs, Pairs]:
    from whichmodel.training.blur import BlurKind
    from whichmodel.training.pairs import pairs_in, photographs_in

    if pairs is not None:
        return pairs_in(pairs)
    assert photos is not None
    return photographs_in(photos, BlurKind(longest=longest))


def _plan(data: Pairs, given: dict[str, Any], *, of_photos: bool) -> Plan:
    from whichmodel.training.state import Plan

    plan = Plan(
        variant=given["variant"], crop=given["crop"], batch=given["batch"], epochs=given["epochs"],
        epoch_crops=given["epoch_crops"] or (1000 if of_photos else len(data)), rate=given["rate"],
        lowest_rate=min(1e-6, given["rate"]), warm_up=given["warm_up"], mode=given["sizes"],
        smallest=given["smallest"], largest=given["largest"], curriculum=given["curriculum"], seed=given["seed"],
        data=f"{data.fingerprint()} {given['longest_blur'] if of_photos else ''}",
    )  # fmt: skip
    plan.check()
    return plan


def _train(
    plan: Plan,
    data: Pairs,
    held_out: Pairs,
    output: Path,
    given: dict[str, Any],
    *,
    tensorboard: bool,
    resume: bool,
) -> dict[str, Any]:
    from whichmodel.training.state import CHECKPOINT, State
    from whichmodel.training.trainer import Options, device_of
    from whichmodel.training.trainer import train as run

    if not resume and (output / CHECKPOINT).exists():
        raise InputError(f"{output / CHECKPOINT} is there already", hint="--resume goes on with it")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {output} cannot be made: {error.strerror or error}") from error
    device = device_of(given["device"])
    state = State(plan, device)
    if resume:
        state.load(output)
    _say(f"{len(data)} {data.kind}, {len(held_out)} held out; {plan.variant} network on {device.type}")
    share = plan.sampler().expected_compute()
    if plan.mode != "fixed":
        _say(f"expected compute: {share:.2f} of what crops of {plan.crop} pixels alone would take")
    options = Options(
        device=device.type, steps=given["steps"], save_every=given["save_every"], check_every=given["check_every"],
        workers=given["workers"], mixed=not given["full_precision"],
    )  # fmt: skip
    try:
        with _watching(output, tensorboard=tensorboard) as watch:
            last = run(state, data, held_out, output, options, watch=watch)
    except KeyboardInterrupt:
        _say(
            f"step {state.step} is kept in {output / CHECKPOINT}: the same command with --resume goes on from there"
        )
        raise
    _say(f"{state.step} steps are done; loss {last['loss']:.4f}; {output / CHECKPOINT}")
    if last.get("psnr") is not None:
        _say(f"held-out crops: blurred {last['given_psnr']:.2f} dB, sharpened {last['psnr']:.2f} dB")
    return last


@contextmanager
def _watching(output: Path, *, tensorboard: bool) -> Iterator[Callable[[dict[str, Any], int], None]]:
    """Shows progress: a bar on a terminal, else a line now and then; and TensorBoard's events where wished."""
    events = _events(output) if tensorboard else None
    bar: Any = None
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        bar.start()
        task = bar.add_task("", total=None)

    def watch(row: dict[str, Any], total: int) -> None:
        quality = (
            f", held-out {row['given_psnr']:.2f} → {row['psnr']:.2f} dB"
            if row.get("psnr") is not None
            else ""
        )
        told = f"step {row['step']} of {total}, loss {row['loss']:.4f}{quality}"
        if bar is not None:
            bar.update(task, description=told, completed=row["step"], total=total)
        elif quality or row["step"] % _LINE_EVERY == 0 or row["step"] == 1:
            _say(told)
        if events is not None:
            for name in ("loss", "pixels", "spectrum", "rate", "psnr"):
                if row.get(name) is not None:
                    events.add_scalar(name, row[name], row["step"])

    try:
        yield watch
    finally:
        if bar is not None:
            bar.stop()
        if events is not None:
            events.close()


def _events(output: Path) -> Any:
    if importlib.util.find_spec("tensorboard") is None:
        raise InputError(
            "--tensorboard needs the package tensorboard", hint="pip install tensorboard; log.csv has it all"
        )
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(output))


def _say(line: str) -> None:
    click.echo(line, err=True)
