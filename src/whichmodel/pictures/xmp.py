"""XMP, the block of RDF/XML in a picture that says what it is: merged, never trusted.

What the input's block says stays, except for the few properties that are ours. The block comes from a file
that we do not trust: it is checked with expat for its size, depth and number of elements and for the absence
of a document type (and with it of entities) before a tree is built from it. One that fails is not merged and
not passed on; a note tells it.

Source of the properties: IPTC Photo Metadata Standard (DigitalSourceType), ISO 16684-1 (XMP), and Adobe's XMP
specification, part 2 (xmpMM:History).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.dom import minidom
from xml.parsers import expat

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SPACES: Mapping[str, str] = {
    "rdf": _RDF,
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_LARGEST = 4_000_000
_DEEPEST = 64
_MOST_NODES = 50_000
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TAIL = '\n<?xpacket end="w"?>'

_STRONGER = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
"""Terms that say more about AI than ours may: who declared them knows more of the picture than we do."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the picture's history; without a time, so that the same work gives the same bytes.

    Args:
        action: a word of XMP's list: `"resized"`, `"filtered"`, `"converted"`...
        agent: program and version.
        parameters: what was done with what, in words.
    """

    action: str
    agent: str
    parameters: str


class BadXmpError(ValueError):
    """A block that is no XMP, or dangerous; says why."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged block.

    Args:
        block: UTF-8 with its packet wrapper.
        notes: sentences for people.
        set_aside: whether the input's block is not in it, as it is damaged or dangerous.
    """

    block: bytes
    notes: tuple[str, ...] = ()
    set_aside: bool = False


def merge_xmp(old: bytes | None, *, source_type: str | None, tool: str, events: tuple[Event, ...]) -> Merged:
    """The XMP block of a processed picture.

    Args:
        old: the input's block, or `None`.
        source_type: last part of an IPTC digital source type, or `None` to leave what there is. A term that
            says more about AI already stays.
        tool: program and version, for `xmp:CreatorTool`; the old one stays in the history.
        events: for `xmpMM:History`, behind those that are there.
    """
    notes: list[str] = []
    set_aside = False
    try:
        document = _tree(old) if old else _tree(_EMPTY)
    except BadXmpError as error:
        notes.append(f"the XMP block of the input ({len(old or b''):,} bytes) was left out: {error}")
        document = _tree(_EMPTY)
        set_aside = True
    rdf = _root(document)
    if source_type is not None:
        before = _value(rdf, "Iptc4xmpExt", "DigitalSourceType")
        known = before.removeprefix(SOURCE_TYPES) if before else ""
        if known in _STRONGER and (known == _STRONGER[0] or source_type not in _STRONGER):
            notes.append(f"the input was declared as {known} already, which stays")
        else:
            _set(rdf, "Iptc4xmpExt", "DigitalSourceType", SOURCE_TYPES + source_type)
    earlier = _value(rdf, "xmp", "CreatorTool")
    _set(rdf, "xmp", "CreatorTool", tool)
    if earlier and earlier != tool:
        events = (Event("produced", earlier, "named as xmp:CreatorTool of the input"), *events)
    _append_history(rdf, events)
    body = "".join(node.toxml() for node in document.childNodes if node.nodeType == node.ELEMENT_NODE)
    return Merged((_HEAD + body + _TAIL).encode("utf-8"), tuple(notes), set_aside)


def largest_xmp(path: Path) -> int | None:
    """Bytes of XMP that a file of this name can hold; `None` where there is no limit that matters."""
    # A JPEG segment holds 65,533 bytes, the signature of the block included.
    return 65_500 if path.suffix.lower() in (".jpg", ".jpeg") else None


def property_of(block: bytes, prefix: str, name: str) -> str | None:
    """Text of a simple property of a block, e.g. `("xmp", "CreatorTool")`; `None` where there is none.

    Raises:
        BadXmpError: the block is no XMP.
    """
    return _value(_root(_tree(block)), prefix, name)


_EMPTY = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
    '<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
).encode()


def _tree(block: bytes) -> Any:
    """The block as a document, after it was found harmless."""
    # Writers pad the block, some with zeros.
    block = block.strip(b"\0 \t\r\n")
    if len(block) > _LARGEST:
        raise BadXmpError(f"it is larger than {_LARGEST:,} bytes")
    _vet(block)
    document = minidom.parseString(block)  # noqa: S318 - vetted: no document type, hence no entities; bounded
    if not document.getElementsByTagNameNS(_RDF, "RDF"):
        raise BadXmpError("it holds no RDF")
    return document


def _vet(block: bytes) -> None:
    """Refuse what could hurt, in one pass that builds nothing."""
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1 + len(attributes)
        if depth > _DEEPEST:
            raise BadXmpError(f"it is nested deeper than {_DEEPEST} levels")
        if count > _MOST_NODES:
            raise BadXmpError(f"it has more than {_MOST_NODES:,} elements")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def forbidden(*_: object) -> None:
        raise BadXmpError("it has a document type declaration, which XMP does not allow")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = forbidden
    parser.EntityDeclHandler = forbidden
    try:
        parser.Parse(block, True)
    except expat.ExpatError as error:
        raise BadXmpError(f"it is damaged ({error})") from error
    except (UnicodeError, LookupError, ValueError) as error:
        if isinstance(error, BadXmpError):
            raise
        raise BadXmpError(f"it is in no encoding that can be read ({error})") from error


def _root(document: Any) -> Any:
    return document.getElementsByTagNameNS(_RDF, "RDF")[0]


def _descriptions(rdf: Any) -> Iterator[Any]:
    for node in list(rdf.childNodes):
        if node.nodeType == node.ELEMENT_NODE and (node.namespaceURI, node.localName) == (
            _RDF,
            "Description",
        ):
            yield node


def _elements(parent: Any, space: str, name: str) -> list[Any]:
    return [
        node
        for node in parent.childNodes
        if node.nodeType == node.ELEMENT_NODE and (node.namespaceURI, node.localName) == (space, name)
    ]


def _value(rdf: Any, prefix: str, name: str) -> str | None:
    """A property as attribute, as text, or as `rdf:resource`."""
    space = _SPACES[prefix]
    for description in _descriptions(rdf):
        if description.hasAttributeNS(space, name):
            return str(description.getAttributeNS(space, name)).strip()
        for node in _elements(description, space, name):
            if node.hasAttributeNS(_RDF, "resource"):
                return str(node.getAttributeNS(_RDF, "resource")).strip()
            return "".join(str(part.data) for part in node.childNodes if hasattr(part, "data")).strip()
    return None


def _set(rdf: Any, prefix: str, name: str, value: str) -> None:
    """Give a property one value: those that there are go first, as XMP allows a property only once."""
    space = _SPACES[prefix]
    for description in _descriptions(rdf):
        if description.hasAttributeNS(space, name):
            description.removeAttributeNS(space, name)
        for node in _elements(description, space, name):
            description.removeChild(node)
    _own(rdf).appendChild(_element(rdf, prefix, name, value))


def _append_history(rdf: Any, events: tuple[Event, ...]) -> None:
    space = _SPACES["xmpMM"]
    found = [
        sequence
        for description in _descriptions(rdf)
        for node in _elements(description, space, "History")
        for sequence in _elements(node, _RDF, "Seq")
    ]
    if found:
        sequence = found[0]
    else:
        for description in _descriptions(rdf):
            for node in _elements(description, space, "History"):
                description.removeChild(node)  # of no form that a reader would understand
        history = _element(rdf, "xmpMM", "History")
        sequence = history.appendChild(_element(rdf, "rdf", "Seq"))
        _own(rdf).appendChild(history)
    for event in events:
        item = sequence.appendChild(_element(rdf, "rdf", "li"))
        item.setAttributeNS(_RDF, f"{_rdf_prefix(rdf)}:parseType", "Resource")
        item.appendChild(_element(rdf, "stEvt", "action", event.action))
        item.appendChild(_element(rdf, "stEvt", "softwareAgent", event.agent))
        item.appendChild(_element(rdf, "stEvt", "parameters", event.parameters))


def _own(rdf: Any) -> Any:
    """The description that our properties go into: the last one, or a new one."""
    found = list(_descriptions(rdf))
    if found:
        return found[-1]
    prefix = _rdf_prefix(rdf)
    made = rdf.ownerDocument.createElementNS(_RDF, f"{prefix}:Description")
    made.setAttributeNS(_RDF, f"{prefix}:about", "")
    return rdf.appendChild(made)


def _element(rdf: Any, prefix: str, name: str, text: str | None = None) -> Any:
    """An element that declares its own prefix, so that it means the same wherever it stands."""
    space = _SPACES[prefix]
    own = _rdf_prefix(rdf) if prefix == "rdf" else prefix
    made = rdf.ownerDocument.createElementNS(space, f"{own}:{name}")
    if prefix != "rdf":
        made.setAttributeNS("http://www.w3.org/2000/xmlns/", f"xmlns:{own}", space)
    if text is not None:
        made.appendChild(rdf.ownerDocument.createTextNode(_printable(text)))
    return made


def _rdf_prefix(rdf: Any) -> str:
    """What the block calls the namespace of RDF; expat has checked that it is declared."""
    return str(rdf.prefix or "rdf")


def _printable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        character
        for character in text
        if character in "\t\n\r"
        or (character >= " " and not "\ud800" <= character <= "\udfff" and character < "\ufffe")
    )
