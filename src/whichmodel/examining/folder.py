"""All files of the evidence about one result, in a folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

from whichmodel.domain import InputError, to_json
from whichmodel.examining.drawing import evidence_picture
from whichmodel.examining.expected import EXPECTED
from whichmodel.examining.expected_origin import UNKNOWN, Origin
from whichmodel.examining.files import write_text
from whichmodel.examining.full import Evidence, full_evidence
from whichmodel.examining.keeping import KEEP_FILE, keep_workflow, offer
from whichmodel.examining.page import evidence_page
from whichmodel.examining.sheets import write_sheet
from whichmodel.pictures import Opened, Picture, Raster, decode, same_file, write_picture
from whichmodel.pictures.compare import before_after
from whichmodel.pictures.raster import store

FILES = (
    "evidence.html",
    "evidence.json",
    "evidence.png",
    "before-after.png",
    "invention.tif",
    "consistency.tif",
    "error.tif",
)
"""What is always written; beside them `KEEP_FILE` where there is something to keep."""


def write_evidence(
    before: Opened | Picture | Raster,
    after: Opened | Picture | Raster,
    folder: Path,
    *,
    names: tuple[str, str] = ("BEFORE", "AFTER"),
    kernel: str | None = None,
    noise: float | None = None,
    origin: Origin = UNKNOWN,
    again: bool = False,
) -> Evidence:
    """Compare a result with its input and write all that is found into a folder, which is made if needed.

    Memory does not grow with AFTER: what is not on disk as samples is put there first.

    Args:
        names: how a command line names both files.
        kernel, noise: of the forward model, where they are known.
        origin: which model made AFTER, for the expected error.
        again: enlarge BEFORE with a second model too, which tells more about the error and costs a run.

    Raises:
        InputError: the pictures do not belong together, the folder cannot be made, or there is no such model.
        PictureError: a picture is damaged, or a file cannot be written.
    """
    with TemporaryDirectory(prefix="whichmodel-") as scratch:
        first, second = (
            _raster(picture, Path(scratch) / name) for picture, name in ((before, "before"), (after, "after"))
        )
        found, maps = full_evidence(
            first,
            second,
            Path(scratch),
            kernel=kernel,
            noise=noise,
            origin=origin,
            closely=True,
            again=again,
        )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the folder {folder} cannot be made: {error.strerror or error}",
                hint="name another folder with -o",
            ) from error
        size = second.width, second.height
        write_sheet(maps.invention, size, folder / "invention.tif")
        write_sheet(maps.error, size, folder / "consistency.tif")
        write_sheet(Path(scratch) / EXPECTED, size, folder / "error.tif")
        write_picture(evidence_picture(first, second, found, maps), folder / "evidence.png")
        write_picture(before_after(first, second), folder / "before-after.png")
        first.close()
        second.close()
    told = offer(found)
    if told:
        write_text(folder / KEEP_FILE, keep_workflow())
        told = (*told, keep_command(folder, *names))
    write_text(folder / "evidence.json", to_json(found))
    names_told = (*FILES[1:], KEEP_FILE) if told else FILES[1:]
    write_text(folder / "evidence.html", evidence_page(found, offer=told, files=names_told))
    return found


def keep_command(folder: Path, before: str, after: str) -> str:
    """What to type to keep of a result only what its input supports."""
    ending = Path(after).suffix or ".png"
    target = Path(after).with_name(f"{Path(after).stem}.supported{ending}")
    return shlex.join(
        ["whichmodel", "run", str(folder / KEEP_FILE), after, "--input", f"photo={before}", "-o", str(target)]
    )


def refuse_overwriting(folder: Path, *inputs: Path) -> None:
    """Raise `InputError` where a file of the evidence is one of the pictures themselves."""
    for made in (folder / name for name in (*FILES, KEEP_FILE)):
        for given in inputs:
            if same_file(made, given):
                raise InputError(f"{made} would overwrite an input", hint="name another folder with -o")


def _raster(picture: Opened | Picture | Raster, path: Path) -> Raster:
    if isinstance(picture, Raster):
        return picture
    return store(picture, path) if isinstance(picture, Picture) else decode(picture, path)
