"""The training loop: the same plan and data give the same losses, in one go or interrupted and resumed.

Every crop is drawn by a generator of its own, seeded by its place in the training, so it does not matter how many
threads prepare them nor where a training was interrupted. On the processor the arithmetic repeats to the last bit
with the same number of threads; on a GPU some of its sums do not.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from whichmodel.domain import InputError, StepError
from whichmodel.training.pairs import Both, Pairs
from whichmodel.training.recipe import loss_of, rate_of
from whichmodel.training.sampler import Crop
from whichmodel.training.state import CHECKPOINT, LOG, Log, State

HELD_OUT = 16
"""Held-out crops that are measured, spread over the held-out samples."""

_AHEAD = 3
"""Batches that are prepared before they are needed."""

_HELD_SEED = 7_919

Row = dict[str, Any]


class Quality(NamedTuple):
    """PSNR in dB over held-out crops: of the blurred ones, and of what the network makes of them."""

    given: float
    result: float


class Options(NamedTuple):
    """How a training is run; nothing of it changes what it computes.

    Args:
        device: `"cpu"` or `"cuda"`.
        steps: stop after so many steps in all; `None` at the end of the plan.
        save_every, check_every: steps between two checkpoints and two measurements of held-out crops.
        workers: threads that prepare crops.
        mixed: compute in bfloat16 where the device is a GPU that can.
    """

    device: str = "cpu"
    steps: int | None = None
    save_every: int = 500
    check_every: int = 500
    workers: int = 2
    mixed: bool = True


def device_of(wish: str) -> torch.device:
    """The device that was asked for: `"auto"`, `"cpu"` or `"cuda"`.

    Raises:
        InputError: there is no such device.
    """
    there = torch.cuda.is_available()
    if wish == "cuda" and not there:
        raise InputError(
            "PyTorch finds no CUDA device on this computer", hint="--device cpu trains on the processor"
        )
    return torch.device("cuda" if there and wish != "cpu" else "cpu")


def train(
    state: State,
    data: Pairs,
    held_out: Pairs,
    folder: Path,
    options: Options,
    *,
    watch: Callable[[Row, int], None] = lambda row, total: None,
) -> Row:
    """Train until the plan, or `options.steps`, is done; writes a checkpoint and a log into the folder.

    Ctrl-C ends it after the step at hand, with a checkpoint.

    Args:
        state: fresh, or loaded.
        data, held_out: samples to train with and to measure with; the latter may be empty.
        folder: exists.
        watch: is told every row of the log, and about how many steps there are in all.

    Returns:
        The last row, with the quality where held-out crops are there.

    Raises:
        InputError: there is nothing left to do, or a photograph cannot be used.
        KeyboardInterrupt: after Ctrl-C, when the checkpoint is written.
        StepError: the loss is no number any more.
    """
    plan, sampler = state.plan, state.plan.sampler()
    total = _total(state, options)
    if state.epoch >= plan.epochs or (options.steps is not None and state.step >= options.steps):
        asked = f"{options.steps} are asked for" if options.steps else f"that is all {plan.epochs} epochs"
        raise InputError(f"{folder / CHECKPOINT} has {state.step} steps already, and {asked}")
    log = Log(folder / LOG, state.step)
    device = next(state.network.parameters()).device
    row: Row = {}
    with _interruption() as interrupted, ThreadPoolExecutor(options.workers) as workers:
        last = False
        while state.epoch < plan.epochs and not last:
            rate = rate_of(
                state.epoch, epochs=plan.epochs, rate=plan.rate, lowest=plan.lowest_rate, warm_up=plan.warm_up
            )
            for group in state.optimiser.param_groups:
                group["lr"] = rate
            batches = list(sampler.batches(state.epoch))
            for blurred, sharp in _prepared(batches, state, data, workers):
                began = time.monotonic()
                row = _step(state, blurred.to(device), sharp.to(device), mixed=options.mixed)
                row |= {"epoch": state.epoch + 1, "rate": rate, "seconds": round(time.monotonic() - began, 4)}
                state.place += 1
                ends = state.place == len(batches) and state.epoch + 1 == plan.epochs
                last = ends or state.step == options.steps
                if len(held_out) and (last or state.step % options.check_every == 0):
                    row["given_psnr"], row["psnr"] = measured(state, held_out)
                log.add(row)
                watch(row, total)
                if interrupted():
                    state.save(folder)
                    raise KeyboardInterrupt
                if last:
                    break
                if state.step % options.save_every == 0:
                    state.save(folder)
            if state.place >= len(batches):
                state.epoch, state.place = state.epoch + 1, 0
    state.save(folder)
    return row


def measured(state: State, held_out: Pairs) -> Quality:
    """PSNR over held-out crops, drawn once and for all by the seed of the plan; means of their decibels."""
    side = state.plan.crop
    device = next(state.network.parameters()).device
    state.network.eval()
    given, found = [], []
    for number in range(HELD_OUT):
        sample = number * len(held_out) // HELD_OUT
        random = np.random.default_rng([state.plan.seed, _HELD_SEED, number])
        blurred, sharp = held_out.crop(sample, side, side, random, varied=False)
        with torch.no_grad():
            planes = torch.from_numpy(blurred.transpose(2, 0, 1)[None].copy()).to(device)
            result = state.network.sharpen(planes).clamp(0, 1).cpu().numpy()[0].transpose(1, 2, 0)
        given.append(_psnr(blurred, sharp))
        found.append(_psnr(result, sharp))
    state.network.train()
    return Quality(float(np.mean(given)), float(np.mean(found)))


def _total(state: State, options: Options) -> int:
    """About how many steps the training has; exact where all batches are of one size."""
    plan, sampler = state.plan, state.plan.sampler()
    every = 0
    for epoch in range(plan.epochs):
        sizes = sampler.sizes(epoch)
        every += math.ceil(plan.epoch_crops * len(sizes) / sum(shape.batch for shape in sizes))
    return every if options.steps is None else min(every, options.steps)


def _step(state: State, blurred: torch.Tensor, sharp: torch.Tensor, *, mixed: bool) -> Row:
    """One step of the optimiser."""
    cuda = blurred.device.type == "cuda"
    half = (
        torch.autocast("cuda", dtype=torch.bfloat16)
        if mixed and cuda and torch.cuda.is_bf16_supported()
        else None
    )
    with half or nullcontext():
        outputs = state.network(blurred)
    loss = loss_of(outputs, sharp, spectrum_weight=state.plan.spectrum_weight)
    state.optimiser.zero_grad(set_to_none=True)
    loss.total.backward()
    value = float(loss.total.detach())
    if not math.isfinite(value):
        raise StepError(
            f"the loss of step {state.step + 1} is {value}",
            hint=f"resume from {CHECKPOINT} in a copy of the folder with a lower --rate; the pictures may be damaged",
        )
    state.optimiser.step()
    state.step += 1
    count, _, height, width = blurred.shape
    return {
        "step": state.step, "loss": value, "pixels": float(loss.pixels.detach()),
        "spectrum": float(loss.spectrum.detach()), "height": height, "width": width, "batch": count,
    }  # fmt: skip


def _prepared(
    batches: Sequence[list[Crop]], state: State, data: Pairs, workers: ThreadPoolExecutor
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The batches of an epoch that are left, as tensors `(B, 3, h, w)`; a few are prepared ahead."""

    def one(epoch: int, place: int, number: int, crop: Crop) -> Both:
        random = np.random.default_rng([state.plan.seed, epoch, place, number])
        return data.crop(crop.sample % len(data), crop.height, crop.width, random, varied=True)

    waiting: deque[list[Future[Both]]] = deque()
    due = iter(range(state.place, len(batches)))
    epoch = state.epoch

    def submit() -> None:
        place = next(due, None)
        if place is not None:
            crops = enumerate(batches[place])
            waiting.append([workers.submit(one, epoch, place, number, crop) for number, crop in crops])

    try:
        for _ in range(_AHEAD):
            submit()
        while waiting:
            both = [future.result() for future in waiting.popleft()]
            submit()
            blurred, sharp = (
                np.stack([pair[side] for pair in both]).transpose(0, 3, 1, 2) for side in (0, 1)
            )
            yield (
                torch.from_numpy(np.ascontiguousarray(blurred)),
                torch.from_numpy(np.ascontiguousarray(sharp)),
            )
    finally:
        for batch in waiting:
            for future in batch:
                future.cancel()


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: the step at hand is finished first; pressed again, it ends at once."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def notice(number: int, frame: Any) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    signal.signal(signal.SIGINT, notice)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _psnr(found: Any, due: Any) -> float:
    error = float(np.mean((np.asarray(found, np.float64) - due) ** 2))
    return -10 * math.log10(error) if error > 0 else 99.0
