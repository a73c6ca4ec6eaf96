"""What a photo itself asks for: findings become decisions, and decisions become steps of the plan.

Every decision says why, whichever way it went, and a person can overrule it. The orders and strengths are those
that won on degraded photographs (`benchmarks/order.py`): noise is removed first, then blur, then comes the
enlargement, which would take both for detail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from whichmodel.catalog import tasks
from whichmodel.domain import InputError, Parameter, Record, Step, Workflow
from whichmodel.domain.photo import Finding, PhotoFacts
from whichmodel.nodes.operation import Cards
from whichmodel.weights import obstacle, record
from whichmodel.workflow.binding import runnable
from whichmodel.workflow.steps import model_step

DENOISING, DEBLURRING = "denoising", "deblurring"
_GRAINS, _BLURS = ("noise", "jpeg"), ("motion-blur", "focus-blur")

_NOTHING = {DENOISING: "no noise and no traces of JPEG found", DEBLURRING: "no blur found"}
RESTORING = "image-restoration"
_SAY = {
    "faded": 'left as it is; "restore this photo, only the colours, and enlarge" would correct it',
    "cast": 'left as it is; "restore this photo, only the colours, and enlarge" would correct it',
    "damage": 'left as they are; "restore this photo, only the scratches, and enlarge" would fill them',
    "clipped": "",
}
"""What to say where a problem is told and nothing is done about it unasked: these are matters of taste, or lost."""

_QUALITIES = (5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 90.0)
_LEVELS = (22.0, 20.0, 15.0, 13.0, 10.0, 6.0, 3.0)
"""Noise level, of 255, at which FFDNet cleans a JPEG of this quality best before an enlargement, a little
below the best mean so that no picture lost. Measured on Set14 at 2x: +1.0 dB at quality 10, +0.9 at 20 and 40,
+0.8 at 60, +0.5 at 80; each picture gained."""


_SOFT = 1.3
"""Sigma in pixels from which SRN gains on a picture out of focus: +0.35 dB at 1.5, with each picture gaining; at 1
some lose. Measured like the levels."""

_WIDEST = 7
"""A movement may be at most one part in so many of the shorter side. SRN gained on each picture of Set14 that was
moved by 15 pixels and on 13 of 14 moved by 21; on a face of 138 pixels it painted red patches and lost 1.3 dB. One
of two pictures so small gained: the rule forgoes that."""

_WITH_BLUR = 6.0
"""Largest such level where blur is removed after it: what FFDNet takes for grain is then what little detail is left."""


class Decision(Record, frozen=True, kw_only=True):
    """Whether a step belongs into the plan for this photo.

    Args:
        task: id of the task in the ontology: `"denoising"`, `"deblurring"`.
        chosen: whether the plan has it.
        why: a sentence for people.
        parameters: of the step.
    """

    task: str
    chosen: bool
    why: str
    parameters: dict[str, Parameter] = msgspec.field(default_factory=dict)


def decide(
    facts: PhotoFacts | None,
    findings: Sequence[Finding],
    cards: Cards,
    *,
    without: Sequence[str] = (),
    also: Sequence[str] = (),
) -> tuple[Decision, ...]:
    """Decide on each step that a photo may need before it is enlarged.

    Args:
        facts: what was measured; `None` where nobody looked.
        findings: which of it is a problem.
        cards: model cards by name; a step for which nothing runs here is told and left out.
        without: tasks that the person leaves out, whatever was found.
        also: tasks that the person adds, whatever was found.

    Raises:
        InputError: `without` or `also` names another task, or both name the same.
    """
    _check(without, also)
    found: dict[str, str] = {finding.kind: finding.sentence for finding in findings}
    blurred = ""  # and yet not deblurred
    if facts is not None and facts.blur is not None:
        if facts.blur.extent < _SOFT and "focus-blur" in found:
            blurred = f"{found.pop('focus-blur')}, too little for deblurring to gain"
        elif "motion-blur" in found and facts.blur.extent > min(facts.width, facts.height) / _WIDEST:
            blurred = (
                f"{found.pop('motion-blur')}, more than one part in {_WIDEST} of its shorter side: so much is lost"
                " that deblurring may invent"
            )
    decided = []
    for task, kinds, level in (
        (DENOISING, _GRAINS, _noise_level(facts, found)),
        (DEBLURRING, _BLURS, None),
    ):
        told = [found[kind] for kind in kinds if kind in found]
        parameters: dict[str, Parameter] = {"sigma": level} if level is not None else {}
        decided.append(_one(task, told, parameters, cards, without=task in without, also=task in also))
    if blurred and decided[-1].why.startswith(_NOTHING[DEBLURRING]):
        decided[-1] = msgspec.structs.replace(decided[-1], why=f"{blurred}: left out")
    return (*decided, *_told(found))


def _told(found: Mapping[str, str]) -> Iterator[Decision]:
    """What was found that no step before an enlargement mends; words can ask for it."""
    for kind, advice in _SAY.items():
        # Noise itself is cut off at black and white.
        if kind in found and not (kind == "clipped" and "noise" in found):
            yield Decision(task=RESTORING, chosen=False, why=": ".join(filter(None, (found[kind], advice))))


def steps_of(decisions: Sequence[Decision], named: Sequence[str]) -> tuple[str, ...]:
    """Tasks that are chosen and that the person has not named already."""
    return tuple(item.task for item in decisions if item.chosen and item.task not in named)


def with_parameters(workflow: Workflow, decisions: Sequence[Decision], cards: Cards) -> Workflow:
    """The workflow with the strengths of the decisions at the steps that they are about."""
    given: Mapping[str, dict[str, Parameter]] = {
        item.task: item.parameters for item in decisions if item.chosen
    }
    return msgspec.structs.replace(
        workflow,
        steps=tuple(
            msgspec.structs.replace(step, parameters={**given[card.task], **step.parameters})
            if (card := cards.get(step.model or "")) is not None and card.task in given
            else step
            for step in workflow.steps
        ),
    )


def with_prepared(workflow: Workflow, decisions: Sequence[Decision], cards: Cards) -> Workflow:
    """The workflow with the steps that the photo asks for before its first one.

    Args:
        workflow: begins with the photo as its first input; a step whose task it does already is not added.
    """
    done = {card.task for step in workflow.steps if (card := cards.get(step.model or "")) is not None}
    photo = value = workflow.inputs[0].name
    prepared: list[Step] = []
    for item in decisions:
        card = runnable(item.task, cards) if item.chosen and item.task not in done else None
        if card is not None:
            prepared.append(model_step(card, value, id=item.task, given=item.parameters))
            value = item.task
    steps = tuple(
        msgspec.structs.replace(
            step, takes={port: value if name == photo else name for port, name in step.takes.items()}
        )
        for step in workflow.steps
    )
    return msgspec.structs.replace(workflow, steps=(*prepared, *steps))


def _one(
    task: str, told: list[str], parameters: dict[str, Parameter], cards: Cards, *, without: bool, also: bool
) -> Decision:
    name = tasks()[task].name.lower()
    found = "; ".join(told)
    if without:
        why = f"{found or f'nothing found that asks for {name}'}: {name} left out, as you wish"
        return Decision(task=task, chosen=False, why=why)
    if also:
        why = f"{found or f'nothing found that asks for {name}'}: {name} is done, as you wish"
        return Decision(task=task, chosen=True, why=why, parameters=parameters)
    if not told:
        return Decision(task=task, chosen=False, why=f"{_NOTHING[task]}: {name} left out")
    card = runnable(task, cards)
    if card is None:
        return Decision(
            task=task, chosen=False, why=f"{found}: {name} would help, and no model for it runs here"
        )
    first = obstacle(record(card.weights or ""))
    if first is not None:
        # Nobody asked for the step in words, so it does not stop the run.
        way = f"; run first: {first.command}" if first.command else ""
        return Decision(task=task, chosen=False, why=f"{found}: {name} would help, but {first.why}{way}")
    return Decision(task=task, chosen=True, why=f"{found}: {name} before enlarging", parameters=parameters)


def _noise_level(facts: PhotoFacts | None, found: Mapping[str, str]) -> float | None:
    """The level of 255 that the denoiser is told: that of the grain, or what cleans the JPEG best."""
    levels = []
    if "noise" in found and facts is not None and facts.noise is not None:
        levels.append(facts.noise.value)
    if "jpeg" in found and facts is not None and facts.jpeg is not None and facts.jpeg.quality is not None:
        level = float(np.interp(facts.jpeg.quality, _QUALITIES, _LEVELS))
        levels.append(min(level, _WITH_BLUR) if found.keys() & set(_BLURS) else level)
    return round(max(levels), 1) if levels else None


def _check(without: Sequence[str], also: Sequence[str]) -> None:
    for name in (*without, *also):
        if name not in (DENOISING, DEBLURRING):
            raise InputError(
                f"{name!r} is no step that is decided by the photo",
                hint=f"those are: {DENOISING}, {DEBLURRING}",
            )
    both = sorted(set(without) & set(also))
    if both:
        raise InputError(f"{both[0]!r} cannot be both added and left out")
