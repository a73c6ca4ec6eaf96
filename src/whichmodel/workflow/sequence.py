"""Plans of several wishes: each in the place where it makes sense, and branches where only a part is meant.

Damage is removed first, for whatever comes later would enlarge or recolour it too; of damage noise, which
removing blur would strengthen (measured: `benchmarks/order.py`). Then come colour and
other changes, which cost least on few pixels; then the enlargement with its resampling; then sharpening,
whose radius counts pixels of the finished size; last what turns the picture into something else, text
or speech. Within a kind the order is the one in which the wishes were said.

A step for which nothing runs here yet is planned all the same, without a model; `bind` says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from whichmodel.catalog import tasks
from whichmodel.domain import (
    DataType,
    InputError,
    Intent,
    Parameter,
    Port,
    Step,
    Task,
    UnboundError,
    Words,
    Workflow,
)
from whichmodel.nodes.grow import WIDEST
from whichmodel.nodes.operation import Cards
from whichmodel.nodes.registry import MODEL, OPERATIONS
from whichmodel.nodes.sharpen import LARGEST_RADIUS
from whichmodel.pictures import Header
from whichmodel.workflow.binding import runnable
from whichmodel.workflow.enlarge import enlarging_steps, enlarging_title
from whichmodel.workflow.pointing import pointed_at
from whichmodel.workflow.ready import Ready, ready_workflows
from whichmodel.workflow.steps import INPUT, model_step, picture_port, plain_name, resample_step, workflow_of

SHARPENING = "deblurring"
"""Task as which a wish for sharper edges is understood."""
MATTING, FILLING, OUTLINING = "image-matting", "inpainting", "promptable-segmentation"

_FRINGE = 150
"""What is taken out by its outline is taken out with a border of 1/150 of the picture's longer side."""

# "Sharpen" asks for stronger edges, which an unsharp mask gives; blur is removed by a model.
_SHARPEN = re.compile(r"\bsharpe[nr]", re.IGNORECASE)
_BLUR = re.compile(r"blur|\bfocus|\bshak[ey]|\bsmear", re.IGNORECASE)
_SUBJECT, _BACKGROUND, _BLEND = "subject-only", "background-only", "blend-original"


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to do.

    Args:
        task: of the ontology.
        words: that ask for it.
        sharpens: whether stronger edges are meant, which need no model.
    """

    task: Task
    words: Words
    sharpens: bool = False

    @property
    def rank(self) -> int:
        """When its turn is; see the module's text."""
        if self.sharpens:
            return 3
        if self.task.size == "larger":
            return 2
        if self.task.id != MATTING and self.task.outputs[0].type != DataType.IMAGE:
            return 4
        if self.task.id == "denoising":
            return -1
        return 0 if self.task.field == "image restoration" else 1


def wishes_of(intent: Intent, names: Sequence[str]) -> tuple[Wish, ...]:
    """What an intent asks for, with the words for each, in the order in which it was said.

    Args:
        names: ids of the tasks.
    """
    nowhere = Words(text="", start=0, end=0)
    places = intent.step_words if len(intent.step_words) == len(names) else (nowhere,) * len(names)
    return tuple(
        Wish(tasks()[name], words, name == SHARPENING and _means_edges(words.text))
        for name, words in zip(names, places, strict=True)
    )


def unsaid(names: Sequence[str]) -> tuple[Wish, ...]:
    """Wishes that no words ask for: what the photo itself needs."""
    return tuple(Wish(tasks()[name], Words(text="", start=0, end=0)) for name in names)


def is_sequence(intent: Intent, wishes: Sequence[Wish]) -> bool:
    """Whether it takes more than the one model, or the row of models, for a single task."""
    single = wishes[0]
    return (
        len(wishes) > 1
        or single.sharpens
        or single.task.id in (MATTING, FILLING, OUTLINING, *ready_workflows())
        or (single.task.size == "larger" and _BLEND in intent.constraints)
    )


