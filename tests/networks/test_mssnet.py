"""MSSNet: the published layout and size, and laws that hold whatever its numbers are."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("pytorch")

VARIANTS = ("small", "base", "large")
TINY = (4, 6, 8)

PARAMETERS = {"small": 6_756_161, "base": 15_614_497, "large": 28_182_041}
AUXILIARY = {"small": 7_560, "base": 20_412, "large": 30_240}
"""Parameters of the five tails whose outputs only training looks at."""


@cache
def _made() -> Any:
    import torch

    from whichmodel.networks.mssnet import MSSNet

    torch.manual_seed(7)
    return MSSNet(widths=TINY).eval()


def network() -> Any:
    """A small network with random numbers; each call gives a new copy."""
    return copy.deepcopy(_made())


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Many small convolutions on several threads mostly wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def picture(height: int, width: int, seed: int = 1, batch: int = 1) -> Any:
    """Random values 0..1."""
    import torch

    return torch.from_numpy(np.random.default_rng(seed).random((batch, 3, height, width), dtype=np.float32))


def numbers_like(layout: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    """The numbers that the recorded outputs were computed with."""
    import torch

    draw = np.random.Generator(np.random.PCG64(1234))
    found = {}
    for name in sorted(layout):
        shape = layout[name]
        if name.endswith("body.1.weight"):
            found[name] = torch.full(shape, 0.25)
        else:
            values = draw.standard_normal(shape) * 0.5 / math.sqrt(math.prod(shape[1:]))
            found[name] = torch.from_numpy(values.astype(np.float32))
    return found


# --- as published ---


def test_names_and_shapes_are_the_published_ones(shared_data: Path) -> None:
    import torch

    from whichmodel.networks.mssnet import MSSNet

    layout = json.loads((shared_data / "facts" / "mssnet_state_dict_layout.json").read_text(encoding="utf-8"))
    assert set(layout) == set(VARIANTS)
    for variant, due in layout.items():
        with torch.device("meta"):
            found = MSSNet(variant).state_dict()
        assert [[name, list(tensor.shape)] for name, tensor in found.items()] == [list(item) for item in due]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "size"),
    [
        ("small", (64, 64)), ("small", (48, 80)), ("base", (64, 64)), ("base", (48, 80)), ("large", (64, 64)),
    ],
)  # fmt: skip
def test_recorded_outputs(variant: str, size: tuple[int, int], shared_data: Path) -> None:
    """All six, as the authors' program gave them for the same numbers and the same picture."""
    import torch

    from whichmodel.networks.mssnet import OUTPUTS, MSSNet

    recorded = shared_data / "facts" / "golden" / f"mssnet_{variant}_{size[0]}x{size[1]}.npz"
    made = MSSNet(variant).eval()
    made.load_state_dict(numbers_like({name: tuple(each.shape) for name, each in made.state_dict().items()}))
    given = torch.from_numpy(
        np.random.Generator(np.random.PCG64(99)).random((1, 3, *size)).astype(np.float32)
    )
    with torch.no_grad():
        found = made(given)
    with np.load(recorded) as due:
        assert len(found) == len(OUTPUTS) == len(due.files)
        for name, output in zip(OUTPUTS, found, strict=True):
            assert np.abs(output.numpy() - due[name]).max() < 1e-5, name


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_size_is_the_published_one(variant: str) -> None:
    import torch

    from whichmodel.networks.mssnet import VARIANTS as WIDTHS
    from whichmodel.networks.mssnet import MSSNet

    with torch.device("meta"):
        made = MSSNet(variant)
    assert made.widths == WIDTHS[variant]
    assert sum(each.numel() for each in made.parameters()) == PARAMETERS[variant]
    tails = (made.tail1_1, made.tail2_1, made.tail2_2, made.tail3_1, made.tail3_2)
    assert sum(each.numel() for tail in tails for each in tail.parameters()) == AUXILIARY[variant]
    assert len(made.state_dict()) == 328
    assert len(list(made.named_parameters())) == 242
    slopes = [name for name in made.state_dict() if name.endswith("body.1.weight")]
    assert len(slopes) == 87


