"""What a run takes and where results go: one path for each input, never two on one, never an input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whichmodel.domain import InputError
from whichmodel.pictures.formats import READABLE, is_picture


def pictures_of(inputs: Sequence[Path]) -> list[Path]:
    """The inputs, each folder replaced by the pictures that lie in it, sorted by name.

    What a file is tells its content, not its name. Other files, folders in the folder and hidden files
    are left alone.

    Raises:
        InputError: a folder holds no picture, or cannot be read.
    """
    found: list[Path] = []
    for path in inputs:
        if not path.is_dir():
            found.append(path)
            continue
        try:
            inside = sorted(item for item in path.iterdir() if item.is_file() and item.name[0] != ".")
        except OSError as error:
            raise InputError(f"the folder {path} cannot be read: {error.strerror or error}") from error
        pictures = [item for item in inside if is_picture(item)]
        if not pictures:
            raise InputError(f"the folder {path} holds no picture", hint=READABLE)
        found += pictures
    return found


def pair_outputs(inputs: Sequence[Path], output: Path, *, folder: bool = False) -> list[tuple[Path, Path]]:
    """Pair each input with the path of its result.

    Args:
        inputs: picture files.
        output: with several inputs a folder, made if it is missing, in which they keep their names;
            with one input the file, or an existing folder.
        folder: `output` is a folder even with one input.

    Raises:
        InputError: two inputs would get the same result, a result would replace an input, or the
            folder cannot be made.
    """
    if len(inputs) == 1 and not output.is_dir() and not folder:
        return [(inputs[0], output)]
    # Folders of some systems take "A.png" and "a.png" for one name.
    taken: dict[str, Path] = {}
    for path in inputs:
        other = taken.setdefault(path.name.casefold(), path)
        if other is not path:
            raise InputError(
                f"{other} and {path} would both be written to {output / path.name}",
                hint="run them one by one with names of their own",
            )
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{output} cannot be made a folder: {error.strerror}",
            hint="with several inputs -o names a folder",
        ) from error
    pairs = [(path, output / path.name) for path in inputs]
    ours = {known for path in inputs if (known := _identity(path)) is not None}
    for path, target in pairs:
        if path == target or _identity(target) in ours:
            raise InputError(f"{target} is one of the inputs", hint="give another folder with -o")
    return pairs


def _identity(path: Path) -> tuple[int, int] | None:
    """What two names of one file have in common, through links; `None` where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
