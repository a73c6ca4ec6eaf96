"""The parts that MAXIM is built of (Tu et al. 2022, arXiv 2201.02973): multi-axis gated MLPs and gating across.

All of them work on one picture with channels last, `(H, W, C)`. "Tokens" are the positions that a mixing step
lets speak to each other: the places of a coarse grid laid over the whole picture (global), or the pixels of a
block (local). Either way they come first, `(tokens, cells, C)`, so that mixing is one matrix product.

Nothing is written here only to be taken apart or put together again: where the paper splits or joins channels, the
matrices of the layers before and after are split instead, and products of constants are made before those with
the picture. That changes roundings only, and ONNX Runtime, which does not find it by itself, is faster by it.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

Axis = str
"""`"grid"` (global mixing) or `"block"` (local mixing)."""

_EPSILON = 1e-6
_SLOPE = 0.2
_REDUCTION = 4


def gelu(x: torch.Tensor) -> torch.Tensor:
    """The Gaussian error linear unit, by its approximation with tanh, as the weights were learned with."""
    return functional.gelu(x, approximate="tanh")


def norm(width: int) -> nn.LayerNorm:
    """Normalises the channels of each pixel."""
    return nn.LayerNorm(width, eps=_EPSILON)


def gathered(x: torch.Tensor, axis: Axis, side: int) -> torch.Tensor:
    """A picture as tokens (section 3.2, figure 3).

    Args:
        x: `(H, W, C)`, H and W multiples of `side`.
        axis: the grid has `side` x `side` cells, and a block `side` x `side` pixels.

    Returns:
        `(side * side, H * W / side**2, C)`.
    """
    height, width, channels = x.shape
    if axis == "grid":
        parts = x.reshape(side, height // side, side, width // side, channels).permute(0, 2, 1, 3, 4)
    else:
        parts = x.reshape(height // side, side, width // side, side, channels).permute(1, 3, 0, 2, 4)
    return parts.reshape(side * side, -1, channels)


def scattered(tokens: torch.Tensor, axis: Axis, side: int, height: int, width: int) -> torch.Tensor:
    """The opposite of `gathered`: `(tokens, cells, C)` to `(H, W, C)`."""
    channels = tokens.shape[2]
    if axis == "grid":
        parts = tokens.reshape(side, side, height // side, width // side, channels).permute(0, 2, 1, 3, 4)
    else:
        parts = tokens.reshape(side, side, height // side, width // side, channels).permute(2, 0, 3, 1, 4)
    return parts.reshape(height, width, channels)


class Halves(nn.Linear):
    """A linear layer and its activation whose result is wanted in two halves."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """`(..., C)` to twice `(..., out / 2)`."""
        first, second = zip(self.weight.chunk(2), self.bias.chunk(2), strict=True)
        return gelu(functional.linear(x, *first)), gelu(functional.linear(x, *second))


class Joined(nn.Linear):
    """A linear layer over the channels of several pictures side by side."""

    def forward(self, *parts: torch.Tensor) -> torch.Tensor:
        """`(..., C1)`, `(..., C2)` ... to `(..., out)`, where `C1 + C2 + ...` are the channels in."""
        weights = self.weight.split([part.shape[-1] for part in parts], dim=1)
        total = functional.linear(parts[0], weights[0], self.bias)
        for part, weight in zip(parts[1:], weights[1:], strict=True):
            total = total + functional.linear(part, weight)
        return total


class Mixing(nn.Linear):
    """Every token becomes a learned sum of all tokens, the same one for every cell and channel."""

    def forward(self, tokens: torch.Tensor, more: float = 0) -> torch.Tensor:
        """`(tokens, cells, C)` to the same shape; `more` is added."""
        count, cells, channels = tokens.shape
        mixed = self.weight @ tokens.reshape(count, cells * channels) + (self.bias + more)[:, None]
        return mixed.reshape(count, cells, channels)


class GatedMlp(nn.Module):
    """A gated MLP along one axis (section 3.2; gMLP, arXiv 2105.08050).

    Args:
        width: channels.
        axis, side: as for `gathered`.
    """

    def __init__(self, width: int, axis: Axis, side: int) -> None:
        super().__init__()
        self.axis, self.side = axis, side
        self.norm = norm(width)
        self.in_project = Halves(width, 2 * width)
        self.gate_norm = norm(width)
        self.mix = Mixing(side * side, side * side)
        self.out_project = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(H, W, C)` to the same shape."""
        height, width, _ = x.shape
        x = gathered(x, self.axis, self.side)
        kept, gate = self.in_project(self.norm(x))
        y = kept * self.mix(self.gate_norm(gate), more=1)
        return scattered(x + self.out_project(y), self.axis, self.side, height, width)