def plan_sequence(
    intent: Intent,
    wishes: Sequence[Wish],
    enlarged: tuple[float, str] | None,
    cards: Cards,
    header: Header | None = None,
) -> Workflow:
    """The workflow for several wishes.

    Args:
        enlarged: the factor of the enlargement and what it is called, where one is wished; a factor of 1
            leaves it out.
        header: of the picture, whose transparency may mark what is to be filled.

    Raises:
        InputError: a factor out of range, or two results where only one can be given back.
        UnboundError: nothing gives what a wish takes, or no enlargement runs here.
    """
    _one_result(wishes)
    sequence = _Sequence(cards, intent, header)
    parts = _parts(intent, wishes)
    done = _done_by_stages(intent, wishes)
    for number, wish in sorted(enumerate(wishes), key=lambda item: (item[1].rank, item[0])):
        if wish.task.id in done and number not in parts:
            continue
        if wish.rank == 4:
            sequence.blend(_BLEND in intent.constraints)
        before = sequence.value
        if wish.sharpens:
            sequence.sharpen()
        elif wish.task.size == "larger" and enlarged is not None:
            sequence.enlarge(*enlarged)
        elif wish.task.id == MATTING:
            sequence.cut_out()
        elif wish.task.id == FILLING:
            sequence.fill()
        elif wish.task.id == OUTLINING:
            sequence.outline()
        elif wish.task.id in ready_workflows():
            sequence.stages(ready_workflows()[wish.task.id], intent.question)
        else:
            sequence.model(wish.task)
        if number in parts:
            sequence.only(parts[number], before)
    sequence.blend(_BLEND in intent.constraints)
    return sequence.workflow()


def _done_by_stages(intent: Intent, wishes: Sequence[Wish]) -> set[str]:
    """Tasks that the stages of a ready workflow do, so that they are not done twice."""
    ready = [ready_workflows()[wish.task.id] for wish in wishes if wish.task.id in ready_workflows()]
    chosen = [stage for each in ready for stage, _ in each.chosen(intent.question)]
    done = {step.task for stage in chosen for step in stage.steps if step.task}
    # What is pointed at is another place than those that a stage finds.
    return done - {FILLING} if pointed_at(intent.question) else done


