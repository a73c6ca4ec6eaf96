"""Every fault of a workflow is found before anything runs, with its step and port; files in any order."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from whichmodel.catalog import cards
from whichmodel.domain import DataType, InputError, Port, Step, Workflow, to_data
from whichmodel.nodes.operation import Size
from whichmodel.workflow import check_workflow, faults, load_workflow, plan_enlargement, run_order
from whichmodel.workflow.describe import sizes_of

CARDS = cards()
PHOTO = Port(name="photo", type=DataType.IMAGE)


def image(id: str, operation: str, takes: dict[str, str], **parameters: Any) -> Step:
    """A step that gives a picture."""
    return Step(
        id=id,
        title=id,
        operation=operation,
        takes=takes,
        gives=Port(name="picture", type=DataType.IMAGE),
        parameters=parameters,
    )


def mask(id: str, source: str) -> Step:
    step = image(id, "mask", {"image": source}, of="lightness")
    return msgspec.structs.replace(step, gives=Port(name="mask", type=DataType.MASK))


SOUND = (
    image("edges", "sharpen", {"image": "photo"}),
    mask("bright", "photo"),
    image("merge", "composite", {"foreground": "edges", "background": "photo", "mask": "bright"}),
)

FIVE = {f"p{number}": "photo" for number in range(5)}


def workflow(*steps: Step, output: str = "", inputs: tuple[Port, ...] = (PHOTO,)) -> Workflow:
    return Workflow(title="test", inputs=inputs, steps=steps, output=output or steps[-1].id)


def changed(number: int, **changes: Any) -> Workflow:
    steps = list(SOUND)
    steps[number] = msgspec.structs.replace(steps[number], **changes)
    return workflow(*steps, output="merge")


def test_a_sound_graph_has_no_fault() -> None:
    assert not list(faults(workflow(*SOUND), CARDS))
    check_workflow(workflow(*SOUND), cards=CARDS)
    assert not list(faults(plan_enlargement(3, CARDS), CARDS))


@pytest.mark.parametrize(
    ("number", "changes", "step", "port", "said"),
    [
        (0, {"operation": "os.system"}, "edges", "", "no operation 'os.system'"),
        (0, {"model": "SPAN-2x"}, "edges", "", "uses no model"),
        (0, {"parameters": {"radius": 99}}, "edges", "", "'radius'"),
        (0, {"parameters": {"radius": 10**12}}, "edges", "", "too large"),
        (1, {"parameters": {"of": "x" * 1000}}, "bright", "", "too large"),
        (0, {"parameters": {"file": "/etc/passwd"}}, "edges", "", "no parameter 'file'"),
        (0, {"takes": {"picture": "photo"}}, "edges", "picture", "no port 'picture'"),
        (0, {"takes": {}}, "edges", "image", "nothing is connected to its port 'image'"),
        (0, {"gives": Port(name="m", type=DataType.MASK)}, "edges", "m", "gives 'image'"),
        (2, {"takes": {"foreground": "edges", "mask": "photo"}}, "merge", "mask", "'photo' is 'image'"),
        (
            2,
            {"takes": {"foreground": "bright", "background": "photo"}},
            "merge",
            "foreground",
            "takes 'image', but 'bright' is 'mask'",
        ),
        (2, {"takes": {"foreground": "edges"}}, "merge", "", "'background' and 'mask'"),
        (2, {"takes": {"foreground": "photo", "mask": "bright"}}, "edges", "picture", "no step takes what it gives"),
        (0, {"title": "red\x1b[31m"}, "edges", "", "cannot be seen"),
        (0, {"title": "evil\u202egnp"}, "edges", "", "cannot be seen"),
        (0, {"title": "x" * 201}, "edges", "", "201 characters"),
        (0, {"gives": Port(name="a\nb", type=DataType.IMAGE)}, "edges", "", "cannot be seen"),
    ],
)  # fmt: skip
def test_one_fault(number: int, changes: dict[str, Any], step: str, port: str, said: str) -> None:
    found = list(faults(changed(number, **changes), CARDS))
    mine = [item for item in found if (item.step, item.port) == (step, port) and said in item.what]
    assert mine, found
    with pytest.raises(InputError) as caught:
        check_workflow(changed(number, **changes), cards=CARDS)
    assert mine[0].what in caught.value.message
    assert f"'{step}'" in caught.value.message


def test_several_faults_are_told_at_once_and_many_are_counted() -> None:
    steps = [image(f"s{i}", "blend", {"first": "photo"}) for i in range(8)]
    with pytest.raises(InputError) as caught:
        check_workflow(workflow(*steps))
    # Each lacks its second picture; all but the last are taken by nobody.
    assert caught.value.message.count("'second'") == 5
    assert "and 10 more" in caught.value.message


@pytest.mark.parametrize(
    ("steps", "inputs", "output", "said"),
    [
        (SOUND, (PHOTO, Port(name="other", type=DataType.TEXT)), "merge", "others of type 'image' or 'mask'"),
        (SOUND, (Port(name="photo", type=DataType.MASK),), "merge", "first input of type 'image'"),
        (SOUND, (PHOTO, Port(name="other", type=DataType.IMAGE)), "merge", "'other' that no step takes"),
        (SOUND[:1], (PHOTO,), "photo", "gives its input back"),
        ((), (PHOTO,), "photo", "has 0 steps"),
        (tuple(image(f"s{i}", "sharpen", {"image": "photo"}) for i in range(65)), (PHOTO,), "s64", "has 65 steps"),
        (tuple(image(f"s{i}", "blend", FIVE) for i in range(60)), (PHOTO,), "s0", "has 300 connections"),
        (SOUND, (Port(name="photo", type=DataType.AUDIO),), "merge", "first input of type 'image'"),
        (SOUND, (Port(name="photo", type=DataType.AUDIO),), "merge", "'photo' is 'audio'"),
    ],
)  # fmt: skip
def test_faults_of_the_whole(
    steps: tuple[Step, ...], inputs: tuple[Port, ...], output: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        check_workflow(Workflow(title="t", inputs=inputs, steps=steps, output=output))


def test_ids_are_used_once() -> None:
    with pytest.raises(InputError, match="'edges': the name is used twice"):
        workflow(SOUND[0], SOUND[0])
    with pytest.raises(InputError, match="two inputs called 'photo'"):
        workflow(SOUND[0], inputs=(PHOTO, PHOTO))


class TestModels:
    """Ports of models are called after the types that they take."""

    def step(self, **changes: Any) -> Workflow:
        step = plan_enlargement(2, CARDS).steps[0]
        return workflow(msgspec.structs.replace(step, **changes))

    def test_of_the_catalog(self) -> None:
        assert not list(faults(self.step(), CARDS))
        for changes, said in (
            ({"takes": {"mask": "photo"}}, "no port 'mask'"),
            ({"takes": {}}, "nothing is connected"),
            ({"gives": Port(name="m", type=DataType.MASK)}, "gives 'image'"),
        ):
            assert any(said in item.what for item in faults(self.step(**changes), CARDS))

    def test_unknown_ones_are_believed_but_their_ports_are_typed(self) -> None:
        assert not list(faults(self.step(model=None, gives=Port(name="m", type=DataType.MASK)), CARDS))
        found = list(faults(self.step(model=None, takes={"audio": "photo", "file": "photo"}), CARDS))
        assert [item.port for item in found] == ["audio", "file"]


def test_sizes_that_do_not_fit_at_a_merge_are_told_with_the_ports() -> None:
    enlarged = workflow(
        image("large", "resample", {"image": "photo"}, factor=2.0),
        image("merge", "blend", {"first": "photo", "second": "large"}),
    )
    with pytest.raises(InputError, match=r"'merge'.*'first'.*300 × 200.*'second'.*600 × 400"):
        sizes_of(enlarged, Size(300, 200), CARDS)
    fitted = workflow(
        image("large", "resample", {"image": "photo"}, factor=2.0),
        image("fit", "resample", {"image": "photo", "size_of": "large"}, factor=1.0),
        image("merge", "blend", {"first": "fit", "second": "large"}),
    )
    assert sizes_of(fitted, Size(301, 200), CARDS)["merge"] == Size(602, 400)


# --- random graphs -----------------------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Acyclic graphs: each name takes some of those before it, or the photo; given in any order."""
    count = draw(st.integers(1, 12))
    edges = {
        f"s{i}": draw(
            st.lists(st.sampled_from(["photo", *(f"s{k}" for k in range(i))]), min_size=1, max_size=4)
        )
        for i in range(count)
    }
    names = draw(st.permutations(sorted(edges)))
    return {name: edges[name] for name in names}


