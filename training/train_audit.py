"""Learn how the audit weighs its signals; writes the forest and the word vectors that the audit ships.

    python training/train_audit.py [FOLDER]            # grow the forest and write it
    python training/train_audit.py [FOLDER] --check    # only report, leaving one family of prompts out at a time
    python training/train_audit.py --words             # write the table of word vectors again (minutes)

FOLDER holds the recorded prompts and answers that `benchmarks/data/audit_recorded_labels.jsonl` labels. Everything is
deterministic. Sentences of our own with the split `test` are never learned from.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from audit_examples import DEFAULT_PROMPTS, Example, own, recorded
from sklearn.ensemble import ExtraTreesClassifier

from whichmodel.answering.audit import kin
from whichmodel.answering.audit.forest import LEAF, Forest
from whichmodel.answering.audit.verdicts import decide
from whichmodel.runtimes.text_encoder import encode, vocabulary

TARGET = Path(kin.__file__).parent / "data"
# Of leaves of 2 to 6 claims and shares of 0.15 to 0.6 of the signals the best across families and on our `tune` split.
TREES, SMALLEST_LEAF, SHARE = 240, 3, 0.3
WORDS = 14_000
LEARNED_FROM = ("recorded", "tune", "foreign tune")


def main() -> None:
    """Train, write, and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_PROMPTS)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--words", action="store_true")
    options = parser.parse_args()
    if options.words:
        write_words()
        return
    examples = [*recorded(options.folder), *own()]
    learned = [example for example in examples if example.origin in LEARNED_FROM]
    if not options.check:
        write(grow(learned))
        print(f"learned from {len(learned)} sentences")
    outcome = across_families(examples)
    for origin in ("recorded", "tune", "foreign tune"):
        chosen = [(example.good, found) for example, found in outcome if example.origin == origin]
        print(f"{origin}: good found {share(chosen, True):.3f}, bad found {share(chosen, False):.3f}")


def grow(examples: Sequence[Example]) -> Forest:
    """Grow a forest from examples; each origin counts alike for good and for bad."""
    usable = [example for example in examples if example.signals is not None]
    names = tuple(usable[0].signals.values) if usable[0].signals else ()
    rows = np.array(
        [[example.signals.values[name] for name in names] for example in usable if example.signals],
        np.float32,
    )
    good = np.array([example.good for example in usable])
    ours = np.array([example.origin != "recorded" for example in usable])
    weights = np.ones(len(usable))
    for mine in (True, False):
        for right in (True, False):
            chosen = (ours == mine) & (good == right)
            if chosen.any():
                weights[chosen] = (ours == mine).sum() / 2 / chosen.sum()
    trees = ExtraTreesClassifier(TREES, min_samples_leaf=SMALLEST_LEAF, max_features=SHARE, random_state=0)
    trees.fit(rows, good, sample_weight=weights)
    return _packed(names, trees)


def _packed(names: tuple[str, ...], trees: ExtraTreesClassifier) -> Forest:
    roots, feature, threshold, right, value = [], [], [], [], []
    for tree in (estimator.tree_ for estimator in trees.estimators_):
        roots.append(sum(len(part) for part in feature))
        leaf = tree.children_left == -1
        # sklearn numbers nodes depth first; the reader relies on it.
        assert (tree.children_left[~leaf] == np.flatnonzero(~leaf) + 1).all()
        feature.append(np.where(leaf, LEAF, tree.feature).astype(np.uint8))
        threshold.append(np.where(leaf, 0, tree.threshold).astype(np.float32))
        right.append(np.where(leaf, 0, tree.children_right - np.arange(len(leaf))).astype(np.uint16))
        shares = tree.value[:, 0, 1] / tree.value[:, 0, :].sum(axis=1)
        value.append(np.rint(shares * 255).astype(np.uint8))
    return Forest(
        signals=names,
        roots=np.array(roots, np.int64),
        feature=np.concatenate(feature),
        threshold=np.concatenate(threshold),
        right=np.concatenate(right),
        value=np.concatenate(value),
    )


def across_families(examples: Sequence[Example]) -> list[tuple[Example, bool]]:
    """What the audit says of each example that may be learned from, by a forest that saw nothing of its family."""
    learned = [example for example in examples if example.origin in LEARNED_FROM]
    outcome = []
    for family in dict.fromkeys(example.family for example in learned):
        forest = grow([example for example in learned if example.family != family])
        outcome += [(example, found_good(example, forest)) for example in learned if example.family == family]
    return outcome


def found_good(example: Example, forest: Forest | None = None) -> bool:
    """Whether the audit finds nothing wrong with an example; what it takes for no claim passes."""
    if example.statement is None or example.signals is None:
        return True
    verdict = decide(example.statement, example.signals, example.ground, forest).verdict
    return verdict in ("supported", "marked inference")


def share(outcome: Sequence[tuple[bool, bool]], good: bool) -> float:
    """Of the good (or bad) examples the share that was found so."""
    found = [said == good for right, said in outcome if right == good]
    return sum(found) / max(len(found), 1)


def write(forest: Forest) -> None:
    """Write the forest as `audit.forest` reads it."""
    np.savez_compressed(
        TARGET / "forest.npz",
        signals=np.array(forest.signals),
        roots=forest.roots.astype(np.int32),
        feature=forest.feature,
        threshold=forest.threshold,
        right=forest.right,
        value=forest.value,
    )


def write_words() -> None:
    """Write the vectors of the commonest words: the encoder's, centred, on their main axes, as int8."""
    words = [word for word in vocabulary() if word.isascii() and word.isalpha() and len(word) >= 3][:WORDS]
    vectors = np.concatenate([encode([word]) for word in words])
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][: kin.DIMENSIONS]
    turned = centred @ axes.T
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    np.save(
        TARGET / "word_vectors.npy",
        np.rint(turned / np.abs(turned).max() * 127).astype(np.int8),
        allow_pickle=False,
    )
    (TARGET / "words_known.txt").write_text("\n".join(words) + "\n", "utf-8")


if __name__ == "__main__":
    main()