class _Sequence:
    """Steps that follow each other; each takes what the last one gave."""

    def __init__(self, cards: Cards, intent: Intent, header: Header | None) -> None:
        self.value = INPUT.name
        self._qualities = intent.qualities
        self._pointed = pointed_at(intent.question)
        self._header = header
        self._cards = cards
        self._values = {INPUT.type: INPUT.name}
        self._steps: list[Step] = []
        self._told: list[str] = []
        self._factor = 1.0
        self._blended = False

    def workflow(self) -> Workflow:
        """What was planned.

        Raises:
            InputError: nothing is left to do, or something is made that nothing takes.
        """
        if not self._steps:
            raise InputError("; ".join(self._told) + ": nothing to do")
        used = {name for step in self._steps for name in step.takes.values()}
        for step in self._steps[:-1]:
            if step.id not in used:
                raise _two_results(step.title, self._steps[-1].title)
        return workflow_of(", then ".join(self._told), self._steps)

    def model(self, task: Task) -> str:
        """A step that does a task with a model that runs here, or with none named; gives its name."""
        card = runnable(task.id, self._cards, self._qualities)
        wanted = Counter(port.type for port in task.inputs)
        first = task.inputs[0].type
        if first not in self._values:
            raise UnboundError(
                f"{plain_name(task)} takes {first.value}, and nothing before it gives that",
                hint="a workflow starts with one picture",
            )
        takes = {port.value: self._values[port] for port in wanted if port in self._values}
        missing = [port.value for port, count in wanted.items() if port not in self._values or count > 1]
        gives = task.outputs[0]
        if card is not None and DataType.IMAGE in takes and not missing:
            others = {port: source for port, source in takes.items() if port != DataType.IMAGE}
            step = model_step(card, takes[DataType.IMAGE], id=self._id(task.id), takes=others)
        else:
            needs = f" (needs {' and '.join(f'another {name}' for name in missing)} too)" if missing else ""
            step = Step(
                id=self._id(task.id),
                title=plain_name(task) + needs,
                operation=MODEL,
                takes=takes,
                gives=Port(name=gives.name, type=gives.type, shape=gives.shape.replace("s·", "")),
                parameters={"task": task.id},
            )
        self._add(step, plain_name(task))
        return step.id

    def enlarge(self, factor: float, words: str) -> None:
        """Steps that enlarge; a factor of 1 only says why there are none."""
        if factor == 1 and words:
            self._told.append(words)
            return
        for step in enlarging_steps(factor, self._cards, self.value, self._qualities):
            self._add(step)
        self._told.append(words or enlarging_title(factor))
        self._factor *= factor

    def sharpen(self) -> None:
        """A step that makes edges stronger, without a model.

        An enlargement has made edges wider too: at a radius of one pixel its sharpening changes next to
        nothing (measured: 0.2 % of the samples of a 4× enlargement, at four pixels 8 %, as many as one
        pixel changes in the original).
        """
        self._one_to_one("sharpen", "sharpen the edges", {"image": self.value})
        if self._factor > 1:
            radius = min(round(self._factor, 2), LARGEST_RADIUS)
            self._steps[-1] = msgspec.structs.replace(self._steps[-1], parameters={"radius": radius})

    def cut_out(self) -> None:
        """A mask of the subject, and the picture cut out by it."""
        mask, takes = self._matte(self.value), self.value
        self._one_to_one(
            "composite", "cut the subject out", {"foreground": takes, "mask": mask}, id="cut-out"
        )

    def outline(self) -> None:
        """An outline of what the words point at in pixels, where they do and a model runs here."""
        card = runnable(OUTLINING, self._cards, self._qualities)
        if card is None or not self._pointed:
            self.model(tasks()[OUTLINING])
            return
        step = model_step(card, self._values[INPUT.type], id=self._id(OUTLINING), given=self._pointed)
        self._add(step, "outline what is there")

    def fill(self) -> None:
        """Fill what is pointed at, what is transparent, or what an earlier step has marked."""
        picture, marked = self.value, DataType.MASK in self._values
        if not marked and self._pointed and runnable(OUTLINING, self._cards) is not None:
            self.outline()
            self._told.pop()
            longer = max(self._header.width, self._header.height) if self._header else 8 * _FRINGE
            fringe = min(WIDEST, max(3, round(longer / _FRINGE)))
            self._mask("grow", "widen the outline by its fringe", {"image": self.value}, {"pixels": fringe})
        elif not marked and self._header is not None and self._header.has_alpha:
            self._mask("mask", "mark what is transparent", {"image": picture}, {"inverted": True})
        self.model(tasks()[FILLING])

    def stages(self, ready: Ready, question: str) -> None:
        """The stages of a ready workflow that are meant, in their order."""
        told = list(self._told)
        chosen = ready.chosen(question)
        for stage, named in chosen:
            picture = self._values[DataType.IMAGE]
            for part in stage.steps:
                if part.task:
                    self.model(tasks()[part.task])
                    continue
                gives = OPERATIONS[part.operation].gives
                step = Step(
                    id=self._id(part.operation),
                    title=part.title,
                    operation=part.operation,
                    takes={"image": picture},
                    gives=_gives(gives, self._factor),
                    parameters={**part.parameters, **(part.named if named else {})},
                )
                self._add(step)
            # A mask belongs to its stage.
            self._values.pop(DataType.MASK, None)
        self._told = [*told, f"{ready.title}: {', '.join(stage.title for stage, _ in chosen)}"]

    def only(self, part: str, before: str) -> None:
        """What the last step did, only on the subject or only on the background of what it took."""
        done = self.value
        mask = self._matte(before)
        front, back = (done, before) if part == _SUBJECT else (before, done)
        done_title = "put the changed subject on the unchanged background"
        kept_title = "put the unchanged subject on the changed background"
        self._one_to_one(
            "composite",
            done_title if part == _SUBJECT else kept_title,
            {"foreground": front, "background": back, "mask": mask},
            id="merge",
        )
        self._told.pop()
        self._told[-1] += ", only on the subject" if part == _SUBJECT else ", only on the background"

    def blend(self, wished: bool) -> None:
        """Half of the original mixed in, once, where that is wished and anything was done."""
        if not wished or self._blended or not self._steps:
            return
        self._blended = True
        original, done = INPUT.name, self.value
        if self._factor != 1:
            title = "bring the original to the same size"
            fit = resample_step(original, 1.0, id=self._id("fit"), title=title, size_of=done)
            self._add(msgspec.structs.replace(fit, gives=picture_port(self._factor)))
            original = fit.id
        self._one_to_one(
            "blend", "blend with the original, half and half", {"first": original, "second": done}
        )

    def _matte(self, source: str) -> str:
        """A step that masks the subject of a picture; the value goes on as it was."""
        kept, told = dict(self._values), list(self._told)
        self._values = {DataType.IMAGE: source}
        if self._pointed:
            self.outline()
            name = self._steps[-1].id
        else:
            name = self.model(tasks()[MATTING])
        mask = Port(name="mask of the subject", type=DataType.MASK, shape="h × w × 1")
        title = self._steps[-1].title
        for task in (MATTING, OUTLINING):
            title = title.replace(plain_name(tasks()[task]), "mask the subject")
        self._steps[-1] = msgspec.structs.replace(self._steps[-1], title=title, gives=mask)
        self._values, self._told, self.value = kept, told, kept[DataType.IMAGE]
        return name

    def _mask(
        self, operation: str, title: str, takes: dict[str, str], parameters: dict[str, Parameter]
    ) -> None:
        """A step without a model that makes a mask."""
        gives = Port(name="mask", type=DataType.MASK, shape="h × w × 1")
        id = self._id(operation)
        self._add(
            Step(id=id, title=title, operation=operation, takes=takes, gives=gives, parameters=parameters)
        )

    def _one_to_one(self, operation: str, title: str, takes: dict[str, str], *, id: str = "") -> None:
        step = Step(
            id=self._id(id or operation),
            title=title,
            operation=operation,
            takes=takes,
            gives=picture_port(self._factor),
        )
        self._add(step, title)

    def _add(self, step: Step, told: str = "") -> None:
        self._steps.append(step)
        self.value = step.id
        self._values[step.gives.type] = step.id
        if told:
            self._told.append(told)

    def _id(self, wished: str) -> str:
        taken = {INPUT.name, *(step.id for step in self._steps)}
        return next(
            id for n in range(len(taken) + 1) if (id := f"{wished}-{n + 1}" if n else wished) not in taken
        )


