"""Labelled sentences for the audit: recorded answers, sentences of our own, and sentences set under a foreign prompt.

Recorded answers are not part of this repository: `benchmarks/data/audit_recorded_labels.jsonl` holds only
places, hashes and labels; the texts lie in a folder that is named when the script is run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from whichmodel.answering.audit.about import Context, Subject
from whichmodel.answering.audit.ground import Ground
from whichmodel.answering.audit.signals import Signals, measure
from whichmodel.answering.audit.statements import Statement, as_statement, is_claim, read_statements
from whichmodel.domain import Brief, Link, Source
from whichmodel.understand.prompt_format import read_prompt

DATA = Path(__file__).parents[1] / "benchmarks" / "data"
DEFAULT_PROMPTS = Path(__file__).parents[2] / "shared" / "reference" / "prompts"
GOOD_KINDS = {"supported", "paraphrased", "marked", "inference"}
Origin = Literal["recorded", "tune", "test", "foreign tune", "foreign test"]


@dataclass(frozen=True)
class Example:
    """One labelled sentence with its signals.

    Args:
        family: prompts that ask for the same task, or one prompt of our own; never split between learning and testing.
        good: supported or marked as an inference.
        statement: None where the audit takes the labelled sentence for no claim.
    """

    origin: Origin
    family: str
    kind: str
    good: bool
    text: str
    statement: Statement | None
    signals: Signals | None
    ground: Ground


def recorded(prompts: Path) -> Iterator[Example]:
    """Claims of recorded answers, labelled by hand before the audit was written.

    Raises:
        SystemExit: the texts are missing, or are not those that were labelled.
    """
    labels: dict[str, list[dict[str, object]]] = {}
    for line in (DATA / "audit_recorded_labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        labels.setdefault(label["answer"], []).append(label)
    for key, wanted in labels.items():
        folder, _, author = key.partition("/")
        path = prompts / folder / f"answer-{author}.md"
        if not path.exists():
            raise SystemExit(f"{path} is missing: name the folder of the recorded prompts, see --help")
        text = path.read_bytes().decode("utf-8")
        ground = Ground(read_prompt((prompts / folder / "prompt.txt").read_bytes()))
        context = Context(ground.names, ground.known)
        read = [(statement, context.subject(statement)) for statement in read_statements(text)]
        for label in wanted:
            start, end = int(str(label["start"])), int(str(label["end"]))
            if hashlib.sha256(text[start:end].encode()).hexdigest()[:16] != label["sha256"]:
                raise SystemExit(f"{path}: characters {start} to {end} are not those that were labelled")
            kind = str(label["label"])
            statement, subject = max(read, key=lambda item: _overlap(item[0], start, end))
            claimed = _overlap(statement, start, end) > 0 and is_claim(statement)
            yield Example(
                origin="recorded",
                family=folder.rpartition("-")[0],
                kind=kind,
                good=kind in GOOD_KINDS,
                text=text[start:end],
                statement=statement if claimed else None,
                signals=measure(statement, subject, ground) if claimed else None,
                ground=ground,
            )


def own() -> Iterator[Example]:
    """Sentences of our own, each under its prompt; then the true ones under another prompt, where nothing says them."""
    prompts = yaml.safe_load((DATA / "audit_own.yaml").read_text("utf-8"))
    grounds = [Ground(_brief(prompt)) for prompt in prompts]
    for index, prompt in enumerate(prompts):
        same_split = [at for at, other in enumerate(prompts) if other["split"] == prompt["split"]]
        split = prompt["split"]
        for number, (kind, _, text) in enumerate(prompt["sentences"]):
            yield _example(split, prompt["id"], kind, kind in GOOD_KINDS, text, grounds[index])
            if kind in ("supported", "paraphrased"):
                position = same_split.index(index)
                step = 1 + number % (len(same_split) - 1)
                other = grounds[same_split[(position + step) % len(same_split)]]
                foreign: Origin = "foreign tune" if split == "tune" else "foreign test"
                yield _example(foreign, prompt["id"], "foreign", False, text, other)


def _example(origin: Origin, family: str, kind: str, good: bool, text: str, ground: Ground) -> Example:
    statement = as_statement(text)
    subject: Subject = Context(ground.names, ground.known).subject(statement)
    return Example(origin, family, kind, good, text, statement, measure(statement, subject, ground), ground)


def _brief(prompt: dict[str, object]) -> Brief:
    sources = []
    given = prompt["sources"]
    assert isinstance(given, list)
    for number, source in enumerate(given, start=1):
        links = tuple(Link(kind="paper", url=url) for url in source.get("links", ()))
        sources.append(
            Source(
                number=number,
                kind=source["kind"],
                name=source["name"],
                links=links,
                summary=source.get("summary", ""),
            )
        )
    return Brief(
        question=str(prompt["question"]),
        models=tuple(source for source in sources if source.kind == "model"),
        papers=tuple(source for source in sources if source.kind == "paper"),
    )


def _overlap(statement: Statement, start: int, end: int) -> int:
    return min(statement.end, end) - max(statement.start, start)
