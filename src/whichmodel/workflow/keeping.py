"""Steps that leave a region alone, behind whatever a workflow does: a mask, and the original in its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from whichmodel.catalog import tasks
from whichmodel.domain import DataType, InputError, Parameter, Port, Step, UnboundError, Words, Workflow
from whichmodel.nodes.operation import Cards
from whichmodel.understand.qualities import read_qualities
from whichmodel.workflow.binding import runnable
from whichmodel.workflow.faces import finder
from whichmodel.workflow.steps import model_step, plain_name

MASK = Port(name="keep-mask", type=DataType.MASK, shape="h × w × 1")
"""The input for a mask that the person brings: light where nothing may change."""

REGIONS = ("background", "subject", "faces")
"""Regions that can be found in a picture; `understand.regions` reads them from words."""

FACE_GROWTH = 0.3
"""By which share of its size the box of a face is widened, so that an ellipse holds forehead, chin and ears."""

_MATTING = "image-matting"
_MOVING = frozenset({"crop", "rotate"})


def with_kept(
    workflow: Workflow,
    kept: Mapping[str, Words],
    cards: Cards,
    *,
    mask: bool = False,
    qualities: Collection[str] = (),
) -> Workflow:
    """The workflow with regions of the photo left alone: there the result is the photo, resampled at most.

    Args:
        workflow: starts with the photo and ends in a picture of its shape.
        kept: regions, of `REGIONS`, with the words that say so; "people" may choose another model than "subject".
        cards: model cards by name.
        mask: whether the person brings a mask too, as the further input `MASK`.
        qualities: what was said beside the task ("portrait"); may choose the model that masks.

    Raises:
        InputError: the result has no place for what the photo shows: it is no picture, or was cropped or turned.
        UnboundError: no model that finds a region can run here.
    """
    wanted = [region for region in REGIONS if region in kept]
    if not wanted and not mask:
        return workflow
    _check(workflow)
    keeping = _Keeping(workflow, cards, qualities)
    if mask:
        keeping.keep(MASK.name, "what the mask marks")
    if {"background", "subject"} <= set(wanted):
        raise InputError(
            "background and subject together are the whole picture: nothing would be done to it",
            hint="name the one that shall be left alone",
        )
    for region in wanted:
        if region == "faces":
            keeping.keep(keeping.faces(), "the faces")
        else:
            keeping.keep(keeping.subject(kept[region]), f"the {region}", inverted=region == "background")
    inputs = (*workflow.inputs, MASK) if mask else workflow.inputs
    return Workflow(
        title=f"{workflow.title}; leave alone {' and '.join(keeping.told)}",
        inputs=inputs,
        steps=tuple(keeping.steps),
        output=keeping.value,
    )


class _Keeping:
    """Steps behind those of a workflow."""

    def __init__(self, workflow: Workflow, cards: Cards, qualities: Collection[str]) -> None:
        self.steps = list(workflow.steps)
        self.value = workflow.output
        self.told: list[str] = []
        self._photo = workflow.inputs[0].name
        self._given = next(step.gives for step in workflow.steps if step.id == workflow.output)
        self._cards = cards
        self._qualities = qualities

    def keep(self, mask: str, what: str, *, inverted: bool = False) -> None:
        """A step that puts the photo where a mask says so, or where it does not."""
        parameters: dict[str, Parameter] = {"inverted": True} if inverted else {}
        step = Step(
            id=self._id("keep"),
            title=f"leave alone {what}",
            operation="keep",
            takes={"image": self.value, "original": self._photo, "mask": mask},
            gives=self._given,
            parameters=parameters,
        )
        self._add(step)
        self.value = step.id
        self.told.append(what)

    def subject(self, words: Words) -> str:
        """A step that masks the subject; gives its name."""
        said = (name for names in read_qualities(words.text).values() for name in names)
        card = runnable(_MATTING, self._cards, {*self._qualities, *said})
        if card is None:
            raise _unbound("the subject")
        step = model_step(card, self._photo, id=self._id("subject"))
        title = step.title.replace(plain_name(tasks()[_MATTING]), "mask the subject")
        gives = Port(name="mask of the subject", type=DataType.MASK, shape="h × w × 1")
        return self._add(msgspec.structs.replace(step, title=title, gives=gives))

    def faces(self) -> str:
        """Steps that find the faces and mask them; gives the name of the mask."""
        card = finder(self._cards)
        if card is None:
            raise _unbound("faces")
        step = model_step(card, self._photo, id=self._id("faces"))
        found = self._add(msgspec.structs.replace(step, title=f"find the faces with {card.name}"))
        step = Step(
            id=self._id("face-mask"),
            title="make a mask of the faces",
            operation="boxes-mask",
            takes={"image": self._photo, "boxes": found},
            gives=Port(name="mask of the faces", type=DataType.MASK, shape="h × w × 1"),
            parameters={"grow": FACE_GROWTH, "feather": 0.0},
        )
        return self._add(step)

    def _add(self, step: Step) -> str:
        self.steps.append(step)
        return step.id

    def _id(self, wished: str) -> str:
        taken = {self._photo, MASK.name, *(step.id for step in self.steps)}
        return next(
            id for n in range(len(taken) + 1) if (id := f"{wished}-{n + 1}" if n else wished) not in taken
        )


def _check(workflow: Workflow) -> None:
    """Raises `InputError` where parts of the photo do not lie in the result where they lay."""
    (last,) = (step for step in workflow.steps if step.id == workflow.output)
    if last.gives.type != DataType.IMAGE:
        raise InputError(
            f"the result of {last.title!r} is no picture, so no part of the photo can be left alone in it"
        )
    for step in workflow.steps:
        if step.operation in _MOVING:
            raise InputError(
                f"step {step.id!r} ({step.title}) moves what the picture shows, so no part of it can be left alone",
                hint="crop or turn the photo in a run of its own, before",
            )


def _unbound(what: str) -> UnboundError:
    return UnboundError(
        f"no model that finds {what} can run here, so it cannot be left alone by its name",
        hint="paint a mask, white where nothing may change, and give it with --keep MASK",
    )
