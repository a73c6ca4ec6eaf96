"""How well papers are found: SciFact beside BM25, and sixty lay questions over image AI of our own.

    python benchmarks/retrieval.py [scifact|judged] [--shared FOLDER] [--cache FOLDER] [--json]

Needs `../shared/papers`. Every system ranks the same texts, title and abstract, in one run: BM25 of the
library as the program asks it, BM25 of bm25s over the same stems (Lucene's variant, k1 1.5, b 0.75), the
sentence vectors alone, both fused as the program fuses them, and for the lay questions the program's own
search, which understands the question first. The questions and labels are `data/judged_*`;
`data/judged.md` tells how they were made.

nDCG has linear gains and a logarithm to base 2, as in trec_eval; what nobody judged counts as nothing.
Intervals are of a paired bootstrap over the questions: 10,000 samples, 95 %. Vectors of abstracts take
minutes; they are kept in FOLDER. Exit codes: 0 fine; 1 a goal is missed.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import bm25s
import click
import numpy as np
import yaml

from whichmodel.catalog.lexical import analyzer
from whichmodel.catalog.library import EVERYTHING, EmbeddedLibrary
from whichmodel.domain import Paper
from whichmodel.domain.paper import ABSTRACT
from whichmodel.recommending.candidates import candidates
from whichmodel.recommending.judge import judged
from whichmodel.recommending.papers import rank
from whichmodel.recommending.wanted import Wanted, wanted_by
from whichmodel.runtimes.text_encoder import encode
from whichmodel.understand import understand

ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks" / "data"
SAMPLES, SEED = 10_000, 20261121
DEPTH = 100
GOAL = 0.70

Gains = dict[str, int]
# The ids that a system finds for a question, best first.
System = Callable[[str], list[str]]


def ndcg(found: Sequence[str], gains: Gains, depth: int = 10) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), linear gains, 0..1.

    >>> ndcg(["b", "a"], {"a": 2})
    0.6309297535714575
    """
    best = _discounted(sorted(gains.values(), reverse=True)[:depth])
    return _discounted([gains.get(id, 0) for id in found[:depth]]) / best


def _discounted(gains: Iterable[int]) -> float:
    return float(sum(gain / np.log2(place + 2) for place, gain in enumerate(gains)))


def recall(found: Sequence[str], gains: Gains, depth: int = 100) -> float:
    """The share of what fits that is among the first."""
    fitting = {id for id, gain in gains.items() if gain > 0}
    return len(fitting & set(found[:depth])) / len(fitting)


