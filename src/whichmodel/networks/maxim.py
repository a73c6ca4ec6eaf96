"""MAXIM: one network for many kinds of restoration (Tu et al. 2022, arXiv 2201.02973), built of MLPs over two axes.

A U-Net of three sizes is run two or three times ("stages", figure 2). Each stage gets the picture at all three
sizes; a module of supervised attention between stages turns what the first found into pictures of their own and
hands on the rest. Skip connections from the encoder to the decoder pass through cross-gating.

Channels are last: `(H, W, C)`; `maxim_layers` holds the parts. The picture's sides must be multiples of 64:
halved three times they are 8, one grid. What is global (the grid, and the means in channel attention) looks at the
whole of what the network is given, whatever its size.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from whichmodel.networks.maxim_layers import (
    ConvolutionAttention,
    CrossGating,
    DenseAttention,
    Grown,
    Joined,
    MultiAxisMlp,
    as_pixels,
    as_planes,
    convolved,
)

MULTIPLE = 64
"""Sides must be multiples of it."""

LEVELS = 3
GROUPS = 2
FEATURES = 32
SIDES = (16, 16, 8)
"""Side of grid and block at each level; the bottom has that of the last."""

STAGES_S2, STAGES_S3 = 2, 3
"""Stages of the two published sizes that were trained, MAXIM-2S and MAXIM-3S (table 1)."""


class Encoder(nn.Module):
    """One level of the U-Net (figure 2): narrowing, then groups of mixing and attention.

    Args:
        before, width: channels in and out.
        side: of grid and block.
        gated: whether features of the stage before are gated in.
        halves: whether a copy of half the size is given too.
    """

    def __init__(self, before: int, width: int, side: int, *, gated: bool, halves: bool) -> None:
        super().__init__()
        self.narrow = Joined(before, width)
        self.mlp = nn.ModuleList(MultiAxisMlp(width, side) for _ in range(GROUPS))
        self.attention = nn.ModuleList(ConvolutionAttention(width) for _ in range(GROUPS))
        self.cross = CrossGating(width, width, width, side, grows=False) if gated else None
        self.down = nn.Conv2d(width, width, 4, stride=2, padding=1) if halves else None

    def forward(self, narrowed: torch.Tensor, before: torch.Tensor | None = None) -> torch.Tensor:
        """What `narrow` gave, `(H, W, width)`, to the same shape.

        `before` is the sum of what the encoder and the decoder of the last stage had here.
        """
        x = start = narrowed
        for mlp, attention in zip(self.mlp, self.attention, strict=True):
            x = attention(mlp(x))
        x = x + start
        if self.cross is not None:
            assert before is not None
            x, _ = self.cross(x, before)
        return x


class Bottleneck(nn.Module):
    """The bottom of the U-Net: the same with MLPs over channels in place of convolutions."""

    def __init__(self, before: int, width: int, side: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(before, width)
        self.mlp = nn.ModuleList(MultiAxisMlp(width, side) for _ in range(GROUPS))
        self.attention = nn.ModuleList(DenseAttention(width) for _ in range(GROUPS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(H, W, before)` to `(H, W, width)`."""
        x = self.narrow(x)
        start = x
        for mlp, attention in zip(self.mlp, self.attention, strict=True):
            x = attention(mlp(x))
        return x + start


