"""What a task costs that does nothing: handing it out, doing it, hearing that it is done.

Two numbers of tasks tell the cost of a task from that of the start; processor time of all processes, one worker.
"""

from __future__ import annotations

import operator
import subprocess
import sys
import time

from scale_processes import Family, Spent, shared
from scale_tables import table


def hand_out(count: int) -> None:
    """So many tasks that do nothing, in this process and one worker."""
    from whichmodel.distributed.cluster import Need, cluster
    from whichmodel.distributed.pool import spread

    with cluster(None, 1) as ray:
        done = sum(1 for _ in spread(ray, operator.neg, range(count), Need(memory=10**8), 1))
        # Seen by whoever watches, before the worker ends.
        time.sleep(1)
    if done != count:
        sys.exit(f"{done} of {count} tasks came back")


def measure(counts: tuple[int, int]) -> None:
    """Both numbers, each in a process of its own; prints the table."""
    took: list[dict[str, Spent]] = []
    for count in counts:
        process = subprocess.Popen([sys.executable, __file__, str(count)])
        family = Family(process.pid)
        if process.wait():
            sys.exit("the run failed")
        took.append(family.end())
    more = counts[1] - counts[0]
    each = {kind: (took[1][kind].cpu - took[0][kind].cpu) / more * 1000 for kind in took[0]}
    start = {kind: took[0][kind].cpu - each[kind] / 1000 * counts[0] for kind in each}
    rows = [
        (name, *(f"{costs[kind]:.2f}" for kind in ("driver", "worker", "ray")), f"{sum(costs.values()):.2f}")
        for name, costs in (("a task, ms", each), ("the start, s", start))
    ]
    print(table(("CPU", "asking program", "worker", "Ray's own", "together"), rows))
    print(f"\n{counts[0]} and {counts[1]} tasks; {shared()}")


if __name__ == "__main__":
    hand_out(int(sys.argv[1]))
