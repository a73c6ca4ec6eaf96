"""The parts of MAXIM say what the paper's plain form says, and each axis reaches as far as it should."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("pytorch")


@pytest.fixture(autouse=True)
def seeded(pytorch: None) -> None:
    import torch

    torch.manual_seed(5)


def shuffled(module: Any) -> Any:
    """The module with random numbers everywhere, biases and scales too."""
    import torch

    with torch.no_grad():
        for each in module.parameters():
            each.copy_(torch.randn_like(each) * 0.3)
    return module.eval()


def close(found: Any, wanted: Any) -> bool:
    return found.shape == wanted.shape and float((found - wanted).abs().max()) < 1e-4


@pytest.mark.parametrize("axis", ["grid", "block"])
@pytest.mark.parametrize(("height", "width"), [(4, 4), (8, 4), (12, 20)])
def test_tokens_go_back_to_where_they_came_from(axis: str, height: int, width: int) -> None:
    import torch

    from whichmodel.networks.maxim_layers import gathered, scattered

    x = torch.rand(height, width, 3)
    tokens = gathered(x, axis, 4)
    assert tokens.shape == (16, height * width // 16, 3)
    assert torch.equal(scattered(tokens, axis, 4, height, width), x)


def test_a_block_is_near_and_a_grid_is_everywhere() -> None:
    import torch

    from whichmodel.networks.maxim_layers import gathered

    places = torch.stack(torch.meshgrid(torch.arange(8), torch.arange(12), indexing="ij"), dim=-1)
    blocks = gathered(places, "block", 4)
    assert all(bool(((cell // 4) == (cell[0] // 4)).all()) for cell in blocks.unbind(1))
    grid = gathered(places, "grid", 4)  # cells of 2 x 3 pixels: equal places in them speak to each other
    size = torch.tensor([2, 3])
    assert all(bool(((cell % size) == (cell[0] % size)).all()) for cell in grid.unbind(1))


@pytest.mark.parametrize("axis", ["grid", "block"])
def test_a_pixel_reaches_its_own_axis_only(axis: str) -> None:
    import torch

    from whichmodel.networks.maxim_layers import GatedMlp

    mlp = shuffled(GatedMlp(4, axis, 4))
    x = torch.rand(8, 12, 4)
    other = x.clone()
    other[5, 7, 0] += 1
    with torch.no_grad():
        moved = (mlp(other) - mlp(x)).abs().sum(dim=-1) > 1e-7
    wanted = torch.zeros(8, 12, dtype=torch.bool)
    if axis == "block":
        wanted[4:8, 4:8] = True
    else:
        wanted[1::2, 1::3] = True
    assert torch.equal(moved, wanted)


def test_halves_and_joined_are_one_layer_each() -> None:
    import torch
    from torch.nn import functional

    from whichmodel.networks.maxim_layers import Halves, Joined

    halves, joined = shuffled(Halves(6, 10)), shuffled(Joined(10, 4))
    x = torch.rand(3, 5, 6)
    with torch.no_grad():
        whole = functional.gelu(functional.linear(x, halves.weight, halves.bias), approximate="tanh")
        u, v = halves(x)
        assert close(torch.cat([u, v], dim=-1), whole)
        assert close(
            joined(whole[..., :3], whole[..., 3:]), functional.linear(whole, joined.weight, joined.bias)
        )


def test_growing_takes_the_layer_after_it_along() -> None:
    import torch
    from torch import nn

    from whichmodel.networks.maxim_layers import Grown, as_pixels, as_planes

    grown, after = shuffled(Grown(6, 4)), shuffled(nn.Linear(4, 5))
    x = torch.rand(3, 2, 6)
    with torch.no_grad():
        plain = nn.functional.conv_transpose2d(as_planes(x), grown.weight, grown.bias, stride=2)
        assert close(grown(x, after.weight, after.bias), after(as_pixels(plain)))


def test_sizes_take_the_layer_after_them_along() -> None:
    import torch
    from torch import nn

    from whichmodel.networks.maxim import Sizes, resized

    widths, order = [2, 3, 5], [2, 1, 0]
    for level in range(3):
        sizes = shuffled(Sizes(widths, order, level))
        after = shuffled(nn.Linear(3 * widths[level], 4))
        features = [torch.rand(16 // 2**each, 24 // 2**each, widths[each]) for each in range(3)]
        with torch.no_grad():
            parts = [
                conv(resized(features[each], 2.0 ** (each - level)))
                for each, conv in zip(order, sizes.convs, strict=True)
            ]
            assert close(sizes(features, after.weight, after.bias), after(torch.cat(parts, dim=-1)))


@pytest.mark.parametrize("scale", [4.0, 2.0, 1.0, 0.5, 0.25])
def test_resizing_is_bilinear_with_a_wider_triangle_where_it_shrinks(scale: float) -> None:
    import torch
    from torch.nn import functional

    from whichmodel.networks.maxim import resized

    x = torch.rand(16, 24, 3)
    wanted = functional.interpolate(
        x.permute(2, 0, 1)[None], scale_factor=scale, mode="bilinear", antialias=True
    )
    assert close(resized(x, scale), wanted[0].permute(1, 2, 0))


def test_channel_attention_weighs_by_means_of_the_whole() -> None:
    import torch

    from whichmodel.networks.maxim_layers import ChannelAttention

    attention = shuffled(ChannelAttention(8))
    x = torch.rand(4, 6, 8)
    with torch.no_grad():
        shares = attention(x) / x
    assert close(shares, shares[:1, :1].expand_as(shares))
    assert 0 < float(shares.min()) < float(shares.max()) < 1
