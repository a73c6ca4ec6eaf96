"""Learn to tell tasks from sentences; writes the classifier that `whichmodel.understand` ships.

A multinomial logistic regression on the vectors of `runtimes.text_encoder`. Everything is
deterministic: the same phrasings give the same bytes.

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
from sklearn.linear_model import LogisticRegression

from whichmodel.runtimes.text_encoder import encode
from whichmodel.understand import classifier, understand

TARGET = Path(classifier.__file__).parent / "data"
STRENGTH = 30.0  # inverse regularisation, the best of 3, 10, 30, 100 on the validation lines


def main() -> None:
    """Train, write, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
    """Fit and write `task_classifier.npy` (classes x 385, float16: weights, then bias) and its labels."""
    vectors = encode([line.text for line in lines])
    model = LogisticRegression(C=STRENGTH, max_iter=2000, class_weight="balanced")
    model.fit(vectors, [line.task for line in lines])
    table = np.hstack([model.coef_, model.intercept_[:, None]]).astype(np.float16)
    np.save(TARGET / "task_classifier.npy", table)
    labels = json.dumps([str(label) for label in model.classes_], indent=0)
    (TARGET / "task_classifier.json").write_text(labels + "\n", "utf-8")


def report(lines: list[Phrasing]) -> None:
    """Task@1 and task@3 on lines that were not learned from, by style."""
    for style in ("Q", "R"):
        chosen = [line for line in lines if line.style == style and line.task != "none"]
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
