"""Writes the papers that the catalog ships, from lists of bibliographic facts.

    python training/build_papers.py [BIBLIOGRAPHY.jsonl.gz ...]

Without a list the papers that are shipped already are taken, and those behind new cards come to them.
Each line of a list is a JSON object with `title`, a link to arXiv (`paper` or `abs`) and, where there
is one, a link to the code (`github`) and the list's own `topic` and `subtopic`. Kept is every paper that
can be named and read; records of one paper are joined, and what was left out is counted by reason. Each
paper gets the tasks of the ontology that its title names. To these come the papers behind the models of
the catalog. Deterministic: the same lists, cards and ontology give the same bytes. Run
`build_vectors.py` afterwards.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from whichmodel.catalog import papers, tasks
from whichmodel.catalog.library.identity import arxiv_number, title_key
from whichmodel.catalog.load import cards_shipped
from whichmodel.catalog.papers import PaperLine
from whichmodel.runtimes.text_encoder import encode
from whichmodel.understand.tasks import score_text

TARGET = Path(papers.__file__).parent / "data" / "papers.jsonl.gz"
# A title that names a task but is far from it in meaning ("Label Denoising") is not about it.
LEAST_LIKENESS = 0.25
MOST_TASKS = 3
KNOWN: set[PaperLine] = set()
NO_PAPER = re.compile(
    r"\b(?:proceedings of|editorial|erratum|corrigendum|withdrawn|retract(?:ed|ion)|table of contents|preface to"
    r"|book review|phd thesis|doctoral (?:thesis|dissertation)|lecture notes)\b",
    re.IGNORECASE,
)
ARXIV = re.compile(r"arxiv\.org/(?:pdf|abs)/(\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?/?$")
CODE = re.compile(r"https://(?:github\.com|gitlab\.com|bitbucket\.org|huggingface\.co)/[\w.-]+/[\w./-]+")
SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def main() -> None:
    """Read the lists, clean, join, write, and say what was left out and why."""
    left_out: Counter[str] = Counter()
    chosen: dict[str, PaperLine] = {}
    lists = of_lists(sys.argv[1:], left_out) if len(sys.argv) > 1 else shipped()
    listed = [(line, True) for line in lists]
    for line, of_list in [*listed, *((line, False) for line in of_cards())]:
        key = title_key(line.title) or line.title
        held = chosen.get(key)
        if held is not None and of_list:
            left_out["of a paper that is there already (joined with it)"] += 1
        chosen[key] = line if held is None else joined(held, line)
    lines = unique([line if line in KNOWN else tagged(line) for line in chosen.values()], left_out)
    write(sorted(lines, key=lambda line: (line.arxiv, line.url)))
    print(f"{len(lines)} papers, {sum(bool(line.tasks) for line in lines)} of them name a task")
    for reason, count in left_out.most_common():
        print(f"left out: {count} {reason}")


def shipped() -> list[PaperLine]:
    """The papers that are shipped; their tasks are known."""
    lines = [
        msgspec.json.decode(text, type=PaperLine)
        for text in gzip.decompress(TARGET.read_bytes()).splitlines()
    ]
    KNOWN.update(lines)
    return lines


def of_lists(lists: list[str], left_out: Counter[str]) -> Iterator[PaperLine]:
    """The usable lines of the lists, without tasks."""
    for path in lists:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for text in file:
                line, reason = cleaned(json.loads(text))
                if line is not None:
                    yield line
                if reason:
                    left_out[reason] += 1


def of_cards() -> Iterator[PaperLine]:
    """The papers behind the models of the catalog, with the tasks of their cards."""
    for card in cards_shipped().values():
        url = next((link.url for link in card.links if link.kind == "paper"), "")
        if not url or not card.paper_title:
            continue
        number = arxiv_number(url)[0]
        code = next((link.url for link in card.links if link.kind == "code"), "")
        year = re.search(r"(?<!\d)20\d\d(?!\d)", url)
        yield PaperLine(
            title=plain_title(card.paper_title),
            arxiv=number,
            url="" if number else url,
            year=int(year[0]) if year and not number else None,
            code=code if CODE.fullmatch(code) else "",
            tasks=(card.task,) if tasks()[card.task].kind == "task" else (),
        )


def cleaned(fields: dict[str, Any]) -> tuple[PaperLine | None, str]:
    """Title and links made clean, or `None`; and what was left out, if anything."""
    title = plain_title(fields.get("title") or "")
    number = ARXIV.search(fields.get("paper") or fields.get("abs") or "")
    if number is None:
        return None, "without a link to arXiv"
    if not 12 <= len(title) <= 250:
        return None, "with a title that is too short or too long"
    if NO_PAPER.search(title):
        return None, "that is no paper (proceedings, editorial, withdrawn, …)"
    if "\\" in title or "$" in title or "�" in title:
        return None, "with formulas in the title that are not plain text"
    given = (fields.get("github") or "").strip()
    code = re.sub(r"^http://", "https://", given).removesuffix(".git").rstrip("/.")
    broken = "links to code that lead to no known host of code (the paper is kept)"
    topics = [fields.get("topic") or "", fields.get("subtopic") or ""]
    line = PaperLine(
        title=title,
        arxiv=number[1],
        code=code if CODE.fullmatch(code) else "",
        topics=tuple(dict.fromkeys(topic for topic in topics if topic)),
    )
    return line, broken if code and not line.code else ""


def joined(held: PaperLine, other: PaperLine) -> PaperLine:
    """Two records of one paper: a number at arXiv rather than another address, and all topics and tasks."""
    first = held if held.arxiv or not other.arxiv else other
    return msgspec.structs.replace(
        first,
        code=held.code or other.code,
        topics=tuple(dict.fromkeys((*held.topics, *other.topics))),
        tasks=tuple(dict.fromkeys((*held.tasks, *other.tasks))),
    )


def unique(lines: list[PaperLine], left_out: Counter[str]) -> list[PaperLine]:
    """One line for an address: the first; a later title of the same paper is left out."""
    found: dict[str, PaperLine] = {}
    for line in lines:
        place = line.arxiv or line.url
        if place in found:
            left_out["of a paper that is there under another title (joined with it)"] += 1
        found[place] = joined(found[place], line) if place in found else line
    return list(found.values())


def tagged(line: PaperLine) -> PaperLine:
    """With the tasks that the title names, behind those that are known."""
    return msgspec.structs.replace(line, tasks=tuple(dict.fromkeys((*line.tasks, *named_tasks(line.title)))))


def plain_title(title: str) -> str:
    """One line; the simple formulas of titles as plain characters.

    >>> plain_title("S$^2$Mamba:  on $k$-means in 360$^\\\\circ$")
    'S²Mamba: on k-means in 360°'
    """
    title = re.sub(r"\^\{?\\circ\}?", "°", title)
    title = re.sub(r"\\(?:mathbf|mathrm|mathcal|text|textit|textbf|textsc|emph)\s?\{([^{}]*)\}", r"\1", title)
    title = title.replace("\\times", "×").replace("\\alpha", "α").replace("\\beta", "β").replace("\\&", "&")
    title = re.sub(
        r"\$?\{?\^\s?\{?([0-9+-]+)\}?\}?\$?", lambda match: match[1].translate(SUPERSCRIPTS), title
    )
    title = re.sub(r"\$([^$\\^_]*)\$", r"\1", title)
    return " ".join(title.split())


def named_tasks(title: str) -> tuple[str, ...]:
    """The tasks that a title names and is near to in meaning, best first; what papers study is left out."""
    found = [item for item in score_text(title) if item.task.kind == "task" and item.places]
    if not found:
        return ()
    vector = encode([title])[0]
    return tuple(
        item.task.id for item in found if float(vector @ task_vector(item.task.id)) >= LEAST_LIKENESS
    )[:MOST_TASKS]


_TASK_VECTORS: dict[str, np.ndarray] = {}


def task_vector(id: str) -> np.ndarray:
    """The vector of a task's names."""
    if id not in _TASK_VECTORS:
        task = tasks()[id]
        _TASK_VECTORS[id] = encode([". ".join((task.name, *task.synonyms[:3]))])[0]
    return _TASK_VECTORS[id]


def write(lines: list[PaperLine]) -> None:
    """Write the file under a temporary name, without a date in its header, and rename it."""
    content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    part = TARGET.with_name(TARGET.name + ".part")
    part.write_bytes(gzip.compress(content, 9, mtime=0))
    os.replace(part, TARGET)


if __name__ == "__main__":
    main()
