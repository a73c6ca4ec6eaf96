"""A rectangle of pixels, the unit in which parts of pictures are named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of an `(H, W, ...)` array: rows first."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def times(self, scale: int) -> Box:
        """The same rectangle in a picture enlarged by `scale`."""
        return Box(self.left * scale, self.top * scale, self.right * scale, self.bottom * scale)

    def within(self, origin: Box) -> Box:
        """The same rectangle counted from the corner of `origin`."""
        return Box(
            self.left - origin.left,
            self.top - origin.top,
            self.right - origin.left,
            self.bottom - origin.top,
        )

    def grown(self, margin: int, width: int, height: int) -> Box:
        """Wider by `margin` on each side, clipped to a picture of `width` x `height`."""
        return Box(
            max(0, self.left - margin),
            max(0, self.top - margin),
            min(width, self.right + margin),
            min(height, self.bottom + margin),
        )

    def __str__(self) -> str:
        return f"x {self.left}..{self.right}, y {self.top}..{self.bottom}"
