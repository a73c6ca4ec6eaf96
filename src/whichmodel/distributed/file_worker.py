"""The process that does pictures of a batch, one after the other, with its networks loaded once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whichmodel.api.asked import Asked
from whichmodel.api.look import Looking
from whichmodel.api.naming import result_name
from whichmodel.api.run import Feedback, RunOptions, run_asked
from whichmodel.distributed.outcome import Outcome
from whichmodel.domain import InputError, StepError, WhichmodelError, to_json

if TYPE_CHECKING:
    from whichmodel.workflow.hosting import Hosting

TIDY_EVERY = 60.0
"""Seconds between two looks at all kept results: with a million of them a look takes seconds."""


@dataclass(frozen=True)
class Order:
    """What is to be done to every picture of a batch.

    Args:
        asked, options, look: as for `api.run.run_asked`.
        overwrite: whether results that were there before the batch are replaced.
        folder: that names of files start from.
        environment: variables that a worker takes over.
    """

    asked: Asked
    options: RunOptions
    look: Looking
    overwrite: bool
    folder: str
    environment: Mapping[str, str]


class FileWorker:
    """Does pictures; made once in each process of workers."""

    def __init__(self, order: Order) -> None:
        # Before libvips is loaded, which looks at it once.
        os.environ.update(order.environment)
        self._order = order
        self._fault: InputError | None = None
        try:
            enter(order.folder)
        except InputError as error:
            # Told of every file: an error here would have Ray start the process again and again.
            self._fault = error
        self._tidied = time.monotonic()

    def __call__(self, batch: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Do the files of a batch.

        Args:
            batch: columns `index`, `source`, `target`, and `there`: names like that of the target that stood
                in its folder before the batch began, parted by `/`.
        """
        rows = zip(batch["index"], batch["source"], batch["target"], batch["there"], strict=True)
        for index, source, target, there in rows:
            names = frozenset(name for name in str(there).split("/") if name)
            outcome = self._done(int(index), Path(str(source)), Path(str(target)), names)
            yield {"index": [outcome.index], "outcome": [to_json(outcome, indent=0)]}
        self._tidy()

    def _done(self, index: int, source: Path, target: Path, there: frozenset[str]) -> Outcome:
        from whichmodel.workflow.report import Failure

        order, said = self._order, []

        def say(line: str) -> None:
            said.append(line)

        try:
            if self._fault is not None:
                raise self._fault
            target = result_name(order.asked, source, target, order.options.max_megapixels)
            # Not what stands there now: a worker that died may have finished this very file.
            if target.name in there and not order.overwrite:
                if order.options.resume:
                    return Outcome(index=index, kept=str(target))
                raise InputError(f"{target} is there already", hint="--overwrite replaces it")
            report = run_asked(
                order.asked,
                source,
                target,
                order.options,
                look=order.look,
                feedback=Feedback(say=say),
                hosting=_hosting(),
            )
            return Outcome(index=index, report=report, said=tuple(said))
        except WhichmodelError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - one picture's fault must not end the others
            failed = StepError(f"an error of ours: {type(error).__name__}: {error}")
        failure = Failure(input=str(source), error=failed.message, hint=failed.hint)
        return Outcome(index=index, failure=failure, exit_code=failed.exit_code, said=tuple(said))

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied < TIDY_EVERY:
            return
        from whichmodel.workflow.scratch import Scratch

        with Scratch(cache=self._order.options.cache):
            pass
        self._tidied = time.monotonic()


def enter(folder: str) -> None:
    """Stand where names of files start from.

    Raises:
        InputError: the folder is not on this machine.
    """
    try:
        os.chdir(folder)
    except OSError as error:
        raise InputError(
            f"the folder {folder} is not on the machine of a worker: {error.strerror or error}",
            hint="inputs, results and WHICHMODEL_CACHE must lie on storage that all machines share",
        ) from error


def _hosting() -> Hosting:
    from whichmodel.workflow.hosting import Hosting

    return Hosting(keeps_networks=True, tidies=False)
