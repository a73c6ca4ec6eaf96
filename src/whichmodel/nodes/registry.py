"""The list of operations. A workflow file can name these and nothing else; packages that are installed can add some."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from functools import cache

from whichmodel.domain import InputError, Step
from whichmodel.files.plugins import STEPS_GROUP, offered, tell
from whichmodel.nodes.back_project import BackProjectOperation
from whichmodel.nodes.boxes_mask import BoxesMaskOperation
from whichmodel.nodes.clahe import ClaheOperation
from whichmodel.nodes.classify import ClassifyOperation
from whichmodel.nodes.crop import CropOperation
from whichmodel.nodes.deconvolve import DeconvolveOperation
from whichmodel.nodes.faces import FacesOperation
from whichmodel.nodes.fading import FadingOperation
from whichmodel.nodes.grow import GrowOperation
from whichmodel.nodes.inpaint import InpaintOperation
from whichmodel.nodes.keep import KeepOperation
from whichmodel.nodes.levels import LevelsOperation
from whichmodel.nodes.mask import MaskOperation
from whichmodel.nodes.matte import MatteOperation
from whichmodel.nodes.median import MedianOperation
from whichmodel.nodes.merge import BlendOperation, CompositeOperation
from whichmodel.nodes.model import ModelOperation
from whichmodel.nodes.operation import Operation
from whichmodel.nodes.pick import PickBestOperation
from whichmodel.nodes.resample import ResampleOperation
from whichmodel.nodes.rotate import RotateOperation
from whichmodel.nodes.scratches import ScratchesOperation
from whichmodel.nodes.segment import SegmentOperation
from whichmodel.nodes.sharpen import SharpenOperation
from whichmodel.nodes.subject import SubjectMaskOperation
from whichmodel.nodes.text import TextOperation

MODEL = "model"
"""Name of the operation that runs a network tile by tile. Its steps may name any model of the catalog; those
of the other operations that take a model name one whose weights say that this operation runs them."""

_LARGEST_NUMBER, _LONGEST_TEXT = 1e9, 200
"""Bounds of any parameter; the operations have narrower ones of their own."""

_OWN: dict[str, Operation] = {
    MODEL: ModelOperation(),
    "resample": ResampleOperation(),
    "sharpen": SharpenOperation(),
    "mask": MaskOperation(),
    "matte": MatteOperation(),
    "subject-mask": SubjectMaskOperation(),
    "segment": SegmentOperation(),
    "grow": GrowOperation(),
    "faces": FacesOperation(),
    "text": TextOperation(),
    "boxes-mask": BoxesMaskOperation(),
    "inpaint": InpaintOperation(),
    "composite": CompositeOperation(),
    "blend": BlendOperation(),
    "keep": KeepOperation(),
    "pick-best": PickBestOperation(),
    "classify": ClassifyOperation(),
    "crop": CropOperation(),
    "rotate": RotateOperation(),
    "levels": LevelsOperation(),
    "median": MedianOperation(),
    "clahe": ClaheOperation(),
    "deconvolve": DeconvolveOperation(),
    "fading": FadingOperation(),
    "scratches": ScratchesOperation(),
    "back-project": BackProjectOperation(),
}


class _Operations(MutableMapping[str, Operation]):
    """Our operations, then those of installed packages, which are imported only where a name is not ours.

    What is set or deleted here is so in this process, as a test or a notebook may want.
    """

    def __getitem__(self, name: str) -> Operation:
        return _OWN[name] if name in _OWN else _of_packages()[name]

    def __setitem__(self, name: str, operation: Operation) -> None:
        _OWN[name] = operation

    def __delitem__(self, name: str) -> None:
        del _OWN[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*_OWN, *_of_packages()))

    def __len__(self) -> int:
        return len(_OWN) + len(_of_packages())


OPERATIONS: MutableMapping[str, Operation] = _Operations()
"""Every operation by its name."""


@cache
def _of_packages() -> dict[str, Operation]:
    """Operations that installed packages offer by entry points; what is none, or named like ours, is left out."""
    found: dict[str, Operation] = {}
    for point in offered(STEPS_GROUP):
        try:
            made = point.load()()
        except Exception as error:  # noqa: BLE001 - foreign code
            tell(point.value, f"{type(error).__name__}: {error}")
            continue
        if not isinstance(made, Operation):
            tell(
                point.value,
                "no operation: it has to be a class derived from whichmodel.nodes.operation.Operation",
            )
        elif point.name in _OWN or point.name in found:
            tell(point.value, f"there is an operation {point.name!r} already")
        else:
            found[point.name] = made
    return found


def operation_of(step: Step) -> Operation:
    """The operation that a step names, with the step's parameters checked.

    Raises:
        InputError: unknown operation or parameter; names the step.
    """
    operation = OPERATIONS.get(step.operation)
    if operation is None:
        raise InputError(
            f"step {step.id!r}: there is no operation {step.operation!r}",
            hint=f"known: {', '.join(OPERATIONS)}",
        )
    if step.model is not None and not operation.takes_model:
        raise InputError(f"step {step.id!r}: operation {step.operation!r} uses no model")
    for name, value in step.parameters.items():
        if len(value) > _LONGEST_TEXT if isinstance(value, str) else abs(value) > _LARGEST_NUMBER:
            raise InputError(
                f"step {step.id!r}: parameter {name!r} is too large",
                hint=f"at most {_LARGEST_NUMBER:,.0f}, or {_LONGEST_TEXT} characters",
            )
    operation.check(step)
    return operation


def wrong_ports(step: Step) -> str:
    """What is wrong with a step's connections, in plain words; empty where nothing is."""
    ports = operation_of(step).ports
    other = sorted(step.takes.keys() - ports.keys())
    if other:
        return f"it takes {' and '.join(other)}, but only {' and '.join(sorted(ports))} can be given here"
    for port, spec in ports.items():
        if spec.required and port not in step.takes:
            what = "picture" if spec.type == "image" else spec.type.value
            return f"no {what} is connected to its input port {port!r}"
    return ""