class MultiAxisMlp(nn.Module):
    """Half of the channels are mixed globally and half locally (figure 3)."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.norm = norm(width)
        self.in_project = Halves(width, 2 * width)
        self.grid = GatedMlp(width, "grid", side)
        self.block = GatedMlp(width, "block", side)
        self.out_project = Joined(2 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(H, W, C)` to the same shape."""
        u, v = self.in_project(self.norm(x))
        return x + self.out_project(self.grid(u), self.block(v))


class Gate(nn.Module):
    """Weights for every pixel and channel, found along both axes (section 3.3)."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.norm = norm(width)
        self.in_project = Halves(width, 2 * width)
        self.grid = Mixing(side * side, side * side)
        self.block = Mixing(side * side, side * side)
        self.out_project = Joined(2 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(H, W, C)` to the same shape."""
        height, width, _ = x.shape
        u, v = self.in_project(self.norm(x))
        u = scattered(self.grid(gathered(u, "grid", self.side)), "grid", self.side, height, width)
        v = scattered(self.block(gathered(v, "block", self.side)), "block", self.side, height, width)
        return self.out_project(u, v)


class CrossGating(nn.Module):
    """Two signals that gate each other (section 3.3, figure 4).

    Args:
        before_x, before_y: channels of the two.
        width: channels of both results.
        side: of grid and block.
        grows: whether the second is half as large and is enlarged first.
    """

    def __init__(self, before_x: int, before_y: int, width: int, side: int, *, grows: bool) -> None:
        super().__init__()
        self.up = Grown(before_y, width) if grows else None
        self.x_in = nn.Linear(before_x, width)
        self.y_in = nn.Linear(width if grows else before_y, width)
        self.x_norm, self.y_norm = norm(width), norm(width)
        self.x_project, self.y_project = nn.Linear(width, width), nn.Linear(width, width)
        self.x_gate, self.y_gate = Gate(width, side), Gate(width, side)
        self.x_out, self.y_out = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Let both gate each other.

        Args:
            x: `(H, W, before_x)`.
            y: `(H, W, before_y)`, or `(H/2, W/2, before_y)` where it grows.

        Returns:
            Both, `(H, W, width)`: all signals together, and the second alone.
        """
        return self.gated(self.x_in(x), y)

    def gated(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The same where `x_in` has been applied."""
        y = self.y_in(y) if self.up is None else self.up(y, self.y_in.weight, self.y_in.bias)
        own_x, own_y = gelu(self.x_project(self.x_norm(x))), gelu(self.y_project(self.y_norm(y)))
        gate_x, gate_y = self.x_gate(own_x), self.y_gate(own_y)
        y = y + self.y_out(own_y * gate_x)
        return x + self.x_out(own_x * gate_y) + y, y


class Grown(nn.ConvTranspose2d):
    """Twice as large: each pixel becomes four."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__(before, width, 2, stride=2)

    def forward(
        self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        """`(H, W, before)` to `(2 H, 2 W, out)`, with a linear layer `(out, width)` after it."""
        kernel = torch.einsum("ow,bwyx->boyx", weight, self.weight)
        shift = functional.linear(self.bias, weight, bias)
        return as_pixels(functional.conv_transpose2d(as_planes(x), kernel, shift, stride=2))


class ChannelAttention(nn.Module):
    """Weighs each channel by what the means of all of them say (squeeze and excitation)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(width, width // _REDUCTION)
        self.excite = nn.Linear(width // _REDUCTION, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(H, W, C)` to the same shape."""
        means = x.mean(dim=(0, 1), keepdim=True)
        return x * torch.sigmoid(self.excite(torch.relu(self.squeeze(means))))


class ConvolutionAttention(nn.Module):
    """Two convolutions, then attention to channels, added to what came in (RCAB, figure 2)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = norm(width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.attention = ChannelAttention(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(H, W, C)` to the same shape."""
        y = as_planes(self.norm(x))
        y = self.conv2(functional.leaky_relu(self.conv1(y), _SLOPE))
        return x + self.attention(as_pixels(y))


class DenseAttention(nn.Module):
    """An MLP over channels, then attention to channels, added to what came in (RDCAB, at the bottom)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = norm(width)
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        self.attention = ChannelAttention(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(H, W, C)` to the same shape."""
        return x + self.attention(self.second(gelu(self.first(self.norm(x)))))


def as_planes(x: torch.Tensor) -> torch.Tensor:
    """Channels first, as PyTorch's convolutions want it: `(H, W, C)` to `(1, C, H, W)`."""
    return x.permute(2, 0, 1).unsqueeze(0)


def as_pixels(x: torch.Tensor) -> torch.Tensor:
    """Channels last: `(1, C, H, W)` to `(H, W, C)`."""
    return x.squeeze(0).permute(1, 2, 0)


def convolved(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """A convolution of PyTorch applied to `(H, W, C)`."""
    return as_pixels(layer(as_planes(x)))
