"""The answer made to describe what runs: the workflow that was planned for the words stands in the answer.

The recommendation stays: its table, its sources, its reasons. Where another model runs than the one recommended,
because that has no weights or because the words ask for more than one thing, the answer says so.
"""

from __future__ import annotations

import msgspec

from whichmodel.domain import Answer, Sentence, Workflow


def as_it_runs(answer: Answer, planned: Workflow) -> Answer:
    """The answer with the workflow that runs in the place of the recommended one.

    Args:
        planned: what runs; steps with a model of the answer's own workflow get the ids that the answer uses.

    Returns:
        The answer whose `workflow` is `planned` but for those ids; where steps were added or other models run,
        `here` begins with what runs.
    """
    renamed = _renamed(answer.workflow, planned) if answer.workflow is not None else planned
    told = runs_as(answer, planned)
    if not told:
        return msgspec.structs.replace(answer, workflow=renamed)
    unused = _unused(answer, planned)
    rows = tuple(
        msgspec.structs.replace(row, step=f"{row.step}, not used here") if row.mark in unused else row
        for row in answer.steps
    )
    return msgspec.structs.replace(
        answer,
        workflow=renamed,
        steps=rows,
        diagram=f"{answer.diagram}\nruns here as: {' ──▶ '.join(step.title for step in planned.steps)}",
        here=(Sentence(text=told, basis="here"), *answer.here),
    )


def runs_as(answer: Answer, planned: Workflow) -> str:
    """What runs, in words, where it is more or something else than the answer recommends; else empty."""
    recommended = answer.workflow.steps if answer.workflow is not None else ()
    known = {step.model or step.title for step in recommended}
    if all((step.model or step.title) in known for step in planned.steps):
        return ""
    unused = list(dict.fromkeys(_unused(answer, planned).values()))
    left = f" {' and '.join(unused)}, recommended above, is not used." if unused else ""
    return f"What runs here: {', then '.join(step.title for step in planned.steps)}.{left}"


def _unused(answer: Answer, planned: Workflow) -> dict[str, str]:
    """Models of the answer's workflow that do not run, by the marks of their rows."""
    run = {step.model for step in planned.steps}
    steps = answer.workflow.steps if answer.workflow is not None else ()
    return {
        step.id.removeprefix("step-"): step.model
        for step in steps
        if step.model is not None and step.model not in run
    }


def _renamed(recommended: Workflow, planned: Workflow) -> Workflow:
    """The planned workflow with the ids of the recommended one, by which table and drawing belong together."""
    ids = {step.id: step.id for step in planned.steps}
    taken = set(ids) | {port.name for port in planned.inputs}
    for step in recommended.steps:
        alike = [own.id for own in planned.steps if own.model == step.model and ids[own.id] == own.id]
        if step.model is not None and alike and step.id not in taken:
            ids[alike[0]] = step.id
            taken.add(step.id)
    return Workflow(
        title=planned.title,
        inputs=planned.inputs,
        steps=tuple(
            msgspec.structs.replace(
                step,
                id=ids[step.id],
                takes={port: ids.get(value, value) for port, value in step.takes.items()},
            )
            for step in planned.steps
        ),
        output=ids.get(planned.output, planned.output),
    )
