"""What every card says about running here is true: the whole catalog is walked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from whichmodel import weights
from whichmodel.catalog import cards, tasks
from whichmodel.cli.main import run_program
from whichmodel.domain import Link, ModelCard, Step
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.runtimes.devices import choose
from whichmodel.weights.conversion import CONVERTERS
from whichmodel.weights.licence import ALLOW
from whichmodel.workflow.binding import RUNTIMES, bind
from whichmodel.workflow.runs import fits, runs

ALL = sorted(cards().values(), key=lambda card: card.name)
WITH_WEIGHTS = [card for card in ALL if card.weights is not None and not weights.record(card.weights).given]


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def full_cache(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all weights were here: markers and sizes, which is what the cheap look looks at."""
    for item in weights.records().values():
        if item.given:
            continue
        folder = empty_cache / "weights" / item.id
        folder.mkdir(parents=True)
        marker = "".join(f"{file.sha256}  {file.name}\n" for file in item.files)
        if item.convert:
            marker += f"converted by {item.convert}\n{'0' * 64}  5  model.onnx\n"
            (folder / "model.onnx").write_bytes(bytes(5))
        (folder / "complete").write_text(marker, encoding="utf-8")
        for file in () if item.convert else item.files:
            with (folder / file.name).open("wb") as out:
                out.truncate(file.size)


def step_of(card: ModelCard) -> Step:
    """A step that runs the card's model, everything connected that its operation requires."""
    name = weights.record(card.weights or "").operation
    ports = {port: "photo" for port, spec in OPERATIONS[name].ports.items() if spec.required}
    return msgspec.convert(
        {
            "id": "it",
            "title": "it",
            "operation": name,
            "model": card.name,
            "takes": ports,
            "gives": {"name": "out", "type": OPERATIONS[name].gives.value},
            "parameters": {"segment": {"point": "5,5"}}.get(name, {}),
        },
        type=Step,
    )


def test_every_card_says_exactly_one_thing(empty_cache: Path) -> None:
    found = {card.name: runs(card) for card in ALL}
    counts = Counter(item.status for item in found.values())
    assert counts["now"] == 0
    assert counts["after-pull"] == len(WITH_WEIGHTS) >= 6
    assert sum(counts.values()) == len(cards())
    for name, item in found.items():
        card = cards()[name]
        assert item.text
        assert item.here is (card in WITH_WEIGHTS)
        match item.status:
            case "after-pull":
                assert item.command.startswith(f"whichmodel weights pull {card.weights}")
                assert item.command in item.text
            case "needs-weights":
                assert item.link in {link.url for link in card.links}
                assert item.link in item.text
            case "cannot":
                assert item.text.startswith("cannot run here: ")


@pytest.mark.parametrize("card", WITH_WEIGHTS, ids=lambda card: card.name)
def test_what_runs_after_a_pull_has_all_that_it_takes(empty_cache: Path, card: ModelCard) -> None:
    item = weights.record(card.weights or "")
    claim = runs(card)
    assert claim.status == "after-pull"
    assert claim.extra == ("convert" if item.convert else "")
    assert not item.convert or item.convert in CONVERTERS
    assert item.format in RUNTIMES
    assert choose("cpu", item.format).device == "cpu"
    operation = OPERATIONS[item.operation]
    assert operation.takes_model
    assert fits(operation, tasks()[card.task])
    # The planner binds such a step: at once on the first run, or after the command that the claim names.
    bound = bind(step_of(card), cards())
    if item.convert or not item.licence_known:
        assert (bound.status, bound.command) == ("unbound", claim.command)
    else:
        assert bound.status == "needs-pull"


@pytest.mark.parametrize("card", WITH_WEIGHTS, ids=lambda card: card.name)
def test_what_is_here_runs_now(full_cache: None, card: ModelCard) -> None:
    claim = runs(card)
    assert (claim.status, claim.command) == ("now", "")
    assert bind(step_of(card), cards()).status == "bound"


def test_of_the_others_it_is_true_that_they_cannot(empty_cache: Path) -> None:
    """Where no operation is said to do a task none does, and no model of it runs; else one would."""
    networks = [operation for operation in OPERATIONS.values() if operation.takes_model]
    done = {card.task for card in WITH_WEIGHTS}
    for card in ALL:
        claim = runs(card)
        if claim.status not in ("needs-weights", "cannot"):
            continue
        task = tasks()[card.task]
        able = card.task in done or any(
            operation.gives in {port.type for port in task.outputs}
            and {port.type for port in task.inputs} <= {spec.type for spec in operation.ports.values()}
            and {spec.type for spec in operation.ports.values() if spec.required}
            <= {port.type for port in task.inputs}
            for operation in networks
        )
        assert ("no operation of whichmodel turns" in claim.text) is not able, card.name
        if able:
            coded = any(link.kind in ("code", "huggingface", "project") for link in card.links)
            assert claim.status == ("needs-weights" if coded else "cannot"), card.name


def test_a_licence_that_is_not_allowed_is_told(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOW, "No-Such-Licence")
    for card in WITH_WEIGHTS:
        claim = runs(card)
        told = (
            "is unknown" if not weights.record(card.weights or "").licence_known else "not among the licences"
        )
        assert told in claim.text or claim.status == "after-pull"
        assert bind(step_of(card), cards()).status == "unbound"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"weights": "no-such-record"}, "have no record"),
        ({"scale": 3}, "its card says 3×"),
        ({"task": "denoising", "scale": None}, "enlarge 4×"),
        ({"task": "depth-estimation", "scale": 4}, "does not do depth estimation"),
    ],
)
def test_a_card_that_does_not_fit_its_weights_cannot_run(
    empty_cache: Path, change: dict[str, object], told: str
) -> None:
    card = msgspec.structs.replace(cards()["SPAN-4x"], **change)
    claim = runs(card)
    assert claim.status == "cannot"
    assert told in claim.text.lower() or told in claim.text


def test_a_card_without_any_place_says_so(empty_cache: Path) -> None:
    card = msgspec.structs.replace(cards()["SPAN-4x"], weights=None, links=())
    assert "neither a package of its weights nor its authors' code is known" in runs(card).text
    paged = msgspec.structs.replace(card, links=(Link(kind="huggingface", url="https://example.org/w"),))
    assert runs(paged).link == "https://example.org/w"


def test_the_command_line_says_the_same(empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["models", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["runs"]["text"] for row in rows} == {card.name: runs(card).text for card in ALL}
    assert run_program(["models", "list", "--runs-here", "--json"]) == 0
    here = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in here} == {card.name for card in WITH_WEIGHTS}
    assert all(row["runs_here"] and row["runs"]["status"] == "after-pull" for row in here)
    for card in (WITH_WEIGHTS[0], next(card for card in ALL if runs(card).status == "needs-weights")):
        assert run_program(["models", "show", card.name]) == 0
        assert runs(card).text in capsys.readouterr().out


def test_what_stands_in_for_barred_weights_is_not_barred_itself(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOW, "BSD-*")
    for name in bind(step_of(cards()["SPAN-4x"]), cards()).substitute:
        for part in name.split("+"):
            assert runs(cards()[part]).status == "after-pull"
