"""How far away a print is looked at, and how many dots per inch that takes: every rule of dpi, at one place.

An eye of normal acuity (20/20, decimal 1.0) tells two things apart that lie one minute of arc apart: that is
the gap of the ring by which acuity is measured (ISO 8596), and the detail of Snellen's letters. From where one
pixel covers one minute of arc or less, finer pixels would not be seen; ITU-R BT.2022 calls that the design
viewing distance of a screen.
"""

from __future__ import annotations

import math

CM_PER_INCH = 2.54

ARC_MINUTE = math.tan(math.radians(1 / 60))
"""Size of what covers one minute of arc, as a share of its distance."""

NEAR_DPI = 300
"""For prints held in the hand, at 29 cm; also what printers ask for."""
FAR_DPI = 150
"""For prints with a side above 42 cm (larger than ISO A3), looked at from 58 cm or further."""
FAR_CM = 42.0


def distance_for(dpi: float) -> float:
    """Centimetres from which one pixel covers one minute of arc.

    >>> round(distance_for(300)), round(distance_for(150))
    (29, 58)
    """
    return CM_PER_INCH / dpi / ARC_MINUTE


def dpi_for(distance_cm: float) -> int:
    """Dots per inch, the next whole number, whose pixels cover at most one minute of arc at a distance.

    >>> dpi_for(distance_for(150)), dpi_for(360)
    (150, 25)
    """
    return max(1, math.ceil(CM_PER_INCH / distance_cm / ARC_MINUTE - 1e-9))


def wall_distance(width_cm: float, height_cm: float) -> float:
    """How far away a picture on a wall is looked at, in centimetres: its diagonal.

    That is where its perspective is right if it was taken with a normal lens, whose focal length is the
    diagonal of its format (Kingslake, Optics in Photography, SPIE 1992, on the centre of perspective). Where
    one side is not known (0), the other counts alone, which errs towards more dots.

    >>> round(wall_distance(300, 200))
    361
    """
    return math.hypot(width_cm, height_cm)
