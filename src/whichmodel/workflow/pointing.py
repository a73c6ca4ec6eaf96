"""Places in a picture that a question names in pixels: "the thing at 320,200", "box 10,20,300,400"."""

from __future__ import annotations

import re

from whichmodel.domain import Parameter

_PAIR = r"(\d{1,6})\s*,\s*(\d{1,6})"
_BOX = re.compile(rf"\b(?:box|rectangle|frame)\W{{1,3}}{_PAIR}\s*,\s*{_PAIR}(?!\s*[,\d])", re.IGNORECASE)
_POINTS = re.compile(
    rf"\b(?:at|point|points|click|pixel|position|place)\W{{1,3}}{_PAIR}(?:\s*(?:;|and)\s*\d{{1,6}}\s*,\s*\d{{1,6}})*(?![,.]?\d)",
    re.IGNORECASE,
)


def pointed_at(question: str) -> dict[str, Parameter]:
    """The places as parameters of the operation `segment`; empty where none is named.

    >>> pointed_at("remove the cup at 320,200")
    {'point': '320,200'}
    >>> pointed_at("cut out the box 10,20,300,400")
    {'box': '10,20,300,400'}
    """
    box = _BOX.search(question)
    if box:
        return {"box": ",".join(box.groups())}
    points = _POINTS.search(question)
    if points:
        pairs = re.findall(_PAIR, points.group())
        return {"point": ";".join(f"{x},{y}" for x, y in pairs)}
    return {}
