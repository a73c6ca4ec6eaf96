"""Which weights may be used: licences that the user allows, and those that nobody states.

`WHICHMODEL_ALLOW_LICENCES` lists what is allowed, between commas, `*` for any ending (`MIT, BSD-*`); unset
allows all that are known. Weights of unknown licence are off until somebody accepts that, with
`whichmodel weights pull ID --accept-unknown-licence` or `WHICHMODEL_ACCEPT_UNKNOWN_LICENCE=1`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from whichmodel.weights.record import WeightsRecord

ALLOW = "WHICHMODEL_ALLOW_LICENCES"
ACCEPT = "WHICHMODEL_ACCEPT_UNKNOWN_LICENCE"


def allowed_by_environment() -> tuple[str, ...]:
    """The licences that `WHICHMODEL_ALLOW_LICENCES` lists; empty where it allows all."""
    return tuple(part.strip() for part in os.environ.get(ALLOW, "").split(",") if part.strip())


def matches(licence: str, patterns: Iterable[str]) -> bool:
    """Whether a licence is one of `patterns`, upper and lower case alike.

    Of licences joined by `AND` each must be, of those joined by `OR` (which binds less) one.

    >>> matches("BSD-3-Clause AND MIT", ["mit", "bsd-*"]), matches("GPL-3.0", ["MIT"])
    (True, False)
    """
    folded = [pattern.casefold() for pattern in patterns]

    def one(name: str) -> bool:
        return any(fnmatchcase(name.strip("() ").casefold(), pattern) for pattern in folded)

    return any(
        all(one(part) for part in re.split(r"\s+AND\s+", choice)) for choice in re.split(r"\s+OR\s+", licence)
    )


def refusal(
    wanted: WeightsRecord, *, allow: tuple[str, ...] | None = None, accept_unknown: bool = False
) -> tuple[str, str]:
    """Why these weights must not be fetched, and what to do about it; both empty where they may be.

    Args:
        allow: licences that are allowed; `None` asks the environment.
        accept_unknown: whether a licence that nobody states was accepted.
    """
    allow = allowed_by_environment() if allow is None else allow
    accepted = accept_unknown or os.environ.get(ACCEPT, "").strip().casefold() in ("1", "yes", "true")
    if not wanted.licence_known:
        if accepted:
            return "", ""
        return (
            f"the licence of the weights {wanted.id} is unknown",
            f"{wanted.licence_note} If you may use them: whichmodel weights pull {wanted.id} --accept-unknown-licence",
        )
    if allow and not matches(wanted.licence, allow):
        return (
            f"the weights {wanted.id} are under {wanted.licence}, which is not among the licences that you allow"
            f" ({', '.join(allow)})",
            f"allow it with --allow-licence or in {ALLOW}, or choose another model",
        )
    return "", ""