@pytest.mark.parametrize(
    ("variant", "size", "giga"),
    [
        ("base", (256, 256), 144.478),
        pytest.param("small", (256, 256), 40.851, marks=pytest.mark.slow),
        pytest.param("small", (720, 1280), 574.47, marks=pytest.mark.slow),
        pytest.param("large", (256, 256), 288.175, marks=pytest.mark.slow),
    ],
)
def test_the_work_is_the_true_one(variant: str, size: tuple[int, int], giga: float) -> None:
    """Multiplications of the convolutions for the last output, counted where they happen.

    Counters by module count the one shared activation 87 times.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from whichmodel.networks.mssnet import MSSNet

    counter = FlopCounterMode(display=False)
    with torch.device("meta"), torch.no_grad():
        made = MSSNet(variant).eval()
        with counter:
            made.sharpen(torch.empty(1, 3, *size))
    assert counter.get_total_flops() / 2e9 == pytest.approx(giga, rel=2e-5)


# --- laws ---


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("rows", "columns", "batch"), [(1, 1, 2), (3, 5, 1)])
def test_six_outputs_of_every_size_in_either_mode(
    rows: int, columns: int, batch: int, training: bool
) -> None:
    import torch

    from whichmodel.networks.mssnet import OUTPUTS

    made = network().train(training)
    given_picture = picture(16 * rows, 16 * columns, batch=batch)
    with torch.no_grad():
        found = made(given_picture)
        assert torch.equal(made.sharpen(given_picture), found[-1])
        assert all(map(torch.equal, found, made.train(not training)(given_picture)))
    assert isinstance(found, list)
    assert len(found) == len(OUTPUTS) == 6
    whole, half = (batch, 3, 16 * rows, 16 * columns), (batch, 3, 8 * rows, 8 * columns)
    assert [tuple(each.shape) for each in found] == [half, *[whole] * 5]


@pytest.mark.parametrize("factor", [0.07, 0.5, 3.0, 17.0])
def test_a_brighter_picture_gives_a_brighter_result(factor: float) -> None:
    import torch

    made, given_picture = network(), picture(32, 48)
    with torch.no_grad():
        one, other = made.sharpen(given_picture), made.sharpen(given_picture * factor)
    assert float((one * factor - other).abs().max()) < 5e-6 * max(1, factor)


def test_black_stays_black() -> None:
    import torch

    with torch.no_grad():
        assert all(float(each.abs().max()) == 0 for each in network()(torch.zeros(1, 3, 32, 16)))


def test_without_its_last_convolution_it_gives_the_input() -> None:
    import torch

    made, given_picture = network(), picture(48, 32)
    torch.nn.init.zeros_(made.tail3_3.weight)
    with torch.no_grad():
        found = made(given_picture)
    assert torch.equal(found[5], given_picture)
    assert not torch.equal(found[4], given_picture)


def test_the_tail_of_the_smallest_scale_corrects_half_the_size_with_the_corners_kept() -> None:
    import torch

    made, given_picture = network(), picture(32, 32)
    torch.nn.init.zeros_(made.tail1_1.tail.weight)
    with torch.no_grad():
        smaller = made(given_picture)[0]
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert torch.allclose(smaller[..., corner[0], corner[1]], given_picture[..., corner[0], corner[1]])


def test_all_blocks_share_one_slope() -> None:
    import torch

    made = network()
    names = [name for name in made.state_dict() if name.endswith("body.1.weight")]
    with torch.no_grad():
        made.get_parameter(names[0]).fill_(0.5)
    assert {float(made.state_dict()[name]) for name in names} == {0.5}


def test_double_precision_says_the_same() -> None:
    import torch

    made, given_picture = network(), picture(32, 32)
    with torch.no_grad():
        single = made.sharpen(given_picture)
        double = made.double().sharpen(given_picture.double())
    assert double.dtype == torch.float64
    assert float((single - double).abs().max()) < 1e-5


@pytest.mark.parametrize(
    "shape", [(1, 3, 248, 256), (1, 3, 16, 20), (1, 3, 8, 16), (1, 1, 32, 32), (3, 32, 32)]
)
def test_other_shapes_are_refused_with_what_is_due(shape: tuple[int, ...]) -> None:
    import torch

    with pytest.raises(ValueError, match=r"multiples of 16|batch of RGB"):
        network()(torch.zeros(shape))


def test_a_variant_that_there_is_not() -> None:
    from whichmodel.networks.mssnet import MSSNet

    with pytest.raises(ValueError, match="known: small, base, large"):
        MSSNet("huge")


def test_it_is_the_same_in_onnx(tmp_path: Path) -> None:
    import torch

    from whichmodel.networks.export import export
    from whichmodel.networks.mssnet import Sharpener
    from whichmodel.runtimes.onnx import OnnxNet

    made = network()
    export(
        Sharpener(made), tmp_path / "model.onnx", inputs={"blurred": torch.zeros(1, 3, 32, 32)},
        outputs=["sharp"], free_sides=["blurred", "sharp"],
    )  # fmt: skip
    net = OnnxNet(tmp_path / "model.onnx", threads=1)
    for size in ((16, 16), (32, 80), (112, 48)):
        given_picture = picture(*size)
        found = net.infer({"blurred": given_picture.numpy()})["sharp"]
        with torch.no_grad():
            assert np.abs(found - made.sharpen(given_picture).numpy()).max() < 1e-5
