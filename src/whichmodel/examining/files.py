"""Write text files, completely or not at all."""

from __future__ import annotations

from pathlib import Path

from whichmodel.domain import InputError
from whichmodel.files import replacing


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text under a temporary name in the same folder and rename it.

    Raises:
        InputError: it cannot be written; what was there before is untouched and nothing is left behind.
    """
    try:
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(
            f"{path} could not be written: {error.strerror or error}",
            hint="is the disk full, or the folder gone?",
        ) from error
