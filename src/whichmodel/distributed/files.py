"""Many pictures on many workers: a stream of file names through Ray Data, and what became of each file."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from whichmodel.api.asked import Asked
from whichmodel.api.look import Looking
from whichmodel.api.run import RunOptions
from whichmodel.distributed.cluster import Need, broken, environment, has_gpu, machines, workers_with_room
from whichmodel.distributed.file_worker import FileWorker, Order
from whichmodel.distributed.needs import need_of
from whichmodel.distributed.outcome import Outcome
from whichmodel.domain import from_json
from whichmodel.workflow.report import Failure

BUNDLE = 16
"""Files of one task, at most: a task costs the driver some milliseconds, and a lost one is done again."""

_TASKS_A_WORKER = 2
_PART = re.compile(r"\.(.{1,100})-[0-9a-f]{12}\.part", re.DOTALL)
_RETRIES = 3


def run_files(
    ray: Any,
    asked: Asked,
    pairs: Sequence[tuple[Path, Path]],
    options: RunOptions,
    *,
    look: Looking,
    overwrite: bool,
    workers: int | None,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Outcome]:
    """Do pictures on the workers of a cluster, and tell what became of each, as they are done.

    A worker that dies is replaced, and its files are done again; who dies of the same file again and again
    is a failure of that file. Each result appears whole under its name, or not at all.

    Args:
        ray: from `cluster.cluster`.
        pairs: pictures and the files of their results, in folders that are there.
        overwrite: whether results that are there are replaced.
        workers: at most; by default as many as there is room for.
        say: is told how many workers there are, and lines about weights.

    Raises:
        InputError: no machine has room for a worker.
        WeightsError: weights cannot be fetched.
    """
    need = need_of(asked, [source for source, _ in pairs], options, look, gpu=has_gpu(ray), say=say)
    count = max(1, min(workers_with_room(ray, need, workers), len(pairs)))
    say(f"{count} worker{'s' if count != 1 else ''} on {machines(ray)}")
    order = Order(asked, options, look, overwrite, str(Path.cwd()), environment(need.cpus))
    there = _there(pairs)
    rows: list[dict[str, Any]] = [
        {"index": index, "source": str(source), "target": str(target), "there": there(target)}
        for index, (source, target) in enumerate(pairs)
    ]
    missing = set(range(len(rows)))
    try:
        yield from _outcomes(ray, rows, missing, order, count, need)
    finally:
        _tidy(pairs, options)


def _outcomes(
    ray: Any, rows: list[dict[str, Any]], missing: set[int], order: Order, count: int, need: Need
) -> Iterator[Outcome]:
    """One outcome for each file; `missing` are those that have none yet."""
    # The second time each file is a task of its own: of a bundle whose worker died, all but one may be well.
    for bundle in sorted({max(1, min(BUNDLE, len(rows) // (count * 8))), 1}, reverse=True):
        due = [rows[index] for index in sorted(missing)]
        if not due:
            return
        for outcome in _stream(ray, due, order, bundle, count, need.arguments):
            if outcome.index in missing:
                missing.discard(outcome.index)
                yield outcome
    for index in sorted(missing):
        error = f"the worker that did it died, {_RETRIES + 1} times"
        hint = "is the picture too large for the memory of a machine? A smaller --tile needs less"
        failure = Failure(input=rows[index]["source"], error=error, hint=hint)
        yield Outcome(index=index, failure=failure, exit_code=1)


def _stream(
    ray: Any, rows: list[dict[str, Any]], order: Order, bundle: int, workers: int, needs: dict[str, Any]
) -> Iterator[Outcome]:
    """Outcomes as they come; files whose tasks could not be done are left out."""
    import ray.data as data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    settings = data.DataContext.get_current()
    settings.enable_progress_bars = False
    settings.max_errored_blocks = -1
    tasks = -(-len(rows) // bundle)
    with warnings.catch_warnings():
        # Ray means to leave out `max_task_retries`, without which a file that kills its worker would do so
        # for ever; the extra names the versions that have it.
        warnings.simplefilter("ignore")
        stream = data.from_items(rows, override_num_blocks=tasks).map_batches(
            FileWorker,
            fn_constructor_args=(order,),
            batch_size=None,
            batch_format="numpy",
            # One is enough to go on: where a machine is lost, nobody waits for the room it had.
            compute=data.ActorPoolStrategy(
                min_size=1,
                max_size=workers,
                initial_size=workers,
                max_tasks_in_flight_per_actor=_TASKS_A_WORKER,
            ),
            max_restarts=-1,
            max_task_retries=_RETRIES,
            **needs,
        )
    try:
        for row in stream.iter_rows():
            yield from_json(Outcome, row["outcome"], where="what a worker tells")
    except ray.exceptions.RayError as error:
        raise broken("the batch", error) from error


def _tidy(pairs: Sequence[tuple[Path, Path]], options: RunOptions) -> None:
    """Remove what workers that were killed left behind: temporary files of results, private folders."""
    from whichmodel.workflow.provenance import provenance_path
    from whichmodel.workflow.scratch import Scratch

    with Scratch(cache=options.cache):
        pass
    names: dict[Path, set[str]] = defaultdict(set)
    for _, target in pairs:
        names[target.parent] |= {target.stem, provenance_path(target).stem}
    for folder, stems in names.items():
        with suppress(OSError):
            for name in os.listdir(folder):
                found = _PART.fullmatch(name)
                if found and found[1] in stems:
                    (folder / name).unlink(missing_ok=True)


def _there(pairs: Sequence[tuple[Path, Path]]) -> Callable[[Path], str]:
    """Names that stand in a target's folder now and begin like it; each folder is listed once."""
    found: dict[tuple[Path, str], list[str]] = defaultdict(list)
    wanted = {(target.parent, target.name) for _, target in pairs}
    for folder in {target.parent for _, target in pairs}:
        for name in os.listdir(folder):
            for known in (name, Path(name).stem):
                if (folder, known) in wanted:
                    found[folder, known].append(name)
    return lambda target: "/".join(found.get((target.parent, target.name), ()))
