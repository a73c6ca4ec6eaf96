"""Work of a process: compare a result, whoever made it, with its photo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from whichmodel.api.limits import limits_of
from whichmodel.domain import InputError, WhichmodelError
from whichmodel.examining.expected_origin import named_origin, origin_of
from whichmodel.examining.folder import write_evidence
from whichmodel.pictures import open_picture
from whichmodel.web.orders import beside
from whichmodel.web.store import Wish
from whichmodel.web.work_run import PHOTO, alone
from whichmodel.web.worker import Tell

FOLDER = Path("evidence")
"""Holds the files that `whichmodel evidence` writes."""
_NAMES = ("photo", "result")


def compare(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Write the evidence about a result.

    Args:
        given: `folder`, which holds the photo and the result; `wish`; and `max_megapixels`.

    Raises:
        WhichmodelError: as `whichmodel.evidence`.
    """
    # Names without folders: nothing that is made tells where the server keeps it.
    os.chdir(given["folder"])
    comparing = msgspec.convert(given["wish"], Wish).comparing
    assert comparing is not None
    after = beside(comparing.after)
    limits = limits_of(given["max_megapixels"])
    lock = alone()
    try:
        tell({"stage": "comparing the result with your photo"})
        write_evidence(
            open_picture(PHOTO, limits),
            open_picture(after, limits),
            FOLDER,
            names=_NAMES,
            kernel=comparing.blur,
            noise=comparing.noise,
            origin=named_origin(comparing.model) if comparing.model else origin_of(PHOTO, after),
        )
    except WhichmodelError as error:
        kind = InputError if isinstance(error, InputError) else WhichmodelError
        told = (text.replace(str(after), "the result") for text in (error.message, error.hint))
        raise kind(next(told), hint=next(told)) from None
    finally:
        lock.free()
    return {"title": "Evidence", "note": ""}
