"""Recorded answers to recorded prompts, and ours, before the same audit.

    python benchmarks/answers.py [FOLDER] [--per-answer]

FOLDER holds a folder for each prompt, with `prompt.txt` and `answer-a.md`, `answer-b.md`, `answer-c.md`, written by
large language models; by default ../shared/reference/prompts. For each author: links from outside, links left out
(over all answers), mismatches told of those that there are, share of claims that are unsupported or contradicted,
words, seconds to write (ours) and to audit. What the audit itself is worth is measured by benchmarks/audit.py.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from whichmodel.answering import write
from whichmodel.answering.audit import audit
from whichmodel.answering.views import render
from whichmodel.domain import Audit, Brief
from whichmodel.understand.prompt_format import read_prompt

DEFAULT = Path(__file__).parents[2] / "shared" / "reference" / "prompts"
HEAD = (
    "| answer | links outside | links missed | names outside | mismatch told | claims | unsupported | contradicted |"
    " share faulty | parts missed | words | written in | audited in |"
)


@dataclass(frozen=True)
class Row:
    """One answer before the audit; seconds to write are known of ours alone."""

    prompt: str
    author: str
    found: Audit
    words: int
    written: float | None
    audited: float


def main() -> None:
    """Audit and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--per-answer", action="store_true", help="a row for each answer, too")
    options = parser.parse_args()
    prompts = sorted(options.folder.glob("*/prompt.txt")) if options.folder.is_dir() else []
    if not prompts:
        raise SystemExit(f"no prompt.txt under {options.folder}: name the folder of the recorded prompts")
    audit(read_prompt(prompts[0].read_bytes()), "Loads everything once.")
    rows = [row for prompt in prompts for row in _rows(prompt)]
    print(HEAD + "\n" + "|---" * 13 + "|")
    if options.per_answer:
        for row in rows:
            print(_line(f"{row.prompt}/{row.author}", [row]))
    for author in sorted({row.author for row in rows}):
        chosen = [row for row in rows if row.author == author]
        print(_line(f"all {len(chosen)} by {author}", chosen))


def _rows(path: Path) -> list[Row]:
    brief = read_prompt(path.read_bytes(), where=str(path))
    rows = []
    for answer in sorted(path.parent.glob("answer-*.md")):
        author = answer.stem.removeprefix("answer-")
        rows.append(_row(path.parent.name, author, brief, answer.read_bytes().decode("utf-8"), None))
    began = time.perf_counter()
    ours = render(write(brief), "md")
    rows.append(_row(path.parent.name, "ours", brief, ours, time.perf_counter() - began))
    return rows


def _row(prompt: str, author: str, brief: Brief, text: str, written: float | None) -> Row:
    began = time.perf_counter()
    found = audit(brief, text)
    return Row(prompt, author, found, len(text.split()), written, time.perf_counter() - began)


def _line(name: str, rows: list[Row]) -> str:
    found = [row.found for row in rows]
    claims = [claim for item in found for claim in item.claims]
    unsupported = sum(claim.verdict == "unsupported" for claim in claims)
    contradicted = sum(claim.verdict == "contradicted" for claim in claims)
    mismatches = [item.mismatch for item in found if item.mismatch.found]
    told = f"{sum(bool(item.told) for item in mismatches)} of {len(mismatches)}" if mismatches else "-"
    written = [row.written for row in rows if row.written is not None]
    cells = (
        name,
        sum(len(item.links.outside) for item in found),
        sum(len(item.links.missing) for item in found),
        sum(len(item.names.outside) for item in found),
        told,
        len(claims),
        unsupported,
        contradicted,
        f"{(unsupported + contradicted) / max(len(claims), 1):.2f}",
        sum(len(item.parts_missing) for item in found),
        round(statistics.median(row.words for row in rows)),
        f"{statistics.median(written):.2f} s" if written else "-",
        f"{statistics.median(row.audited for row in rows):.2f} s",
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


if __name__ == "__main__":
    main()
