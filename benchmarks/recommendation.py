"""How well questions are understood and models recommended, beside two baselines in the same run.

    python benchmarks/recommendation.py [--questions ../shared/reference/questions-dev.jsonl] [--json]

For each question of the development set: task@1, task@3, model@1, @3, @5, mean reciprocal rank, share
of right factors, latency. Labels as they came, and corrected ones (`benchmarks/data/`). Baselines rank
all cards of the same collection: BM25 over the cards' texts, and the sentence vectors alone.
Also the phrasings kept for validation, by style. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import bm25s
import click
import numpy as np

from whichmodel.catalog import cards, tasks
from whichmodel.domain import ModelCard
from whichmodel.recommending import recommend
from whichmodel.recommending.rank import factor_fit
from whichmodel.runtimes import text_encoder
from whichmodel.runtimes.text_encoder import encode
from whichmodel.understand import classifier, understand
from whichmodel.understand.decide import decide
from whichmodel.understand.tasks import score_question

ROOT = Path(__file__).parent.parent
LABELS = ROOT / "benchmarks" / "data" / "questions_dev_labels.jsonl"
GOALS = {"task@1": 0.90, "model@3": 0.40}

# A ranking of the catalog: task ids and model names, best first.
Ranked = tuple[list[str], list[str]]


def ours(question: str) -> Ranked:
    """The program itself."""
    intent = understand(question)
    models = recommend(intent, top=20, collection="cnaps").models
    return [candidate.task for candidate in intent.candidates], [item.card.name for item in models]


def baselines(pool: list[ModelCard]) -> dict[str, Callable[[str], Ranked]]:
    """BM25 and sentence vectors over the cards' texts: the nearest card gives the task."""
    texts = [text_of(card) for card in pool]
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    vectors = encode(texts)

    def ranked(scores: np.ndarray) -> Ranked:
        order = np.argsort(-scores, kind="stable")
        names = [pool[place].name for place in order]
        return list(dict.fromkeys(pool[place].task for place in order)), names

    def bm25(question: str) -> Ranked:
        tokens = bm25s.tokenize([question], stopwords="en", show_progress=False, return_ids=False)[0]
        return ranked(index.get_scores(tokens) if tokens else np.zeros(len(pool)))

    def nearest(question: str) -> Ranked:
        return ranked(vectors @ encode([question])[0])

    return {"BM25": bm25, "vectors alone": nearest}


def text_of(card: ModelCard) -> str:
    """What a card says in words."""
    parts = [card.name, tasks()[card.task].name, card.variant, *(item.text for item in card.statements)]
    return " ".join(filter(None, parts))


def measure(system: Callable[[str], Ranked], rows: list[dict[str, object]]) -> dict[str, float]:
    """All figures of one system on labelled questions."""
    hits: Counter[str] = Counter()
    reciprocal, times = [], []
    factors = []
    known = cards()
    # What was asked before is remembered; the times are those of questions asked for the first time.
    for remembered in (
        decide,
        classifier.log_odds,
        classifier.words_for,
        score_question,
        text_encoder._encode_one,
    ):
        remembered.cache_clear()
    for row in rows:
        began = time.perf_counter()
        found_tasks, found_models = system(str(row["question"]))
        times.append(time.perf_counter() - began)
        right_tasks, right_models = set(row["tasks"]), set(row["models"])  # type: ignore[call-overload]
        for k in (1, 3):
            hits[f"task@{k}"] += bool(right_tasks & set(found_tasks[:k]))
        for k in (1, 3, 5):
            hits[f"model@{k}"] += bool(right_models & set(found_models[:k]))
        places = [place for place, name in enumerate(found_models, start=1) if name in right_models]
        reciprocal.append(1 / places[0] if places else 0.0)
        if row["scale"] is not None and found_models:
            wanted = row["scale"] if row["scale"] == "any" else float(row["scale"])  # type: ignore[arg-type]
            factors.append(factor_fit(wanted, known[found_models[0]].scale) in ("exact", "any"))  # type: ignore[arg-type]
    figures = {name: count / len(rows) for name, count in sorted(hits.items())}
    figures["MRR"] = statistics.mean(reciprocal)
    figures["right factor"] = sum(factors) / len(factors) if factors else float("nan")
    figures["p50 ms"] = 1000 * statistics.median(times)
    figures["p99 ms"] = 1000 * sorted(times)[int(0.99 * (len(times) - 1))]
    return figures


