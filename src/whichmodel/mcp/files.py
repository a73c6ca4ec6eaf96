"""Which files an agent may name: those in one folder, and no link out of it."""

from __future__ import annotations

from pathlib import Path

from whichmodel.domain import InputError


class Folder:
    """The folder that an agent works in.

    Args:
        root: an existing folder; everything is named relative to it.

    Raises:
        InputError: there is no such folder.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise InputError(f"{root} is no folder", hint="give an existing one with --root")
        self.root = root.resolve()

    def input(self, name: str) -> Path:
        """An existing file in the folder.

        Raises:
            InputError: it lies elsewhere, or there is none.
        """
        path = self._within(name)
        if not path.is_file():
            raise InputError(f"there is no file {name!r} in the folder of this server")
        return path

    def output(self, name: str, *, overwrite: bool) -> Path:
        """Where a result may be written.

        Raises:
            InputError: it lies elsewhere, is a folder, or is there already and may not be replaced.
        """
        path = self._within(name)
        if path.is_dir():
            raise InputError(f"{name!r} is a folder", hint="name a file")
        if path.exists() and not overwrite:
            raise InputError(f"{name!r} is there already", hint="name another file, or set overwrite")
        if not path.parent.is_dir():
            raise InputError(f"the folder of {name!r} does not exist")
        return path

    def _within(self, name: str) -> Path:
        try:
            path = (self.root / name).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"{name!r} is no name of a file") from error
        if not path.is_relative_to(self.root):
            raise InputError(
                f"{name!r} lies outside the folder of this server",
                hint="the person who starts the server chooses the folder with --root",
            )
        return path