def is_in_order(order: list[str], takes: dict[str, list[str]]) -> bool:
    place = {name: number for number, name in enumerate(order)}
    return all(place[other] < place[name] for name in takes for other in takes[name] if other in takes)


@given(graphs())
def test_any_graph_is_put_in_order(takes: dict[str, list[str]]) -> None:
    order = run_order(takes)
    assert sorted(order) == sorted(takes)
    assert is_in_order(order, takes)
    if is_in_order(list(takes), takes):
        assert order == list(takes)
    assert run_order({name: takes[name] for name in order}) == order


@given(graphs(), st.data())
def test_any_circle_is_found_and_told(takes: dict[str, list[str]], data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(sorted(takes)))
    # What is made of `start`, however far; one of it is now taken by `start`.
    reached = {start}
    for name in run_order(takes):
        if reached & set(takes[name]):
            reached.add(name)
    back = data.draw(st.sampled_from(sorted(reached)))
    circular = {**takes, start: [*takes[start], back]}
    with pytest.raises(InputError, match="in a circle") as caught:
        run_order(circular)
    told = caught.value.message.split(": ", 1)[1].replace("'", "").split(" → ")
    assert told[0] == told[-1]
    assert start in told
    assert all(one in circular[two] for one, two in pairwise(told))


def built(takes: dict[str, list[str]]) -> list[Step]:
    """A sound step for each name: merges where two are taken, else sharpening; a mask is never given."""
    steps = []
    for name, sources in takes.items():
        ports = ["first", "second", "third", "fourth"][: len(sources)]
        if len(sources) == 1:
            steps.append(image(name, "sharpen", {"image": sources[0]}))
        else:
            steps.append(image(name, "pick-best", dict(zip(ports, sources, strict=True))))
    return steps


