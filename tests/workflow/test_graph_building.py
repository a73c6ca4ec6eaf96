"""Workflows built in Python read like what they do, and are checked as they are built."""

from __future__ import annotations

import pytest

from whichmodel.domain import DataType, InputError
from whichmodel.workflow.build import apply, finish, run_model, start


def test_branches_and_a_merge() -> None:
    photo = start()
    large = run_model("SPAN-2x", photo)
    edges = apply("sharpen", image=large, radius=1.5)
    bright = apply("mask", image=large, of="lightness", inverted=True)
    merged = apply("composite", id="merge", foreground=edges, background=large, mask=bright)
    workflow = finish(merged, title="sharpen the shadows")
    assert [(step.id, step.takes) for step in workflow.steps] == [
        ("model", {"image": "photo"}),
        ("sharpen", {"image": "model"}),
        ("mask", {"image": "model"}),
        ("merge", {"foreground": "sharpen", "background": "model", "mask": "mask"}),
    ]
    assert workflow.output == "merge"
    assert workflow.steps[0].model == "SPAN-2x"
    assert workflow.steps[2].gives.type == DataType.MASK
    assert workflow.steps[2].parameters == {"of": "lightness", "inverted": True}


def test_steps_of_one_operation_are_numbered_around_chosen_names() -> None:
    value = start()
    for id in ("", "sharpen-2", "", ""):
        value = apply("sharpen", image=value, id=id)
    names = [step.id for step in finish(value, title="very sharp").steps]
    assert names == ["sharpen", "sharpen-2", "sharpen-3", "sharpen-4"]


def test_a_value_used_twice_is_made_once_however_deep() -> None:
    value = start()
    for _ in range(30):
        value = apply("blend", first=value, second=value)
    assert len(finish(value, title="the same").steps) == 30


def test_mistakes_are_told_where_they_are_made() -> None:
    photo = start()
    with pytest.raises(InputError, match="no operation 'polish'"):
        apply("polish", image=photo)
    with pytest.raises(InputError, match="'sharpen': it takes picture"):
        apply("sharpen", picture=photo)
    with pytest.raises(InputError, match="'second'"):
        apply("blend", first=photo)
    with pytest.raises(InputError, match="'mask' takes 'mask', but 'photo' is 'image'"):
        apply("composite", foreground=photo, mask=photo)
    with pytest.raises(InputError, match="'radius'"):
        apply("sharpen", image=photo, radius=100)
    with pytest.raises(InputError, match="used twice"):
        finish(apply("sharpen", id="a", image=apply("sharpen", id="a", image=photo)), title="t")
    with pytest.raises(InputError, match="first input of type 'image'"):
        finish(apply("grow", image=start("m", DataType.MASK), pixels=1), title="t")
    with pytest.raises(InputError, match="has 0 steps"):
        finish(photo, title="t")