def _one_result(wishes: Sequence[Wish]) -> None:
    """Raises `InputError` where a picture was asked for after what ends in no picture."""
    for wish, later in pairwise(wishes):
        if wish.rank == 4 and later.rank < 4:
            raise _two_results(plain_name(wish.task), plain_name(later.task))


def _gives(type: DataType, factor: float) -> Port:
    """The output port of a step that gives a picture, or a mask of one size with it."""
    if type == DataType.IMAGE:
        return picture_port(factor)
    return Port(name=type.value, type=type, shape="h × w × 1")


def _two_results(one: str, other: str) -> InputError:
    return InputError(
        f"both {one!r} and {other!r} would be results, and one run gives one",
        hint="ask for them one after the other",
    )


def _means_edges(words: str) -> bool:
    return bool(_SHARPEN.search(words)) and not _BLUR.search(words)


def _parts(intent: Intent, wishes: Sequence[Wish]) -> dict[int, str]:
    """Which wishes are meant for a part only: number of the wish -> constraint."""
    found: dict[int, str] = {}
    for name in (_SUBJECT, _BACKGROUND):
        place = intent.constraints.get(name)
        if place is None:
            continue
        # The wish whose words hold or stand before the restriction.
        before = [n for n, wish in enumerate(wishes) if wish.words.start <= place.start]
        number = max(before, key=lambda n: wishes[n].words.start, default=0)
        wish = wishes[number]
        if wish.task.id != MATTING and wish.task.size == "same" and wish.rank != 4:
            found[number] = name
    return found
