"""Batches of text on many machines: ranges of the input file travel there, and counts of lines come back.

The lines themselves do not travel, nor do the answers: each worker reads its range from the shared storage, and writes
its part file there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from whichmodel.api.batch_parts import Report
from whichmodel.api.batches import Engine
from whichmodel.distributed.cluster import Need, cluster
from whichmodel.distributed.pool import spread
from whichmodel.files.lines import Part

NEED = Need(memory=700_000_000)
"""More than was measured of a worker, see docs/scale.md; most of it is the network that reads texts."""


def on_ray(address: str | None = None, workers: int | None = None) -> Engine:
    """The engine that does the parts of a batch on a Ray cluster.

    Args:
        address: of a cluster that is there; None starts one of this computer.
        workers: how many at most; by default as many as there is room for.

    Raises:
        InputError: when it is used: Ray is not installed, or there is no cluster at this address.
    """

    def engine(do: Callable[[Part], Report], parts: Iterable[Part]) -> Iterator[Report]:
        with cluster(address, workers) as ray:
            yield from spread(ray, do, parts, NEED, workers)

    return engine
