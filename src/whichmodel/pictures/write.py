"""Write pictures, completely or not at all."""

from __future__ import annotations

from pathlib import Path

from whichmodel.pictures.picture import Picture


def check_writable(path: Path, width: int, height: int) -> None:
    """Check before any work that a picture of this size can be written to `path`.

    Raises:
        PictureError: unknown ending, or the format cannot hold a picture of this size.
        InputError: the folder does not exist or cannot be written, or `path` is a folder.
    """
    raise NotImplementedError


def same_file(a: Path, b: Path) -> bool:
    """Whether both paths lead to the same file, through links and hard links too."""
    raise NotImplementedError


def write_picture(picture: Picture, path: Path, *, quality: int = 92) -> tuple[str, ...]:
    """Write a picture in the format of the ending of `path`; returns notes for people.

    Args:
        quality: 1..100 for JPEG and lossy WebP.

    Raises:
        PictureError, InputError: as `check_writable`; and where writing fails (full disk).
            Nothing is left behind then, and a file that was there before is untouched.
    """
    raise NotImplementedError
