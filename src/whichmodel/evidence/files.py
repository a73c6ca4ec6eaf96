"""Write text files, completely or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from whichmodel.domain import InputError


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text under a temporary name in the same folder and rename it.

    Raises:
        InputError: it cannot be written; what was there before is untouched and nothing is left behind.
    """
    temporary = path.parent / f".{path.stem}-{secrets.token_hex(6)}.part"
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(
            f"{path} could not be written: {error.strerror or error}",
            hint="is the disk full, or the folder gone?",
        ) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
