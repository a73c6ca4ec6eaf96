"""How a program says who it is: a token that this server signed, and that it keeps nowhere.

A token holds the id of a person, which is random, and a mark that only a server with the secret of this folder can
make (HMAC, RFC 2104, with SHA-256). It cannot be made up; whoever removes the secret makes all tokens worthless.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from whichmodel.domain import InputError

_TOKEN = re.compile(r"wm1_([0-9a-f]{32})([0-9a-f]{64})")
_SECRET_BYTES = 32


class Tokens:
    """The tokens of one server.

    Args:
        folder: of the server, in which the secret is kept, readable by its owner alone.

    Raises:
        InputError: the secret cannot be read or written, or was damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._secret = _secret(folder / "secret")

    def mint(self, owner: str | None = None) -> str:
        """A token.

        Args:
            owner: id of the person whom it stands for; by default somebody new.
        """
        owner = owner or secrets.token_hex(16)
        return f"wm1_{owner}{self._mark(owner)}"

    def owner(self, token: str) -> str | None:
        """The id of the person whom a token stands for; `None` where this server did not make it."""
        found = _TOKEN.fullmatch(token)
        if found is None or not hmac.compare_digest(found[2], self._mark(found[1])):
            return None
        return found[1]

    def _mark(self, owner: str) -> str:
        return hmac.new(self._secret, f"token {owner}".encode(), hashlib.sha256).hexdigest()


def _secret(path: Path) -> bytes:
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        found = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="name a folder of yours with --folder",
        ) from error
    else:
        found = secrets.token_bytes(_SECRET_BYTES)
        with os.fdopen(made, "wb") as file:
            file.write(found)
    if len(found) != _SECRET_BYTES:
        raise InputError(f"{path} is damaged", hint="remove it: programs then need new tokens")
    return found
