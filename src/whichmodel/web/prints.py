"""How large a result can be printed, and from how far each print is looked at."""

from __future__ import annotations

from whichmodel.domain import Record
from whichmodel.domain.viewing import distance_for
from whichmodel.pictures import Header
from whichmodel.understand.scale import print_size_of
from whichmodel.web.store import Photo
from whichmodel.workflow import print_target
from whichmodel.workflow.print_size import metres

SIZES = ("10x15cm", "A5", "A4", "A3", "A2", "A1", "60x90cm", "100x150cm", "wall 3x2 m")


class Print(Record, frozen=True, kw_only=True):
    """A print of a result.

    Args:
        name: of the size.
        width_cm, height_cm: of the picture on the paper.
        dpi: dots per inch that the result has then.
        distance_cm: from which an eye of normal acuity does not tell its pixels apart; `distance` says it.
        photo_distance: the same for the pixels of the photo, of which the result knows no more for certain.
    """

    name: str
    width_cm: float
    height_cm: float
    dpi: float
    distance_cm: float
    distance: str
    photo_distance: str


def prints_of(width: int, height: int, photo: Photo) -> list[Print]:
    """The usual prints of a result of `width` x `height` pixels."""
    header = Header(width, height, 3, 8, False, "png")
    found = []
    for name in SIZES:
        target = print_target(print_size_of(name, None), header)
        # Where the result has more pixels than the rule asks for they are all printed.
        dpi = width / (target.width_cm / 2.54)
        far = distance_for(dpi)
        own = distance_for(dpi * max(photo.width, photo.height) / max(width, height))
        found.append(
            Print(
                name=name,
                width_cm=target.width_cm,
                height_cm=target.height_cm,
                dpi=round(dpi, 1),
                distance_cm=round(far, 1),
                distance=metres(far),
                photo_distance=metres(own),
            )
        )
    return found
