"""Draw a picture before and after, side by side."""

from __future__ import annotations

from whichmodel.pictures.picture import Picture


def before_after(before: Picture, after: Picture, caption_before: str, caption_after: str) -> Picture:
    """One picture, at most 2000 pixels wide: left the input enlarged, right the result."""
    raise NotImplementedError
