"""How well the audit tells supported claims from unsupported ones, beside two simple baselines.

    python benchmarks/audit.py [FOLDER]

(a) Claims of recorded answers, labelled by hand before the audit was written (data/audit_recorded_labels.jsonl). The
texts lie in FOLDER, by default ../shared/reference/prompts. Judged by forests that saw nothing of the same family of
prompts, which are grown anew here (needs the extra `training`). (b) Sentences of our own over prompts of our own
(data/audit_own.yaml), split `test`: judged as shipped. (c) The true ones of them under another prompt, where nothing
says them. The baselines take the threshold that is best on what the audit learned from, for each part the same.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "training"))

from audit_examples import DEFAULT_PROMPTS, Example, own, recorded  # noqa: E402

from whichmodel.answering.audit.verdicts import decide  # noqa: E402
from whichmodel.catalog.lexical import analyzer  # noqa: E402
from whichmodel.runtimes.text_encoder import encode  # noqa: E402

LEARNED_FROM = ("recorded", "tune", "foreign tune")
Outcome = list[tuple[Example, bool]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_PROMPTS)
    folder = parser.parse_args().folder
    began = time.perf_counter()
    # In the order in which training/train_audit.py has them: the trees are grown at random, from a fixed seed.
    examples = list(recorded(folder)) if folder.is_dir() else []
    examples += own()
    if not folder.is_dir():
        print(f"{folder} is missing: part (a) is left out; name the folder of the recorded prompts\n")
    seconds = time.perf_counter() - began
    print(
        "| part | by | balanced accuracy | faults found (recall) | findings right (precision) | good passed |"
    )
    print("|---|---|---|---|---|---|")
    if folder.is_dir():
        families = _across_families(examples)
        _row("(a) recorded", "audit", families)
        for name, score in BASELINES.items():
            _row("(a) recorded", name, _baseline_across(examples, score))
    test = [example for example in examples if example.origin == "test"]
    _row("(b) our own, test", "audit", _shipped(test))
    learned = [example for example in examples if example.origin in LEARNED_FROM]
    for name, score in BASELINES.items():
        _row("(b) our own, test", name, _by_threshold(test, score, _threshold(learned, score)))
    foreign = _shipped([example for example in examples if example.origin == "foreign test"])
    caught = sum(not good for _, good in foreign) / len(foreign)
    print(f"\n(c) true sentences under another prompt, found unsupported: {caught:.2f} of {len(foreign)}")
    if folder.is_dir():
        _details("(a) by family", families, lambda example: example.family)
        _details("(a) by label", families, lambda example: example.kind)
    _details("(b) by kind", _shipped(test), lambda example: example.kind)
    print(f"\n{len(examples)} claims read and measured in {seconds:.0f} s")


def _across_families(examples: Sequence[Example]) -> Outcome:
    try:
        from train_audit import across_families
    except ImportError as error:
        raise SystemExit(
            f"part (a) grows its forests anew and needs {error.name}: pip install -e '.[training]'"
        ) from error
    return [item for item in across_families(examples) if item[0].origin == "recorded"]


def _shipped(examples: Sequence[Example]) -> Outcome:
    return [(example, _found_good(example)) for example in examples]


def _found_good(example: Example) -> bool:
    if example.statement is None or example.signals is None:
        return True
    verdict = decide(example.statement, example.signals, example.ground).verdict
    return verdict in ("supported", "marked inference")


def _overlap(example: Example) -> float:
    """Share of the different stems of a claim, stop words aside, that the prompt has."""
    stems = set(analyzer().analyze(example.text))
    given: set[str] = set()
    for passage in example.ground.evidence.everything:
        given |= set(analyzer().analyze(passage.text))
    return len(stems & given) / max(len(stems), 1)


def _likeness(example: Example) -> float:
    """Likeness of the claim to the sentence of the prompt that is most like it (all-MiniLM-L6-v2)."""
    claim = encode([example.text])[0]
    return max(float(claim @ passage.whole) for passage in example.ground.evidence.everything)


BASELINES: dict[str, Callable[[Example], float]] = {
    "lexical overlap": _overlap,
    "embedding similarity": _likeness,
}
_scores: dict[tuple[int, int], float] = {}


def _score(example: Example, score: Callable[[Example], float]) -> float:
    key = (id(example), id(score))
    if key not in _scores:
        _scores[key] = score(example)
    return _scores[key]


def _threshold(examples: Sequence[Example], score: Callable[[Example], float]) -> float:
    """The threshold of the best balanced accuracy on these examples, each origin counting by its size."""
    values = np.array([_score(example, score) for example in examples])
    good = np.array([example.good for example in examples])
    return float(
        max(np.unique(values), key=lambda at: (values[good] >= at).mean() + (values[~good] < at).mean())
    )


def _by_threshold(
    examples: Sequence[Example], score: Callable[[Example], float], threshold: float
) -> Outcome:
    return [(example, _score(example, score) >= threshold) for example in examples]


def _baseline_across(examples: Sequence[Example], score: Callable[[Example], float]) -> Outcome:
    learned = [example for example in examples if example.origin in LEARNED_FROM]
    outcome: Outcome = []
    for family in dict.fromkeys(example.family for example in examples if example.origin == "recorded"):
        threshold = _threshold([example for example in learned if example.family != family], score)
        outcome += _by_threshold(
            [example for example in examples if example.family == family], score, threshold
        )
    return outcome


def _balanced(outcome: Outcome) -> tuple[float, float]:
    """Of the good claims the share that passed, of the faulty ones the share that was found."""
    passed = [found for example, found in outcome if example.good]
    caught = [not found for example, found in outcome if not example.good]
    return sum(passed) / max(len(passed), 1), sum(caught) / max(len(caught), 1)


def _row(part: str, name: str, outcome: Outcome) -> None:
    passed, caught = _balanced(outcome)
    findings = [example for example, found in outcome if not found]
    precision = sum(not example.good for example in findings) / max(len(findings), 1)
    balanced = (passed + caught) / 2
    print(
        f"| {part} ({len(outcome)}) | {name} | {balanced:.3f} | {caught:.3f} | {precision:.3f} | {passed:.3f} |"
    )


def _details(title: str, outcome: Outcome, key: Callable[[Example], str]) -> None:
    print(f"\n{title}:")
    for group in sorted({key(example) for example, _ in outcome}):
        chosen = [(example, found) for example, found in outcome if key(example) == group]
        right = sum(found == example.good for example, found in chosen)
        passed, caught = _balanced(chosen)
        both = len({example.good for example, _ in chosen}) == 2
        balanced = f", balanced {(passed + caught) / 2:.3f}" if both else ""
        print(f"  {group}: {right} of {len(chosen)} right{balanced}")


if __name__ == "__main__":
    main()