def write(path: Path, steps: list[Step], output: str) -> Path:
    data = {
        "title": "random",
        "inputs": [to_data(PHOTO)],
        "steps": [to_data(step) for step in steps],
        "output": output,
    }
    for item in (*data["inputs"], *data["steps"]):  # type: ignore[misc]
        item.pop("schema_version")  # type: ignore[attr-defined]
        item.pop("document")  # type: ignore[attr-defined]
    text = json.dumps(data) if path.suffix == ".json" else yaml.safe_dump(data)
    path.write_text(text, encoding="utf-8")
    return path


@settings(max_examples=60)
@given(takes=graphs(), seed=st.integers(0, 2**32), name=st.sampled_from(["w.json", "w.yaml"]))
def test_files_may_list_steps_in_any_order(
    takes: dict[str, list[str]], seed: int, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("files")
    order = run_order(takes)
    # Everything that nobody takes is merged into the output, so that nothing is unused.
    ends = [one for one in order if not any(one in wanted for wanted in takes.values())]
    while len(ends) > 1:
        takes = {**takes, f"m{len(takes)}": ends[:4]}
        ends = [*ends[4:], list(takes)[-1]]
    steps = built(takes)
    random.Random(seed).shuffle(steps)
    loaded = load_workflow(write(folder / name, steps, ends[0]), CARDS)
    assert is_in_order([step.id for step in loaded.steps], takes)
    assert {step.id: step for step in loaded.steps} == {step.id: step for step in steps}


@settings(max_examples=100)
@given(graphs(), st.data())
def test_every_violation_is_found(takes: dict[str, list[str]], data: st.DataObject) -> None:
    """Break some steps of a random graph, each in one way; each is told with its step and port."""
    order = run_order(takes)
    steps = {step.id: step for step in built(takes)}
    broken: dict[str, tuple[str, str]] = {}
    for name in data.draw(st.lists(st.sampled_from(order), unique=True, min_size=1, max_size=4)):
        step = steps[name]
        port = next(iter(step.takes))
        how = data.draw(st.sampled_from(["operation", "parameter", "port", "missing", "gives", "title"]))
        if how == "operation":
            step, told = msgspec.structs.replace(step, operation="exec"), ""
        elif how == "parameter":
            step, told = msgspec.structs.replace(step, parameters={"path": "../x"}), ""
        elif how == "port":
            step, told = msgspec.structs.replace(step, takes={**step.takes, "extra": "photo"}), "extra"
        elif how == "missing":
            step, told = msgspec.structs.replace(step, takes={}), port
        elif how == "gives":
            step, told = msgspec.structs.replace(step, gives=Port(name="t", type=DataType.TEXT)), "t"
        else:
            step, told = msgspec.structs.replace(step, title="a\x00b"), ""
        steps[name] = step
        broken[name] = (how, told)
    made = Workflow(title="t", inputs=(PHOTO,), steps=tuple(steps[name] for name in order), output=order[-1])
    found = list(faults(made, CARDS))
    for name, (how, port) in broken.items():
        assert any((item.step, item.port) == (name, port) for item in found), (how, found)
        if how == "gives":  # whoever takes the text where a picture is due is told too
            takers = [other for other in made.steps if name in other.takes.values()]
            assert all(
                any(item.step == other.id and item.port in other.takes for item in found)
                for other in takers
                if other.operation != "exec"
                and broken.get(other.id, ("", ""))[0] not in ("missing", "parameter")
            )
    used = {made.output}.union(*(step.takes.values() for step in made.steps))
    unused = {step.id for step in made.steps} - used
    assert {item.step for item in found if "no step takes what" in item.what} == unused


class TestFiles:
    """A file can name only what is registered."""

    def test_a_circle_in_a_file(self, tmp_path: Path) -> None:
        steps = [
            image("one", "sharpen", {"image": "three"}),
            image("two", "sharpen", {"image": "one"}),
            image("three", "blend", {"first": "two", "second": "photo"}),
        ]
        with pytest.raises(InputError, match=r"w\.json: .* circle: ") as caught:
            load_workflow(write(tmp_path / "w.json", steps, "three"))
        assert all(f"'{name}'" in caught.value.message for name in ("one", "two", "three"))

    @pytest.mark.parametrize(
        "change",
        [
            {"steps": None},
            {"steps": {}},
            {"steps": [1, 2]},
            {"steps": [{"id": 1}]},
            {"steps": [{"id": "a", "takes": []}]},
            {"steps": [{"id": "a", "takes": {"image": ["photo"]}}]},
            {"steps": []},
            {"steps": [{}] * 1000},
            {"inputs": []},
            {"inputs": [{"name": "photo", "type": "picture"}]},
            {"output": None},
        ],
    )
    def test_shapes_that_are_no_workflow(self, change: dict[str, Any], tmp_path: Path) -> None:
        path = write(tmp_path / "w.json", list(SOUND), "merge")
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
        with pytest.raises(InputError, match=r"w\.json"):
            load_workflow(path)
