"""Ready workflows: what a task takes in stages, where no single model does it. They are data, like the tasks.

`data/` holds one file for each; the planner puts the stages that are meant into its sequence.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec
import yaml

from whichmodel.domain import InputError, Parameter, Record, from_data
from whichmodel.understand.stages import Stages, read_stages


class ReadyStep(Record, frozen=True, kw_only=True):
    """One step of a stage.

    Args:
        operation: a registered operation that takes a picture; it names the step too.
        task: of the ontology, for a model that does it; either this or an operation is given.
        title: for people, where an operation is given.
        parameters: of the operation.
        named: more of them, where somebody asked for the stage by name.
    """

    operation: str = ""
    task: str = ""
    title: str = ""
    parameters: dict[str, Parameter] = msgspec.field(default_factory=dict)
    named: dict[str, Parameter] = msgspec.field(default_factory=dict)


class Stage(Record, frozen=True, kw_only=True):
    """A part of the work that can be asked for or left out.

    Args:
        name: of the stage.
        title: what it does, for people.
        phrases: by which it is named, in the language of `understand.phrases`.
        steps: in order.
    """

    name: str
    title: str
    phrases: tuple[str, ...]
    steps: tuple[ReadyStep, ...]


class Ready(Record, frozen=True, kw_only=True):
    """A ready workflow.

    Args:
        task: of the ontology that it does.
        title: for people.
        stages: in the order in which they make sense.
    """

    task: str
    title: str
    stages: tuple[Stage, ...]

    def read(self, question: str) -> Stages:
        """What a question says about the stages."""
        return read_stages(question, {stage.name: stage.phrases for stage in self.stages})

    def chosen(self, question: str) -> tuple[tuple[Stage, bool], ...]:
        """The stages that a question means, each with whether it was named.

        Raises:
            InputError: it forbids all of them.
        """
        said = self.read(question)
        names = said.chosen(tuple(stage.name for stage in self.stages))
        if not names:
            raise InputError(
                f"{self.title}: every stage of it is left out, so there is nothing to do",
                hint="its stages are: " + ", ".join(f"{stage.name} ({stage.title})" for stage in self.stages),
            )
        return tuple((stage, stage.name in said.wanted) for stage in self.stages if stage.name in names)


@cache
def ready_workflows() -> Mapping[str, Ready]:
    """All ready workflows by the task that they do.

    Raises:
        InputError: a file is not valid; names the file and the field.
    """
    folder = resources.files("whichmodel.workflow") / "data"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yaml"):
            ready = from_data(Ready, yaml.safe_load(entry.read_text(encoding="utf-8")), where=entry.name)
            found[ready.task] = ready
    return found


def named_task(question: str) -> str | None:
    """The task of the ready workflow one of whose stages a question asks for by name: "only the scratches"."""
    return next((task for task, ready in ready_workflows().items() if ready.read(question).wanted), None)
