"""The judged set is whole, and the benchmark that uses it measures what it says."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
QUESTIONS = yaml.safe_load((BENCHMARKS / "data" / "judged_questions.yaml").read_text(encoding="utf-8"))
LABELS = {
    line["question"]: line["labels"]
    for line in map(json.loads, (BENCHMARKS / "data" / "judged_labels.jsonl").read_text("utf-8").splitlines())
}


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("retrieval", BENCHMARKS / "retrieval.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RETRIEVAL = _load()


def test_every_question_is_labelled_and_the_description_counts_right() -> None:
    assert [item["id"] for item in QUESTIONS] == list(LABELS) == [f"q{number:02}" for number in range(1, 61)]
    pairs = [gain for labels in LABELS.values() for gain in labels.values()]
    assert set(pairs) == {0, 1, 2}
    assert all(re.fullmatch(r"\d{4}\.\d{4,5}", paper) for labels in LABELS.values() for paper in labels)
    assert min(map(len, LABELS.values())) >= 20, "the first ten of five systems"
    told = (BENCHMARKS / "data" / "judged.md").read_text(encoding="utf-8")
    fitting = sum(any(labels.values()) for labels in LABELS.values())
    assert f"| 60 | {len(pairs):,} |" in told
    assert f"| {fitting} | {len(pairs) - pairs.count(0)} ({pairs.count(2)} labelled 2" in told


def test_ndcg_of_a_known_case() -> None:
    # (0 + 2/log2(3) + 1/log2(4)) / (2/log2(2) + 1/log2(3)), by hand
    assert RETRIEVAL.ndcg(["x", "a", "b"], {"a": 2, "b": 1, "c": 0}) == pytest.approx(0.66967, abs=1e-5)
    assert RETRIEVAL.recall(["x", "a"], {"a": 2, "b": 1, "c": 0}) == 0.5


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 2), min_size=1).filter(
        lambda gains: any(gains.values())
    )
)
def test_no_order_is_better_than_by_gain(gains: dict[str, int]) -> None:
    order = sorted(gains, key=lambda id: -gains[id])
    assert RETRIEVAL.ndcg(order, gains) == pytest.approx(1)
    assert 0 <= RETRIEVAL.ndcg(order[::-1], gains) <= 1 + 1e-9


def test_an_interval_holds_its_mean_and_grows_with_disagreement() -> None:
    mean, low, high = RETRIEVAL.interval([0.1, 0.3, 0.2, 0.2])
    assert mean == pytest.approx(0.2)
    assert low <= mean <= high
    _, wide_low, wide_high = RETRIEVAL.interval([-0.9, 1.3, 0.2, 0.2])
    assert wide_high - wide_low > high - low


def test_a_missed_goal_is_told() -> None:
    figures = {"systems": {"fused": {"nDCG@10": 0.69}}}
    assert RETRIEVAL._missed({"scifact": figures}) == ["fused nDCG@10 on SciFact is below 0.7"]
    assert RETRIEVAL._missed({"judged": {"fused + ontology over": {"BM25": {"low": -0.01}}}})
    assert not RETRIEVAL._missed({"judged": {"fused + ontology over": {"BM25": {"low": 0.01}}}})


def test_without_the_papers_it_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(RETRIEVAL.main, ["--shared", str(tmp_path / "nowhere")])
    assert done.exit_code == 0
    assert "skipped" in done.output