def interval(differences: Sequence[float]) -> tuple[float, float, float]:
    """Mean of paired differences, with the ends of its 95 % bootstrap interval."""
    values = np.asarray(differences)
    draws = np.random.default_rng(SEED).integers(0, len(values), (SAMPLES, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


# --- the systems -------------------------------------------------------------------------------


class Corpus:
    """Texts in a library of the program's own, kept in a folder, and beside it in an index of bm25s.

    Args:
        papers: with ids.
        folder: where the library is kept between runs.
    """

    def __init__(self, papers: Sequence[Paper], folder: Path) -> None:
        self.library = _library(papers, folder)
        self._ids = {row: paper.id for row, paper in enumerate(self.library.papers(range(len(papers))))}
        texts = [f"{paper.title}\n{paper.title}\n{paper.summary}" for paper in papers]
        self._bm25s = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
        self._bm25s.index([analyzer().analyze(text) for text in texts], show_progress=False)
        self._order = [paper.id for paper in papers]

    def systems(self) -> dict[str, System]:
        """What ranks the texts by the question alone."""
        return {
            "BM25, tantivy": lambda question: self._named(self.library.lexical(question, top=DEPTH).rows),
            "BM25, bm25s": self._by_bm25s,
            "vectors alone": lambda question: self._named(
                self.library.nearest(encode([question])[0], top=DEPTH).rows
            ),
            "fused": self.fused,
        }

    def fused(self, question: str) -> list[str]:
        """The program's fusion, the question being all that is known."""
        wanted = Wanted(question=question, tasks=())
        found = candidates(self.library, wanted, filters=EVERYTHING, most=DEPTH)
        return [self._ids[candidate.row] for candidate in found]

    def understood(self, question: str) -> list[str]:
        """The program's search without its threshold: the question is understood first."""
        found = judged(self.library, wanted_by(understand(question)), filters=EVERYTHING, most=DEPTH)
        return [item.paper.id for item in found]

    def shown(self, question: str) -> list[str]:
        """What the program shows: the first three above its threshold."""
        return [item.paper.id for item in rank(self.library, understand(question), top=3)]

    def _named(self, rows: Iterable[int]) -> list[str]:
        return [self._ids[int(row)] for row in rows]

    def _by_bm25s(self, question: str) -> list[str]:
        scores = self._bm25s.get_scores(analyzer().analyze(question))
        best = np.argsort(-scores, kind="stable")[:DEPTH]
        return [self._order[row] for row in best.tolist() if scores[row] > 0]


def _library(papers: Sequence[Paper], folder: Path) -> EmbeddedLibrary:
    """The texts as a library; what it lacks is added, and an interrupted run goes on where it was."""
    with EmbeddedLibrary(folder, write=True) as library:
        if len(library) < len(papers):
            library.put(papers)
            library.index()
        while library.without_vector:
            library.embed(encode, most=500)
            click.echo(f"  {library.without_vector} vectors to make", err=True)
    return EmbeddedLibrary(folder)


# --- the two sets ------------------------------------------------------------------------------


def scifact(shared: Path, cache: Path) -> dict[str, Any]:
    """SciFact (Wadden et al. 2020, arXiv 2004.14974): 5,183 abstracts, 300 claims of the test part."""
    folder = shared / "scifact"
    papers = [
        Paper(
            id=f"doi:10.5072/scifact.{item['_id']}",
            doi=f"10.5072/scifact.{item['_id']}",
            title=item["title"].strip(),
            summary=item["text"].strip(),
            summary_origin=ABSTRACT,
        )
        for item in _lines(folder / "corpus.jsonl.gz")
    ]
    gains: dict[str, Gains] = defaultdict(dict)
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            gains[row["query-id"]][f"doi:10.5072/scifact.{row['corpus-id']}"] = int(row["score"])
    questions = {item["_id"]: item["text"] for item in _lines(folder / "queries_test.jsonl")}
    corpus = Corpus(papers, cache / "scifact")
    runs = _run(corpus.systems(), questions)
    return {
        "abstracts": len(papers),
        "questions": len(gains),
        "systems": {name: _figures(found, gains) for name, found in runs.items()},
        "fused over bm25s": _difference(runs["fused"], runs["BM25, bm25s"], gains),
    }


def own(shared: Path, cache: Path) -> dict[str, Any]:
    """Our own lay questions over 20,000 abstracts of computer vision."""
    papers = [
        Paper(
            id=f"arxiv:{item['id']}", title=item["title"], summary=item["abstract"], summary_origin=ABSTRACT
        )
        for item in _lines(shared / "abstracts-cv.jsonl.gz")
    ]
    listed = yaml.safe_load((DATA / "judged_questions.yaml").read_text(encoding="utf-8"))
    questions = {item["id"]: item["question"] for item in listed}
    labels: dict[str, Gains] = defaultdict(dict)
    for item in _lines(DATA / "judged_labels.jsonl"):
        labels[item["question"]] = {f"arxiv:{id}": gain for id, gain in item["labels"].items()}
    gains = {id: found for id, found in labels.items() if any(found.values())}
    corpus = Corpus(papers, cache / "abstracts-cv")
    systems = {**corpus.systems(), "fused + ontology": corpus.understood}
    runs = _run(systems, {id: questions[id] for id in gains})
    best, shown = runs["fused + ontology"], _run({"shown": corpus.shown}, questions)["shown"]
    without = [id for id in questions if id not in gains]
    return {
        "abstracts": len(papers),
        "questions": len(gains),
        "systems": {name: _figures(found, gains, labels) for name, found in runs.items()},
        "fused + ontology over": {
            name: _difference(best, found, gains) for name, found in runs.items() if found is not best
        },
        "shown": {
            "questions that something fits": len(gains),
            "of them answered": sum(bool(shown[id]) for id in gains),
            "papers": sum(len(shown[id]) for id in gains),
            **{
                f"labelled {gain}": sum(labels[id].get(paper) == gain for id in gains for paper in shown[id])
                for gain in (2, 1, 0)
            },
            "questions that nothing fits": len(without),
            "of them left without a paper": sum(not shown[id] for id in without),
        },
    }


def _run(systems: dict[str, System], questions: dict[str, str]) -> dict[str, dict[str, list[str]]]:
    return {
        name: {id: system(question) for id, question in questions.items()} for name, system in systems.items()
    }


def _figures(
    found: dict[str, list[str]], gains: dict[str, Gains], labels: dict[str, Gains] | None = None
) -> dict[str, float]:
    figures = {
        "nDCG@10": float(np.mean([ndcg(found[id], gains[id]) for id in gains])),
        "R@100": float(np.mean([recall(found[id], gains[id]) for id in gains])),
    }
    if labels is not None:
        first = [(id, paper) for id in gains for paper in found[id][:10]]
        figures["labelled@10"] = float(np.mean([paper in labels[id] for id, paper in first]))
    return figures


def _difference(
    one: dict[str, list[str]], other: dict[str, list[str]], gains: dict[str, Gains]
) -> dict[str, float]:
    mean, low, high = interval([ndcg(one[id], gains[id]) - ndcg(other[id], gains[id]) for id in gains])
    return {"nDCG@10": mean, "low": low, "high": high}


def _lines(file: Path) -> list[dict[str, Any]]:
    content = file.read_bytes()
    text = gzip.decompress(content) if file.suffix == ".gz" else content
    return [json.loads(line) for line in text.splitlines() if line.strip()]


# --- the command -------------------------------------------------------------------------------


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(["scifact", "judged"]))
@click.option("--shared", type=click.Path(path_type=Path), default=ROOT.parent / "shared" / "papers")
@click.option("--cache", type=click.Path(path_type=Path), help="Where libraries and vectors are kept.")
@click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
def main(parts: tuple[str, ...], shared: Path, cache: Path | None, as_json: bool) -> None:
    """Measure, print, and exit with 1 where a goal is missed."""
    if not shared.is_dir():
        click.echo(f"skipped: {shared} is not there", err=True)
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = {"scifact": scifact, "judged": own}
        done = {part: work[part](shared, cache or Path(temporary)) for part in parts or work}
    if as_json:
        click.echo(json.dumps(done, indent=1))
    else:
        for part, figures in done.items():
            click.echo(f"{part}: {_text(figures)}")
    missed = _missed(done)
    for text in missed:
        click.echo(f"missed: {text}", err=True)
    sys.exit(1 if missed else 0)


def _text(figures: dict[str, Any]) -> str:
    lines = []
    for name, value in figures.items():
        if not isinstance(value, dict):
            lines.append(f"{value} {name}")
            continue
        lines.append(f"{name}")
        for inner, numbers in value.items():
            told = (
                ", ".join(f"{key} {number:.3f}" for key, number in numbers.items())
                if isinstance(numbers, dict)
                else f"{numbers:.3f}"
                if isinstance(numbers, float)
                else numbers
            )
            lines.append(f"    {inner:<22} {told}")
    return "\n  ".join(lines)


def _missed(done: dict[str, Any]) -> list[str]:
    missed = []
    if "scifact" in done and done["scifact"]["systems"]["fused"]["nDCG@10"] < GOAL:
        missed.append(f"fused nDCG@10 on SciFact is below {GOAL}")
    over = done.get("judged", {}).get("fused + ontology over", {})
    missed += [f"the interval over {name} is not clear of zero" for name in over if over[name]["low"] <= 0]
    return missed


if __name__ == "__main__":
    main()