def read(path: Path) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The questions with the labels as they came, and with the corrected ones."""
    known = cards()
    questions = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    labels = {row["id"]: row for row in map(json.loads, LABELS.read_text("utf-8").splitlines())}
    raw, corrected = [], []
    for row in questions:
        label = labels[row["id"]]
        base = {"question": row["question"], "scale": label["scale"]}
        if row["model"] in known:
            raw.append({**base, "tasks": [known[row["model"]].task], "models": [row["model"]]})
        corrected.append({**base, "tasks": [label["task"], *label["also"]], "models": label["models"]})
    return raw, corrected


def is_task(name: str) -> bool:
    """Whether a class is a task that a step of a workflow does."""
    return name in tasks() and tasks()[name].kind == "task"


def validation() -> dict[str, dict[str, float]]:
    """Task@1 and task@3 on the project's own phrasings that were never learned from, by style."""
    sys.path.insert(0, str(ROOT / "training"))
    from phrasings import is_for_validation, phrasings

    lines = [line for line in phrasings() if is_for_validation(line.text)]
    figures: dict[str, dict[str, float]] = {}
    for style, name in (("Q", "plain questions"), ("R", "requests")):
        # Research kinds ("training methods") are recognised in papers; no question is given to them.
        chosen = [line for line in lines if line.style == style and is_task(line.task)]
        found = [[item.task for item in understand(line.text).candidates] for line in chosen]
        pairs = list(zip(chosen, found, strict=True))
        figures[name] = {
            "lines": len(chosen),
            "task@1": sum(line.task in told[:1] for line, told in pairs) / len(pairs),
            "task@3": sum(line.task in told[:3] for line, told in pairs) / len(pairs),
        }
    nothing = [line for line in lines if line.task == "none"]
    declined = sum(understand(line.text).task is None for line in nothing) / len(nothing)
    figures["no task meant"] = {"lines": len(nothing), "declined": declined}
    return figures


def confusions(rows: list[dict[str, object]], most: int = 15) -> list[tuple[int, str, str]]:
    """The commonest wrong tasks: count, right task, task said."""
    wrong: Counter[tuple[str, str]] = Counter()
    for row in rows:
        said = understand(str(row["question"])).task or "(none)"
        if said not in row["tasks"]:  # type: ignore[operator]
            wrong[row["tasks"][0], said] += 1  # type: ignore[index]
    return [(count, right, said) for (right, said), count in wrong.most_common(most)]


@click.command()
@click.option(
    "--questions",
    type=click.Path(path_type=Path),
    default=ROOT.parent / "shared" / "reference" / "questions-dev.jsonl",
)
@click.option("--json", "as_json", is_flag=True)
def main(questions: Path, as_json: bool) -> None:
    """Print the table."""
    if not questions.is_file():
        click.echo(f"no development questions at {questions}; name them with --questions", err=True)
        sys.exit(2)
    raw, corrected = read(questions)
    pool = [card for card in cards().values() if card.collection == "cnaps"]
    systems = {"whichmodel": ours, **baselines(pool)}
    for system in systems.values():
        system("warm up")
    result = {
        labels: {name: measure(system, rows) for name, system in systems.items()}
        for labels, rows in (("labels as they came", raw), ("corrected labels", corrected))
    }
    kept = validation()
    if as_json:
        click.echo(json.dumps({**result, "validation phrasings": kept}, indent=2))
    else:
        for labels, table in result.items():
            click.echo(f"\n{labels}, {len(raw if labels.startswith('labels') else corrected)} questions")
            names = list(next(iter(table.values())))
            click.echo(f"{'':<14}" + "".join(f"{name:>13}" for name in names))
            for system, figures in table.items():
                click.echo(f"{system:<14}" + "".join(f"{figures[name]:>13.3f}" for name in names))
        click.echo("\nour own phrasings, kept for validation")
        for name, figures in kept.items():
            click.echo(f"{name:<16}" + "".join(f"{key:>10} {value:.3g}" for key, value in figures.items()))
        click.echo("\nconfusions (corrected labels): times, right task, task said")
        for count, right, said in confusions(corrected):
            click.echo(f"{count:>4}  {right:<28} {said}")
    missed = {
        name: goal for name, goal in GOALS.items() if result["corrected labels"]["whichmodel"][name] < goal
    }
    if missed:
        click.echo(f"\nmissed: {missed}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
