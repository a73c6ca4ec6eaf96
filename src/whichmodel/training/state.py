"""What a training is, where it stands, and its two files: a checkpoint and a log.

The checkpoint has the layout of the authors' program (`model_state_dict`, `optimizer_state_dict`, `epoch`,
`all_step`), so that `whichmodel weights pull --from` takes it; it is read back as numbers and plain values only.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import torch

from whichmodel.domain import InputError, Record
from whichmodel.files import replacing
from whichmodel.networks.checkpoint import LARGEST
from whichmodel.networks.mssnet import MULTIPLE, MSSNet
from whichmodel.training.sampler import Mode, Sampler, Shape, shapes

CHECKPOINT, LOG = "last.pt", "log.csv"

COLUMNS = (
    "step", "epoch", "rate", "loss", "pixels", "spectrum", "height", "width", "batch", "seconds", "given_psnr", "psnr",
)  # fmt: skip
"""Of the log. `loss` is `pixels` and, weighted, `spectrum`; `given_psnr` and `psnr` are of the blurred and the
sharpened held-out crops in dB, where they were measured."""

_Count = Annotated[int, msgspec.Meta(ge=1)]
_Share = Annotated[float, msgspec.Meta(gt=0)]


class Plan(Record, frozen=True, kw_only=True):
    """Everything that decides how a training goes; a training is resumed with the same plan only.

    Args:
        variant: of the network.
        crop, batch: side of the crops in pixels and how many make a batch, at the base size.
        epochs, epoch_crops: how many epochs, and crops in each.
        rate, lowest_rate, warm_up: the learning rate, its end, and epochs of rise.
        spectrum_weight: of the loss.
        mode, smallest, largest, scales, curriculum: see `training.sampler`; sides in pixels.
        seed: of all that is drawn.
        data: fingerprint of the data.
    """

    variant: Literal["small", "base", "large"] = "small"
    crop: _Count = 256
    batch: _Count = 16
    epochs: _Count = 3000
    epoch_crops: _Count = 2103
    rate: _Share = 2e-4
    lowest_rate: float = 1e-6
    warm_up: Annotated[int, msgspec.Meta(ge=0)] = 3
    spectrum_weight: Annotated[float, msgspec.Meta(ge=0)] = 0.1
    mode: Mode = "fixed"
    smallest: _Count = 128
    largest: _Count = 384
    scales: _Count = 5
    curriculum: bool = False
    seed: int = 1234
    data: str = ""

    def check(self) -> None:
        """Check what the types cannot.

        Raises:
            InputError: sides that are no multiples of 16, or no sizes between the smallest and the largest.
        """
        for what, side in (("crop", self.crop), ("smallest", self.smallest), ("largest", self.largest)):
            if side % MULTIPLE:
                raise InputError(
                    f"{what} is {side} pixels; it must be a multiple of {MULTIPLE}",
                    hint="the network halves the picture four times",
                )
        if self.mode != "fixed" and self.smallest > self.largest:
            raise InputError(
                f"the smallest crop ({self.smallest}) is larger than the largest ({self.largest})"
            )

    def sampler(self) -> Sampler:
        """The sampler of this plan."""
        base = Shape(self.crop, self.crop, self.batch)
        ends = (self.smallest, self.largest)
        every = shapes(base, heights=ends, widths=ends, scales=self.scales, divisor=MULTIPLE)
        return Sampler(
            self.epoch_crops, base, mode=self.mode, sizes=every, curriculum=self.curriculum,
            epochs=self.epochs, seed=self.seed,
        )  # fmt: skip


class State:
    """A network in training and where it stands.

    Args:
        plan: of the training.
        device: that the network is on.

    Attributes:
        epoch, place, step: the next batch is number `place` of `epoch`, both from 0; `step` batches are done.
    """

    def __init__(self, plan: Plan, device: torch.device) -> None:
        self.plan = plan
        torch.manual_seed(plan.seed)
        self.network = MSSNet(plan.variant).to(device)
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=plan.rate, betas=(0.9, 0.999), eps=1e-8
        )
        self.epoch = self.place = self.step = 0

    def save(self, folder: Path) -> Path:
        """Write the checkpoint; the one before is there until the new one is whole."""
        path = folder / CHECKPOINT
        content = {
            "model_state_dict": self.network.state_dict(),
            "optimizer_state_dict": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "all_step": self.step,
            "place": self.place,
            "plan": msgspec.json.encode(self.plan).decode(),
        }
        with replacing(path) as temporary:
            torch.save(content, temporary)
        return path

    def load(self, folder: Path) -> None:
        """Go on where the checkpoint of a folder stands.

        Raises:
            InputError: there is none, it is damaged, or it is of another plan.
        """
        path = folder / CHECKPOINT
        try:
            if path.stat().st_size > LARGEST:
                raise InputError(f"{path} is too large to be a checkpoint of this training")
            content = torch.load(path, map_location="cpu", weights_only=True)
            plan = msgspec.json.decode(content["plan"], type=Plan)
        except FileNotFoundError as error:
            raise InputError(f"{path} is not there", hint="start without --resume") from error
        except InputError:
            raise
        except Exception as error:  # damaged files raise whatever their bytes lead to
            raise InputError(f"{path} is no checkpoint of `whichmodel train`, or is damaged") from error
        if plan != self.plan:
            differing = _differences(plan, self.plan)
            raise InputError(
                f"{path} is of another training: {differing}",
                hint="give the same options and data, or another folder",
            )
        try:
            self.network.load_state_dict(content["model_state_dict"])
            self.optimiser.load_state_dict(content["optimizer_state_dict"])
            self.epoch, self.place, self.step = (int(content[key]) for key in ("epoch", "place", "all_step"))
        except (KeyError, RuntimeError, ValueError, TypeError) as error:
            raise InputError(f"{path} is no checkpoint of `whichmodel train`, or is damaged") from error


def _differences(one: Plan, other: Plan) -> str:
    told = [
        f"{name} {getattr(one, name)} there, {getattr(other, name)} here"
        if name != "data"
        else "other files or files of other sizes"
        for name in Plan.__struct_fields__
        if getattr(one, name) != getattr(other, name)
    ]
    return "; ".join(told)


class Log:
    """The log: one row a step, comma-separated, numbers in full so that two trainings can be compared exactly.

    Args:
        path: of the file.
        step: rows up to this step are kept from an earlier training, later ones are dropped; 0 begins anew.
    """

    def __init__(self, path: Path, step: int) -> None:
        kept: list[list[str]] = []
        if step and path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                rows = csv.reader(file)
                next(rows, None)
                kept = [row for row in rows if row and row[0].isdigit() and int(row[0]) <= step]
        with replacing(path) as temporary:
            temporary.write_text(_lines([list(COLUMNS), *kept]), encoding="utf-8")
        self._path = path

    def add(self, row: dict[str, Any]) -> None:
        """Write a row at once."""
        with self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(_lines([[_told(row.get(name)) for name in COLUMNS]]))


def _told(value: Any) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _lines(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
