"""From words, names and files to workflows; binding and substitution."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whichmodel.catalog import cards
from whichmodel.domain import InputError, Intent, PictureError, PrintSize, UnboundError, Words, to_json
from whichmodel.nodes.operation import Size
from whichmodel.pictures import Header, Limits
from whichmodel.workflow import (
    bind,
    describe,
    load_workflow,
    plan,
    plan_enlargement,
    require_bound,
    substitute,
    workflow_for,
    workflow_for_card,
)
from whichmodel.workflow.describe import check_sizes, sizes_of

CARDS = cards()
HEADER = Header(width=600, height=400, bands=3, bits=8, has_alpha=False, format="png")
EIGHT = next(card for card in CARDS.values() if card.scale == 8 and card.weights is None)


def models(factor: float) -> list[str]:
    return [step.model or step.operation for step in plan_enlargement(factor, CARDS).steps]


@pytest.mark.parametrize(
    ("factor", "row"),
    [
        (2, ["SPAN-2x"]),
        (4, ["SPAN-4x"]),
        (3, ["SPAN-4x", "resample"]),
        (1.5, ["SPAN-2x", "resample"]),
        (8, ["SPAN-4x", "SPAN-2x"]),
        (6, ["SPAN-4x", "SPAN-2x", "resample"]),
        (16, ["SPAN-4x", "SPAN-4x"]),
        (0.5, ["resample"]),
    ],
)
def test_chains(factor: float, row: list[str]) -> None:
    assert models(factor) == row


@settings(max_examples=200)
@given(
    st.floats(0.01, 16, exclude_min=True).filter(lambda factor: factor != 1),
    st.integers(1, 3000),
    st.integers(1, 3000),
)
def test_output_size_is_the_factor_times_the_size(factor: float, width: int, height: int) -> None:
    workflow = plan_enlargement(factor, CARDS)
    end = sizes_of(workflow, Size(width, height), CARDS)[workflow.output]
    assert end == Size(max(1, round(factor * width)), max(1, round(factor * height)))


@pytest.mark.parametrize("factor", [0, -2, 1, 16.1, float("nan"), float("inf"), None])
def test_senseless_factors_are_refused(factor: float | None) -> None:
    with pytest.raises(InputError):
        plan_enlargement(factor, CARDS)


def test_without_runnable_models_the_plan_says_so() -> None:
    with pytest.raises(UnboundError, match="no enlargement models"):
        plan_enlargement(2, {EIGHT.name: EIGHT})


def test_intermediate_sizes_count_against_the_limit() -> None:
    workflow = plan_enlargement(3, CARDS)
    sizes = sizes_of(workflow, Size(100, 100), CARDS)
    check_sizes(workflow, sizes, Limits(max_output_pixels=160_000))
    with pytest.raises(PictureError, match="enlarge-4x"):
        check_sizes(workflow, sizes, Limits(max_output_pixels=159_999))


def intent(task: str | None, scale: object = None, target: PrintSize | None = None) -> Intent:
    return Intent(question="q", task=task, candidates=(), asks="do", scale=scale, target=target)  # type: ignore[arg-type]


class TestIntents:
    """What is planned for questions understood."""

    def test_a_factor(self) -> None:
        assert len(plan(intent("super-resolution", 4.0), HEADER, CARDS).steps) == 1

    @pytest.mark.parametrize("scale", [None, "any"])
    def test_no_size(self, scale: object) -> None:
        with pytest.raises(InputError) as caught:
            plan(intent("super-resolution", scale), HEADER, CARDS)
        assert "say how much: e.g. 'enlarge 4x'" in caught.value.hint

    def test_a_task_that_cannot_run(self) -> None:
        with pytest.raises(UnboundError, match="'desnowing'"):
            plan(intent("desnowing"), HEADER, CARDS)

    def test_no_task(self) -> None:
        with pytest.raises(InputError, match="cannot tell"):
            plan(intent(None), HEADER, CARDS)

    @pytest.mark.parametrize(
        ("width", "height", "dpi", "size"),
        [
            (60.0, 90.0, 150, (5315, 3543)),  # turned to fit a landscape picture
            (90.0, 60.0, 150, (5315, 3543)),
            (30.0, None, None, (3543, 2362)),  # 300 dpi in the hand
            (None, 60.0, None, (5315, 3543)),  # 150 dpi from afar
            (20.0, 20.0, 300, (2362, 1575)),  # the whole picture fits
        ],
    )
    def test_print_sizes(
        self, width: float | None, height: float | None, dpi: int | None, size: tuple[int, int]
    ) -> None:
        target = PrintSize(width_cm=width, height_cm=height, dpi=dpi, words=Words(text="q", start=0, end=1))
        workflow = plan(intent("super-resolution", "any", target), HEADER, CARDS)
        assert describe(workflow, HEADER, CARDS).size_out == size

    def test_a_picture_large_enough_for_the_print(self) -> None:
        target = PrintSize(width_cm=5, height_cm=None, dpi=300, words=Words(text="q", start=0, end=1))
        with pytest.raises(InputError, match="nothing to do"):
            plan(intent("super-resolution", "any", target), HEADER, CARDS)


def test_plain_words_names_and_files(tmp_path: Path) -> None:
    assert workflow_for("enlarge 3x", HEADER, CARDS).steps[-1].operation == "resample"
    assert workflow_for("SPAN-4x", HEADER, CARDS).steps[0].model == "SPAN-4x"
    (tmp_path / "w.json").write_text(to_json(plan_enlargement(6, CARDS)))
    assert workflow_for(str(tmp_path / "w.json"), HEADER, CARDS) == plan_enlargement(6, CARDS)
    with pytest.raises(InputError, match="cannot read the workflow file"):
        workflow_for(str(tmp_path / "none.yaml"), HEADER, CARDS)


def test_the_plan_says_what_happens() -> None:
    told = describe(plan_enlargement(3, CARDS), HEADER, CARDS)
    assert told.notes == ("no 3× model runs here: 4×, then resampled to 3/4",)
    assert (told.size_in, told.size_out) == ((600, 400), (1800, 1200))
    assert told.new_pixel_share == pytest.approx(8 / 9)
    first, last = told.steps
    assert (first.size_out, first.tile, first.overlap, first.tiles) == ((2400, 1600), 256, 33, 6)
    assert (last.tile, last.status) == (0, "bound")
    assert "ESRGAN-thick-8x" in describe(plan_enlargement(8, CARDS), HEADER, CARDS).notes[0]


class TestBinding:
    """What can run here and what stands in."""

    def test_a_card_without_weights(self) -> None:
        workflow = workflow_for_card(EIGHT)
        binding = bind(workflow.steps[0], CARDS)
        assert binding.status == "unbound"
        assert EIGHT.name in binding.reason
        assert binding.substitute == ("SPAN-4x+SPAN-2x", "SPAN-4x", "SPAN-2x")
        with pytest.raises(UnboundError) as caught:
            require_bound(workflow, CARDS)
        assert "'model'" in caught.value.message
        assert EIGHT.name in caught.value.message
        assert "--substitute 'SPAN-4x+SPAN-2x'" in caught.value.hint

    def test_another_model_of_a_task_at_the_same_size_stands_in(self) -> None:
        card = next(card for card in CARDS.values() if card.task == "denoising")
        with pytest.raises(UnboundError, match=card.name) as caught:
            require_bound(workflow_for_card(card), CARDS)
        assert "--substitute 'FFDNet-colour'" in caught.value.hint
        changed, done = substitute(workflow_for_card(card), "FFDNet-colour", CARDS)
        assert [step.model for step in changed.steps] == ["FFDNet-colour"]
        assert done[0].note == f"FFDNet-colour substituted for {card.name}"

    def test_a_task_without_a_model_that_runs_has_no_substitute(self) -> None:
        card = next(card for card in CARDS.values() if card.task == "depth-estimation")
        with pytest.raises(UnboundError, match=card.name) as caught:
            require_bound(workflow_for_card(card), CARDS)
        assert "nothing can stand in" in caught.value.hint

    def test_other_media_unknown_and_missing_models_are_unbound(self) -> None:
        import msgspec

        step = workflow_for_card(CARDS["SPAN-4x"]).steps[0]
        audio = bind(msgspec.structs.replace(step, takes={"audio": "speech"}), CARDS)
        assert audio.status == "unbound"
        assert "audio" in audio.reason
        for name in ("SPAN-9x", None):
            assert bind(msgspec.structs.replace(step, model=name), CARDS).status == "unbound"

    @pytest.mark.parametrize(
        ("names", "row", "size"),
        [
            ("SPAN-4x+SPAN-2x", ["SPAN-4x", "SPAN-2x"], (4800, 3200)),
            ("SPAN-4x", ["SPAN-4x", "resample"], (4800, 3200)),
            ("SPAN-4x + SPAN-4x", ["SPAN-4x", "SPAN-4x", "resample"], (4800, 3200)),
        ],
    )
    def test_substitution_is_visible_and_keeps_the_size(
        self, names: str, row: list[str], size: tuple[int, int]
    ) -> None:
        workflow, done = substitute(workflow_for_card(EIGHT), names, CARDS)
        assert [step.model or step.operation for step in workflow.steps] == row
        assert workflow.output == workflow.steps[-1].id == "model"
        assert all(f"substituted for {EIGHT.name}" in step.title for step in workflow.steps)
        assert all(step.parameters["substituted_for"] == EIGHT.name for step in workflow.steps)
        assert describe(workflow, HEADER, CARDS).size_out == size
        assert done[0].instead_of == EIGHT.name

    @pytest.mark.parametrize(
        "names", ["", "+", "SPAN-9x", "SPAN-4x+", EIGHT.name, "SPAN-2x+SPAN-2x+SPAN-2x+SPAN-2x"]
    )
    def test_substitutes_that_cannot_be(self, names: str) -> None:
        with pytest.raises(InputError):
            substitute(workflow_for_card(EIGHT), names, CARDS)

    def test_nothing_to_substitute(self) -> None:
        with pytest.raises(InputError, match="nothing to substitute"):
            substitute(workflow_for_card(CARDS["SPAN-2x"]), "SPAN-4x", CARDS)


class TestFiles:
    """Workflow files are data."""

    def write(self, path: Path, **changes: object) -> Path:
        data = json.loads(to_json(plan_enlargement(3, CARDS)))
        data["steps"][1].update(changes)
        path.write_text(json.dumps(data))
        return path

    @pytest.mark.parametrize("name", ["w.json", "w.yaml", "w.yml"])
    def test_json_and_yaml(self, name: str, tmp_path: Path) -> None:
        assert load_workflow(self.write(tmp_path / name)) == plan_enlargement(3, CARDS)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"operation": "os.system"}, "no operation 'os.system'"),
            ({"parameters": {"factor": 3, "code": "x"}}, "no parameter 'code'"),
            ({"parameters": {"factor": "three"}}, "'factor'"),
            ({"parameters": {"factor": True}}, "'factor'"),
            ({"parameters": {"factor": -1}}, "'factor'"),
            ({"parameters": {"width": 10}}, "'width'"),
            ({"parameters": {"factor": 2, "kernel": "magic"}}, "kernel"),
            ({"takes": {"image": "nowhere"}}, "nowhere"),
            ({"surprise": 1}, "surprise"),
        ],
    )
    def test_wrong_steps_are_refused(self, changes: dict[str, object], said: str, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=said):
            load_workflow(self.write(tmp_path / "w.json", **changes))

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("w.yaml", "a: &a [1]\nb: [*a, *a]\n"),
            ("w.yaml", "!!python/object/apply:os.system ['true']\n"),
            ("w.yaml", "[" * 5000),
            ("w.json", "[" * 100_000),
            ("w.json", ""),
            ("w.json", "{"),
            ("w.json", "[]"),
            ("w.yaml", ""),
            ("w.json", " " * 1_000_001),
        ],
    )
    def test_hostile_files_are_refused(self, name: str, text: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError):
            load_workflow(tmp_path / name)

    def test_an_input_that_nothing_takes_is_refused(self, tmp_path: Path) -> None:
        data = json.loads(to_json(plan_enlargement(2, CARDS)))
        data["inputs"].append({"name": "mask", "type": "mask", "shape": ""})
        (tmp_path / "w.json").write_text(json.dumps(data))
        with pytest.raises(InputError, match="an input 'mask' that no step takes"):
            load_workflow(tmp_path / "w.json")
