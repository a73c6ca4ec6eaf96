"""Hugging Face model cards: Markdown with YAML front matter. Only the fields are read, not the prose."""

from __future__ import annotations

import re
from typing import Any

from whichmodel.catalog.imports.cnaps import settle_task
from whichmodel.catalog.imports.draft import Draft, listed
from whichmodel.catalog.imports.words import known_words, tasks_of
from whichmodel.catalog.load import cards_shipped, tasks
from whichmodel.catalog.outside import UnreadableError, YamlText, yaml_text

_READ = {
    "pipeline_tag", "license", "license_name", "datasets", "base_model", "tags", "library_name",
    "model-index", "model_name",
}  # fmt: skip
_HEADING = re.compile(r"^#\s+(?:model card for\s+)?(.+?)\s*#*\s*$", re.IGNORECASE)
_ARXIV = re.compile(r"arxiv:(\d{4}\.\d{4,5})", re.IGNORECASE)
_MOST_RESULTS = 20


def front_matter(text: str) -> tuple[str, list[str]]:
    """The YAML between the two lines `---`, and the lines of Markdown after it.

    Raises:
        UnreadableError: there is none.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise UnreadableError("no front matter", line=1, hint="a model card begins with a line `---`")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return "\n".join(lines[1:number]), lines[number + 1 :]
    raise UnreadableError("the front matter has no end", line=1, hint="close it with a line `---`")


def draft_of(text: str, file: str) -> Draft:
    """What one model card says.

    Raises:
        UnreadableError: it has no front matter, or that is not YAML.
    """
    front, prose = front_matter(text)
    found = yaml_text(front, line_before=1)
    if not isinstance(found.data, dict):
        raise UnreadableError("the front matter is no mapping", line=2, hint="write `field: value` lines")
    draft = Draft(file=file, line=1, number=1, prose=any(line.strip() for line in prose))
    _name(draft, found, prose)
    left_out = known_words().card_fields_left_out
    for key in found.data:
        if key not in _READ and key not in left_out:
            hint = "it was left out"
            draft.wrong(f"unknown field `{key}`", hint=hint, line=_line(found, key), bars=False)
    for line, key in found.repeated:
        draft.wrong(f"the field `{key}` is there twice", hint="keep one of them", line=line)
    draft.fields["collection"] = "whichmodel"
    tags = _texts(draft, found, "tags")
    _task(draft, found, tags)
    draft.read_scale("Hugging Face card: name")
    _tags(draft, tags)
    _data(draft, found)
    _licence(draft, found)
    _others(draft, found)
    _results(draft, found)
    return draft


def _name(draft: Draft, found: YamlText, prose: list[str]) -> None:
    index = found.data.get("model-index")
    first = index[0] if isinstance(index, list) and index and isinstance(index[0], dict) else {}
    for key, value in (("model-index", first.get("name")), ("model_name", found.data.get("model_name"))):
        draft.name = draft.name or draft.text(key, value, line=_line(found, key))
    for line in prose:
        if not draft.name and (heading := _HEADING.match(line[:500])):
            draft.name = draft.text("heading", heading[1])
            break
    if not draft.name:
        draft.wrong("the model has no name", hint="give `model_name:`, a `model-index`, or a heading")


def _task(draft: Draft, found: YamlText, tags: list[str]) -> None:
    word = draft.text("pipeline_tag", found.data.get("pipeline_tag"), line=_line(found, "pipeline_tag"))
    settle_task(draft, "pipeline_tag", word, "pipeline_tags", line=_line(found, "pipeline_tag"))
    sources = ["pipeline_tag"]
    if len(draft.tasks) > 1:
        # A tag that names exactly one of the tasks settles which.
        said = {tasks_of(tag, "words") for tag in tags} & {(id,) for id in draft.tasks}
        if len(said) == 1:
            draft.tasks, draft.open_task = said.pop(), None
            sources.append("tags")
    if len(draft.tasks) == 1:
        name = tasks()[draft.tasks[0]].name
        where = " and ".join(sources)
        draft.state("task", f"Its card says that its task is {name} ({word}).", f"Hugging Face card: {where}")


def _tags(draft: Draft, tags: list[str]) -> None:
    known = {word for card in cards_shipped().values() for word in card.suits}
    suits = [tag for tag in dict.fromkeys(tags) if tag in known]
    if suits:
        draft.fields["suits"] = suits
        draft.state("strength", f"Its card is tagged {listed(suits)}.", "Hugging Face card: tags")
    papers = [match[1] for tag in tags if (match := _ARXIV.fullmatch(tag))]
    if papers:
        draft.fields["links"] = [{"kind": "paper", "url": f"https://arxiv.org/abs/{papers[0]}"}]


def _data(draft: Draft, found: YamlText) -> None:
    sets = list(dict.fromkeys(_texts(draft, found, "datasets")))
    if sets:
        draft.fields["trained_on"] = sets
        draft.state("training", f"Its card names as its data {listed(sets)}.", "Hugging Face card: datasets")


def _licence(draft: Draft, found: YamlText) -> None:
    stated = _texts(draft, found, "license")
    own = draft.text("license_name", found.data.get("license_name"), line=_line(found, "license_name"))
    if stated == ["other"] and own:
        stated = [own]
    if stated:
        draft.fields["licence"] = " or ".join(stated)
        text = f"Its card states the licence {draft.fields['licence']}."
        draft.state("licence", text, "Hugging Face card: license")


def _others(draft: Draft, found: YamlText) -> None:
    base = _texts(draft, found, "base_model")
    if base:
        text = f"Its card names {listed(base)} as what it was made from."
        draft.state("method", text, "Hugging Face card: base_model")
    library = _texts(draft, found, "library_name")
    if library:
        text = f"Its card names the library {listed(library)}."
        draft.state("method", text, "Hugging Face card: library_name")


def _results(draft: Draft, found: YamlText) -> None:
    index = found.data.get("model-index")
    line = _line(found, "model-index")
    if index is None:
        return
    if not isinstance(index, list) or not all(isinstance(item, dict) for item in index):
        draft.wrong("`model-index` is to be a list of objects", line=line)
        return
    if len(index) > 1:
        draft.wrong(f"`model-index` has {len(index)} models; only the first is read", line=line, bars=False)
    told = 0
    for result in _objects(index[0].get("results") if index else None):
        data = result.get("dataset")
        where = draft.text("dataset", data.get("name"), line=line) if isinstance(data, dict) else ""
        for metric in _objects(result.get("metrics")):
            value, name = metric.get("value"), metric.get("name") or metric.get("type")
            label = draft.text("metrics", name, line=line)
            number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
            if not (label and where and number) or told == _MOST_RESULTS:
                continue
            told += 1
            draft.state(
                "strength", f"Its card reports {label} {value} on {where}.", "Hugging Face card: model-index"
            )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(draft: Draft, found: YamlText, key: str) -> list[str]:
    """A field that is one text or a list of texts."""
    value, line = found.data.get(key), _line(found, key)
    values = value if isinstance(value, list) else [value]
    return [text for item in values if (text := draft.text(key, item, line=line))]


def _line(found: YamlText, key: object) -> int | None:
    return found.lines.get((key,))
