"""Model files with families: what siblings share is written once.

A file of `data/models/` looks like this:

    task: super-resolution
    statements:                      # for every card of the file
      - {about: task, from: name, text: "Makes a picture {scale} times as wide and high."}
    families:
      - links: {paper: https://…, code: https://…}
        trained_on: [DIV2K]
        statements:                  # for every member of the family
          - {about: method, from: summary, text: …}
        members:
          Small-2x: {scale: 2}
          Small-4x: {scale: 4, statements: […]}   # for this member alone

Any field of a card may stand at any of the three levels; the closest one counts. Two fields add up
instead: `corrections`, and `statements`, of which those about the same thing replace the wider ones.

`from:` is short for the place that a sentence rests on: `name`, `dataset`, `summary`, `links` and
`task field` are fields of the catalog that an entry was taken from, `title` is the title of the paper,
`task` the definition of the card's task in our ontology. Otherwise `kind:` and `locator:` are written out.
In a text `{scale}` stands for the scale and `{data}` for the data sets; a sentence whose `{data}`
is empty is left out.
"""

from __future__ import annotations

from typing import Any

from whichmodel.domain import InputError

_ORDER = ("task", "method", "training", "strength", "limit", "speed", "licence")
_CATALOG_FIELDS = ("name", "dataset", "summary", "links", "task field")
_FILE_ONLY = ("families", "statements", "corrections")
_FAMILY_ONLY = ("members", "statements", "corrections")


def expand(data: Any, *, where: str) -> list[dict[str, Any]]:
    """The fields of every card of one file.

    Raises:
        InputError: the file has not the structure above; names the family.

    >>> file = {"task": "denoising", "families": [{"members": {"A": {"variant": "small"}, "B": None}}]}
    >>> [(card["name"], card.get("variant", "")) for card in expand(file, where="here")]
    [('A', 'small'), ('B', '')]
    """
    if not isinstance(data, dict) or not isinstance(data.get("families"), list):
        raise InputError(f"{where} has no `families:`", hint="see the other files beside it")
    shared = {key: value for key, value in data.items() if key not in _FILE_ONLY}
    found = []
    for number, family in enumerate(data["families"], start=1):
        if not isinstance(family, dict) or not isinstance(family.get("members"), dict):
            raise InputError(f"{where}: family {number} has no `members:`")
        of_family = {key: value for key, value in family.items() if key not in _FAMILY_ONLY}
        for name, member in family["members"].items():
            levels = [data, family, member or {}]
            fields = {"collection": "cnaps", **shared, **of_family, **(member or {}), "name": name}
            fields["links"] = [
                {"kind": kind, "url": url} for kind, url in (fields.get("links") or {}).items() if url
            ]
            fields["corrections"] = [text for level in levels for text in level.get("corrections", ())]
            fields["statements"] = _statements(levels, fields, f"{where}: {name}")
            found.append(fields)
    return found


def _statements(levels: list[dict[str, Any]], fields: dict[str, Any], where: str) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for level in levels:
        own = level.get("statements", ())
        replaced = {statement.get("about") for statement in own}
        kept = [statement for statement in kept if statement.get("about") not in replaced] + list(own)
    written = []
    for statement in kept:
        text = _fill(str(statement.get("text", "")), fields)
        if text is not None:
            written.append(
                {"about": statement.get("about"), "text": text, **_place(statement, fields, where)}
            )
    return sorted(written, key=lambda statement: _ORDER.index(statement["about"]))


def _fill(text: str, fields: dict[str, Any]) -> str | None:
    data = fields.get("trained_on") or []
    if "{data}" in text and not data:
        return None
    return text.replace("{scale}", str(fields.get("scale", ""))).replace("{data}", _listed(data))


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _place(statement: dict[str, Any], fields: dict[str, Any], where: str) -> dict[str, Any]:
    if statement.get("about") not in _ORDER:
        raise InputError(f"{where}: a statement is `about: {statement.get('about')}`", hint=", ".join(_ORDER))
    short = statement.get("from")
    if short in _CATALOG_FIELDS:
        return {"kind": "stated", "locator": f"catalog field: {short}"}
    if short == "title":
        return {"kind": "stated", "locator": "paper title"}
    if short == "task":
        return {"kind": "general", "locator": f"task definition: {fields.get('task')}"}
    if short is not None:
        raise InputError(f"{where}: a statement is `from: {short}`", hint="see catalog/families.py")
    return {"kind": statement.get("kind"), "locator": statement.get("locator", "")}
