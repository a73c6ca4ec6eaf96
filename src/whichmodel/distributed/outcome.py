"""What became of one file of a batch; it travels as JSON."""

from __future__ import annotations

from whichmodel.domain import Record
from whichmodel.workflow.report import Failure, RunReport


class Outcome(Record, frozen=True, kw_only=True):
    """What became of a file: one of `report`, `failure` and `kept` is there.

    Args:
        index: number of the file in the batch.
        report: of the run.
        failure: why there is no result.
        kept: name of a result that was there already.
        exit_code: of the failure.
        said: lines for people, about weights and evidence.
    """

    index: int
    report: RunReport | None = None
    failure: Failure | None = None
    kept: str | None = None
    exit_code: int = 0
    said: tuple[str, ...] = ()
