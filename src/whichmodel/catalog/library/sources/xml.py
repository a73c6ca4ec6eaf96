"""XML of others, read safely: no entities, no outside documents, bounded size."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring


class BrokenPageError(Exception):
    """A page that is no XML of the kind that was asked for."""


def parsed(body: bytes, root: str) -> Element:
    """The root of a page.

    Args:
        root: its name with its namespace, `{…}feed`.

    Raises:
        BrokenPageError: it is no XML, forbidden XML, or another document.
    """
    try:
        found: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BrokenPageError(f"the page is no usable XML: {type(error).__name__}: {error}"[:200]) from error
    if found.tag != root:
        raise BrokenPageError(
            f"the page is a <{found.tag.rpartition('}')[2]}>, not a <{root.rpartition('}')[2]}>"
        )
    return found


def text_of(element: Element | None) -> str:
    """All text of an element, on one line; "" for none."""
    return "" if element is None else " ".join("".join(element.itertext()).split())
