"""The user's own cards: `models/*.yaml` in a folder of theirs, read after the shipped ones."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from whichmodel.domain import InputError, ModelCard, to_data
from whichmodel.files import replacing


def data_dir() -> Path:
    """Folder of the user's own data; it need not exist.

    `$WHICHMODEL_DATA`, else `$XDG_DATA_HOME/whichmodel`, else `%LOCALAPPDATA%\\whichmodel` on Windows,
    else `~/.local/share/whichmodel`.
    """
    named = os.environ.get("WHICHMODEL_DATA")
    if named:
        return Path(named).expanduser()
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA") if os.name == "nt" else ("XDG_DATA_HOME",):
        if os.environ.get(variable):
            return Path(os.environ[variable]) / "whichmodel"
    return Path.home() / ".local" / "share" / "whichmodel"


def own_cards(shipped: Mapping[str, ModelCard]) -> Mapping[str, ModelCard]:
    """The user's cards by name; those whose names are shipped are left out, and said.

    Where there is no folder this costs one look for it.
    """
    try:
        folder = data_dir() / "models"
        stamp = folder.stat().st_mtime_ns
    except (OSError, ValueError, RuntimeError):
        return {}
    found = _read(str(folder), stamp)
    taken = {name.casefold() for name in shipped} & {name.casefold() for name in found}
    if not taken:
        return found
    for name in found:
        if name.casefold() in taken:
            _tell(str(folder), f"the card {name} is left out, the catalog has one of this name")
    return {name: card for name, card in found.items() if name.casefold() not in taken}


def read_folder(folder: Path) -> tuple[dict[str, ModelCard], list[str]]:
    """The cards of a folder of YAML files, and what was wrong; a file with a mistake is left out whole."""
    from whichmodel.catalog.imports.files import drafts_of  # 20 ms that only those pay who have cards

    found: dict[str, ModelCard] = {}
    wrong: list[str] = []
    with suppress(OSError):
        for path in sorted(folder.glob("*.yaml")):
            if path.name.startswith("."):
                continue
            drafts, problems = drafts_of(path)
            cards = [draft.card() for draft in drafts]
            problems += [problem for draft in drafts for problem in draft.problems]
            names = {name.casefold() for name in found}
            for card in cards:
                if card is not None and card.name.casefold() in names:
                    wrong.append(f"{path.name} is left out: {card.name} is in another file already")
                    break
            else:
                if problems:
                    first = problems[0]
                    line = f", line {first.line}" if first.line else ""
                    wrong.append(f"{path.name} is left out{line}: {first.message}")
                    continue
                found.update({card.name: card for card in cards if card is not None})
    return found, wrong


def write_cards(cards: Sequence[ModelCard], folder: Path, *, title: str) -> Path:
    """Write cards as one YAML file of our own format; returns its path.

    The name is made of the title and a digest of the content. It appears whole or not at all.

    Raises:
        InputError: the folder cannot be written.
    """
    import yaml

    members = {card.name: _fields(card) for card in cards}
    content = yaml.safe_dump(
        {"families": [{"members": members}]}, sort_keys=False, allow_unicode=True, width=110
    ).encode()
    slug = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:40].strip("-") or "models"
    path = folder / f"{slug}-{hashlib.sha256(content).hexdigest()[:10]}.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror or error}",
            hint="name another folder with --to, or set WHICHMODEL_DATA",
        ) from error
    _read.cache_clear()
    return path


@lru_cache(maxsize=4)
def _read(folder: str, stamp: int) -> Mapping[str, ModelCard]:
    found, wrong = read_folder(Path(folder))
    for message in wrong:
        _tell(folder, message)
    return found


@lru_cache(maxsize=1000)
def _tell(folder: str, message: str) -> None:
    from whichmodel.catalog.outside import printable

    sys.stderr.write(f"whichmodel: in {printable(folder)}: {printable(message)}\n")


def _fields(card: ModelCard) -> dict[str, Any]:
    data = to_data(card)
    fields = {
        key: value
        for key, value in data.items()
        if key not in ("schema_version", "document", "name", "links")
    }
    fields["links"] = {link.kind: link.url for link in card.links}
    return {key: value for key, value in fields.items() if value not in (None, "", [], (), {})}
