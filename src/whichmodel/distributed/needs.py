"""What a worker needs for a batch, told from the plans of some of its pictures; weights are fetched first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from whichmodel.api.asked import Asked
from whichmodel.api.look import Looking
from whichmodel.api.plan import plan_asked
from whichmodel.api.run import RunOptions
from whichmodel.distributed.cluster import Need
from whichmodel.domain import WhichmodelError
from whichmodel.workflow import Plan

LOOKED_AT = 16
"""Pictures of a batch whose headers are read before it begins, spread over it."""


def need_of(
    asked: Asked,
    sources: Sequence[Path],
    options: RunOptions,
    look: Looking,
    *,
    gpu: bool,
    say: Callable[[str], None],
) -> Need:
    """What one worker needs; weights that the plans name are fetched here, once for all.

    A picture for which nothing can be planned is left to its turn, where the fault is told.

    Args:
        gpu: whether the cluster has GPUs; one is asked for where the device is not `cpu`.
        say: is told lines about weights.

    Raises:
        WeightsError: weights cannot be fetched.
    """
    from whichmodel.workflow.estimate import PROGRAM

    every = max(1, len(sources) // LOOKED_AT)
    memory = PROGRAM
    for number, source in enumerate(sources[::every]):
        try:
            plan = plan_asked(
                asked,
                source,
                # To look at a photo is to decode it: one shows what the others may need.
                look=look if number == 0 else Looking(False, look.without, look.also),
                substitute=options.substitute,
                tile=options.tile,
                max_megapixels=options.max_megapixels,
                device=options.device if not gpu else "cpu",
                calibrate=False,
            )
        except WhichmodelError:
            continue
        if plan.runs:
            _fetch(plan, say)
        memory = max(memory, _memory(plan))
    return Need(memory=memory, gpus=1 if gpu and options.device != "cpu" else 0)


def _memory(plan: Plan) -> int:
    """Bytes for the largest step with the networks of the others kept beside it."""
    from whichmodel.workflow.estimate import PROGRAM

    steps = [step.memory_bytes or PROGRAM for step in plan.steps]
    networks = sum(step.memory_bytes - PROGRAM for step in plan.steps if step.model and step.memory_bytes)
    return max([PROGRAM + networks, *steps])


def _fetch(plan: Plan, say: Callable[[str], None]) -> None:
    from whichmodel.catalog import cards
    from whichmodel.nodes.registry import operation_of
    from whichmodel.weights import installed, pull

    needed = {operation_of(step).needs_weights(step, cards()) for step in plan.workflow.steps}
    for id in sorted(id for id in needed if id and installed(id) is None):
        pull(id, say=say)
