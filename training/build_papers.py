"""Writes the papers that the catalog ships, from lists of bibliographic facts.

    python training/build_papers.py BIBLIOGRAPHY.jsonl.gz [MORE.jsonl.gz ...]

Each line of a list is a JSON object with `title`, a link to arXiv (`paper` or `abs`) and, where there
is one, a link to the code (`github`) and the list's own `topic` and `subtopic`. Kept are papers whose
title names a task of the ontology, and those of topics near pictures; each gets the tasks that its
title names. Deterministic: the same lists and the same ontology give the same bytes. Run
`build_vectors.py` afterwards.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from whichmodel.catalog import papers, tasks
from whichmodel.catalog.papers import PaperLine
from whichmodel.runtimes.text_encoder import encode
from whichmodel.understand.tasks import score_text

TARGET = Path(papers.__file__).parent / "data" / "papers.jsonl.gz"
# Kept even where the title names no task of ours.
NEAR_PICTURES = {"Computer Vision", "3D Vision"}
NEAR_PICTURES_SUBTOPICS = {"Image Caption"}
# A title that names a task but is far from it in meaning ("Label Denoising") is not about it.
LEAST_LIKENESS = 0.25
MOST_TASKS = 3
NO_PAPER = re.compile(
    r"\b(?:proceedings of|editorial|erratum|corrigendum|withdrawn|retract(?:ed|ion)|table of contents|preface to"
    r"|book review|phd thesis|doctoral (?:thesis|dissertation)|lecture notes)\b",
    re.IGNORECASE,
)
ARXIV = re.compile(r"arxiv\.org/(?:pdf|abs)/(\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?/?$")
CODE = re.compile(r"https://(?:github\.com|gitlab\.com|bitbucket\.org|huggingface\.co)/[\w.-]+/[\w./-]+")
SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def main() -> None:
    """Read the lists, choose, clean, write."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    chosen: dict[str, PaperLine] = {}
    titles: set[str] = set()
    for line, near in candidates(sys.argv[1:]):
        key = re.sub(r"\W+", "", line.title.casefold())
        if line.arxiv in chosen or key in titles:
            continue
        named = named_tasks(line.title)
        if named or near:
            chosen[line.arxiv] = PaperLine(title=line.title, arxiv=line.arxiv, code=line.code, tasks=named)
            titles.add(key)
    write(sorted(chosen.values(), key=lambda line: line.arxiv))
    print(f"{len(chosen)} papers, {sum(bool(line.tasks) for line in chosen.values())} of them name a task")


def candidates(lists: list[str]) -> Iterator[tuple[PaperLine, bool]]:
    """The usable lines without tasks, and whether their topic is near pictures."""
    for path in lists:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for text in file:
                fields = json.loads(text)
                line = cleaned(fields)
                if line is not None:
                    near = fields.get("topic") in NEAR_PICTURES
                    yield line, near or fields.get("subtopic") in NEAR_PICTURES_SUBTOPICS


def cleaned(fields: dict[str, Any]) -> PaperLine | None:
    """Title and links made clean, or `None` where it is no paper that can be named and read."""
    title = plain_title(fields.get("title") or "")
    number = ARXIV.search(fields.get("paper") or fields.get("abs") or "")
    if number is None or not 12 <= len(title) <= 250 or NO_PAPER.search(title):
        return None
    if "\\" in title or "$" in title or "�" in title:
        return None
    code = (
        re.sub(r"^http://", "https://", (fields.get("github") or "").strip())
        .removesuffix(".git")
        .rstrip("/.")
    )
    return PaperLine(title=title, arxiv=number[1], code=code if CODE.fullmatch(code) else "")


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
