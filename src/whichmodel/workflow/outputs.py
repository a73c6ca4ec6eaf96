"""Where results go: one path for each input, never two on one, never an input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whichmodel.domain import InputError
from whichmodel.pictures import same_file


def pair_outputs(inputs: Sequence[Path], output: Path) -> list[tuple[Path, Path]]:
    """Pair each input with the path of its result.

    Args:
        inputs: picture files.
        output: with several inputs a folder, made if it is missing, in which they keep their names;
            with one input the file, or an existing folder.

    Raises:
        InputError: two inputs would get the same result, a result would replace an input, or the
            folder cannot be made.
    """
    if len(inputs) == 1 and not output.is_dir():
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
    for _, target in pairs:
        for path in inputs:
            if same_file(path, target):
                raise InputError(f"{target} is one of the inputs", hint="give another folder with -o")
    return pairs