class Sizes(nn.Module):
    """Brings features of several levels to one of them, side by side.

    Args:
        widths: channels of each level.
        order: the levels that are taken, in this order.
        level: the one to which they are brought.
    """

    def __init__(self, widths: list[int], order: list[int], level: int) -> None:
        super().__init__()
        self.order, self.level = order, level
        self.convs = nn.ModuleList(nn.Linear(widths[each], widths[level]) for each in order)

    def forward(self, features: list[torch.Tensor], weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Features of levels 0, 1, 2 to `(H, W, out)`, with a linear layer `(out, 3 * width)` after it.

        Resizing and linear layers can change places, so both layers become one, and what is to be enlarged
        is so when it has the fewest channels.
        """
        found = []
        for each, conv, part in zip(self.order, self.convs, weight.chunk(len(self.order), 1), strict=True):
            bias = functional.linear(conv.bias, part, bias)
            x, both, scale = features[each], part @ conv.weight, 2.0 ** (each - self.level)
            found.append(
                resized(functional.linear(x, both), scale)
                if scale > 1
                else functional.linear(resized(x, scale), both)
            )
        return found[0] + found[1] + found[2] + bias


class Decoder(nn.Module):
    """Enlarges what comes from below, and goes on as an encoder with the skip connections."""

    def __init__(self, before: int, skips: int, width: int, side: int) -> None:
        super().__init__()
        self.width = width
        self.up = Grown(before, width)
        self.encoder = Encoder(width + skips, width, side, gated=False, halves=False)

    def forward(self, x: torch.Tensor, skips: Sizes, features: list[torch.Tensor]) -> torch.Tensor:
        """`(H/2, W/2, before)` and the features of all levels to `(H, W, width)`."""
        narrow = self.encoder.narrow
        below, beside = narrow.weight[:, : self.width], narrow.weight[:, self.width :]
        return self.encoder(self.up(x, below) + skips(features, beside, narrow.bias))


class Supervision(nn.Module):
    """Makes a picture of the features, and lets it say which features go on (figure 2, "SAM")."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = nn.Conv2d(width, width, 3, padding=1)
        self.picture = nn.Conv2d(width, 3, 3, padding=1)
        self.attention = nn.Conv2d(3, width, 3, padding=1)

    def forward(self, x: torch.Tensor, small: torch.Tensor) -> torch.Tensor:
        """Features `(H, W, C)` and the picture that came in `(H, W, 3)` to features `(H, W, C)`."""
        picture = convolved(self.picture, x) + small
        return convolved(self.features, x) * torch.sigmoid(convolved(self.attention, picture)) + x


class Stage(nn.Module):
    """One U-Net.

    Args:
        features: channels of the largest level; each smaller one has twice as many, and the last no more.
        first, last: whether it is.
    """

    def __init__(self, features: int, *, first: bool, last: bool) -> None:
        super().__init__()
        widths = [features * 2**level for level in range(LEVELS)]
        self.inputs = nn.ModuleList(nn.Conv2d(3, width, 3, padding=1) for width in widths)
        self.fuse, self.outputs, self.supervision = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        if not first:
            self.fuse.extend(
                CrossGating(width, width, width, side, grows=False)
                for width, side in zip(widths, SIDES, strict=True)
            )
        befores = [widths[0], *widths[:-1]]
        self.encoders = nn.ModuleList(
            Encoder(before + width, width, side, gated=not first, halves=True)
            for before, width, side in zip(befores, widths, SIDES, strict=True)
        )
        self.bottom = nn.ModuleList(Bottleneck(widths[-1], widths[-1], SIDES[-1]) for _ in range(2))
        levels = list(range(LEVELS))
        self.signals = nn.ModuleList(Sizes(widths, levels, level) for level in levels)
        above = [*widths[1:], widths[-1]]
        self.cross = nn.ModuleList(
            CrossGating(LEVELS * width, upper, width, side, grows=True)
            for width, upper, side in zip(widths, above, SIDES, strict=True)
        )
        self.skips = nn.ModuleList(Sizes(widths, levels[::-1], level) for level in levels)
        self.decoders = nn.ModuleList(
            Decoder(upper, LEVELS * width, width, side)
            for width, upper, side in zip(widths, above, SIDES, strict=True)
        )
        if last:
            self.outputs.append(nn.Conv2d(widths[0], 3, 3, padding=1))
        else:
            self.supervision.extend(Supervision(width) for width in widths)

    def forward(
        self, pictures: list[torch.Tensor], handed: list[torch.Tensor], before: list[torch.Tensor]
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Go down and up once.

        Args:
            pictures: `(H, W, 3)` of each level.
            handed: features of each level from the supervision of the stage before; empty in the first.
            before: what the encoder and the decoder of the stage before had at each level, added.

        Returns:
            The decoder's features of each level, and the same added to the encoder's.
        """
        x: torch.Tensor | None = None
        encoded = []
        for level, encoder in enumerate(self.encoders):
            fresh = convolved(self.inputs[level], pictures[level])
            if handed:
                fresh, _ = self.fuse[level](fresh, handed[level])
            x = fresh if x is None else x
            found = encoder(encoder.narrow(x, fresh), before[level] if before else None)
            encoded.append(found)
            x = convolved(encoder.down, found)
        for block in self.bottom:
            x = block(x)
        skips: dict[int, torch.Tensor] = {}
        guide = x
        for level in reversed(range(LEVELS)):
            cross = self.cross[level]
            signal = self.signals[level](encoded, cross.x_in.weight, cross.x_in.bias)
            skips[level], guide = cross.gated(signal, guide)
        decoded: dict[int, torch.Tensor] = {}
        for level in reversed(range(LEVELS)):
            features = [skips[each] for each in range(LEVELS)]
            x = decoded[level] = self.decoders[level](x, self.skips[level], features)
        found = [decoded[level] for level in range(LEVELS)]
        return found, [down + up for down, up in zip(encoded, found, strict=True)]


class Maxim(nn.Module):
    """The network of figure 2.

    Args:
        stages: 2 for MAXIM-2S, 3 for MAXIM-3S.
        features: channels of the largest level.
    """

    def __init__(self, stages: int, features: int = FEATURES) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            Stage(features, first=number == 0, last=number == stages - 1) for number in range(stages)
        )

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Restore a picture.

        Args:
            picture: `(1, 3, H, W)`, RGB 0..1, H and W multiples of 64.

        Returns:
            `(1, 3, H, W)`, nominally 0..1.
        """
        start = as_pixels(picture)
        # Nearest neighbours of half pixels: the pixel below and right of the middle.
        pictures = [start[2**level // 2 :: 2**level, 2**level // 2 :: 2**level] for level in range(LEVELS)]
        handed: list[torch.Tensor] = []
        before: list[torch.Tensor] = []
        for stage in self.stages:
            found, before = stage(pictures, handed, before)
            handed = [
                module(x, small) for module, x, small in zip(stage.supervision, found, pictures, strict=False)
            ]
        result = convolved(self.stages[-1].outputs[0], found[0]) + start
        return as_planes(result)


def resized(x: torch.Tensor, scale: float) -> torch.Tensor:
    """`(H, W, C)` at another size, bilinear; where it shrinks, with a triangle as wide as a pixel of the result.

    Args:
        x: the picture.
        scale: 4, 2, 1, 1/2 or 1/4.
    """
    if scale == 1:
        return x
    planes = as_planes(x)
    if scale > 1:
        planes = functional.interpolate(planes, scale_factor=scale, mode="bilinear")
    else:
        planes = _shrunk(planes, round(1 / scale))
    return as_pixels(planes)


def _shrunk(planes: torch.Tensor, factor: int) -> torch.Tensor:
    """`(1, C, H, W)` to `(1, C, H/factor, W/factor)`, each pixel the mean of its surroundings under a triangle.

    At the borders the triangle is cut and its weights are made to add up to 1 again. That is a convolution over
    a border that holds what those weights give for the outermost pixel.
    """
    taps = 1 - (torch.arange(2 * factor) - factor + 0.5).abs() / factor
    beyond = factor // 2
    inside = taps[beyond:] / taps[beyond:].sum()
    rows, columns = inside[:, None], inside[None, :]
    many = len(inside)
    above = (planes[:, :, :many] * rows).sum(dim=2, keepdim=True).expand(-1, -1, beyond, -1)
    below = (planes[:, :, -many:] * rows.flip(0)).sum(dim=2, keepdim=True).expand(-1, -1, beyond, -1)
    planes = torch.cat([above, planes, below], dim=2)
    left = (planes[..., :many] * columns).sum(dim=3, keepdim=True).expand(-1, -1, -1, beyond)
    right = (planes[..., -many:] * columns.flip(1)).sum(dim=3, keepdim=True).expand(-1, -1, -1, beyond)
    planes = torch.cat([left, planes, right], dim=3)
    channels = int(planes.shape[1])
    kernel = (taps[:, None] * taps / factor**2).expand(channels, 1, 2 * factor, 2 * factor)
    return functional.conv2d(planes, kernel, stride=factor, groups=channels)
