"""Learn to tell tasks from sentences; writes the classifier that `whichmodel.understand` ships.

Two multinomial logistic regressions: on the vectors of `runtimes.text_encoder`, and on words and pieces
of words (`understand.ngrams`). Everything is deterministic: the same phrasings give the same bytes.

    python training/train_tasks.py            # train and write
    python training/train_tasks.py --check    # only report on the validation lines
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from phrasings import Phrasing, is_for_validation, phrasings
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from whichmodel.catalog import tasks as ontology
from whichmodel.runtimes.text_encoder import encode
from whichmodel.understand import classifier, understand
from whichmodel.understand.ngrams import SIZE, ngrams

TARGET = Path(classifier.__file__).parent / "data"
# Inverse regularisation, the best of 3, 10, 30, 100 on the validation lines.
VECTOR_STRENGTH, WORD_STRENGTH = 10.0, 30.0


def main() -> None:
    """Train, write, and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    lines = list(phrasings())
    kept = [line for line in lines if is_for_validation(line.text)]
    if not options.check:
        learned = [line for line in lines if not is_for_validation(line.text)]
        write(learned)
        print(f"learned from {len(learned)} phrasings")
    report(kept)


def write(lines: list[Phrasing]) -> None:
    """Fit both classifiers and write their tables, as `understand.classifier.Tables` describes them."""
    tasks = [line.task for line in lines]
    vectors = LogisticRegression(C=VECTOR_STRENGTH, max_iter=3000, class_weight="balanced")
    vectors.fit(encode([line.text for line in lines]), tasks)
    counts, rarity = _counts([line.text for line in lines])
    words = LogisticRegression(C=WORD_STRENGTH, max_iter=300, class_weight="balanced")
    words.fit(counts, tasks)
    scale = np.abs(words.coef_).max(axis=1) / 127
    tables = {
        "vectors": np.hstack([vectors.coef_, vectors.intercept_[:, None]]).astype(np.float16),
        "ngrams": np.rint(words.coef_ / scale[:, None]).astype(np.int8),
        "scale": np.stack([scale, words.intercept_], axis=1).astype(np.float32),
        "rarity": rarity.astype(np.float16),
    }
    for name, table in tables.items():
        np.save(TARGET / f"task_{name}.npy", table)
    labels = json.dumps([str(label) for label in vectors.classes_], indent=0)
    (TARGET / "task_labels.json").write_text(labels + "\n", "utf-8")


def _counts(texts: list[str]) -> tuple[csr_matrix, np.ndarray]:
    """Features of all texts, `(n, SIZE)`, rare ones raised, rows of length 1; and the raising factors."""
    rows, columns, weights = [], [], []
    for row, text in enumerate(texts):
        for column, weight in ngrams(text).items():
            rows.append(row)
            columns.append(column)
            weights.append(weight)
    counts = csr_matrix((weights, (rows, columns)), shape=(len(texts), SIZE))
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    rarity = (np.log((1 + len(texts)) / (1 + frequency)) + 1).astype(np.float16).astype(np.float64)
    raised = counts.multiply(rarity).tocsr()
    length = np.sqrt(raised.multiply(raised).sum(axis=1))
    return csr_matrix(raised.multiply(1 / np.maximum(length, 1e-12))), rarity


def is_task(name: str) -> bool:
    """Whether a class is a task that a step of a workflow does, not a kind of research and not "none"."""
    return name in ontology() and ontology()[name].kind == "task"


def report(lines: list[Phrasing]) -> None:
    """Task@1 and task@3 on lines that were not learned from, by style."""
    for style in ("Q", "R"):
        chosen = [line for line in lines if line.style == style and is_task(line.task)]
        found = [understand(line.text) for line in chosen]
        first = sum(intent.task == line.task for intent, line in zip(found, chosen, strict=True))
        three = sum(
            line.task in [candidate.task for candidate in intent.candidates[:3]]
            for intent, line in zip(found, chosen, strict=True)
        )
        name = {"Q": "plain questions", "R": "requests"}[style]
        print(f"{name}: {len(chosen)}, task@1 {first / len(chosen):.3f}, task@3 {three / len(chosen):.3f}")
    nothing = [line for line in lines if line.task == "none"]
    calm = sum(understand(line.text).task is None for line in nothing)
    if nothing:
        print(f"no task meant: {len(nothing)}, declined {calm / len(nothing):.3f}", file=sys.stdout)


if __name__ == "__main__":
    main()
