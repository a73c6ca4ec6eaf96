"""MSSNet: takes motion blur out of a picture, over three sizes with 1, 2 and 3 stages (Kim, Lee, Cho 2022).

MSSNet: Multi-Scale-Stage Network for Single Image Deblurring, ECCV 2022 Workshops, arXiv 2202.09652. Six U-shaped
networks stand one behind the other: one works on features of a quarter of the picture's size, two on half, three on
the whole. Each is given what the encoder and decoder of the one before found (cross-stage and cross-scale feature
fusion), and each adds its correction to the blurred picture. Pictures become features of half the size by
rearranging pixels, not by shrinking, so that nothing is lost on the way down.

Written from a description of its structure and from measured facts about the published weights, whose names and
shapes it keeps: strict loading takes them. No convolution has a bias and the one activation is a PReLU, so the
network is positively homogeneous: `f(a x) = a f(x)` for `a > 0`, and black stays black.

Shapes below are `(channels, height, width)`; `c1, c2, c3` are the widths of a variant and `H, W` the picture's sides.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

Maps = list[torch.Tensor]
"""Features of one encoder or decoder, finest first: `(c1, h, w)`, `(c2, h/2, w/2)`, `(c3, h/4, w/4)`."""

VARIANTS: Mapping[str, tuple[int, int, int]] = {
    "small": (20, 60, 100),
    "base": (54, 96, 138),
    "large": (80, 130, 180),
}
"""Widths `c1, c2, c3` of the three levels of every U-net."""

MULTIPLE = 16
"""Sides must be a multiple: the coarsest features are a quarter of the picture, halved twice more."""

OUTPUTS = ("res1_1", "res2_1", "res2_2", "res3_1", "res3_2", "res3_3")
"""What `forward` gives, in order: stage 1 of scale 1 (half the size), stages 1, 2 of scale 2, 1 to 3 of scale 3."""


def _conv3(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1, bias=False)


def _conv1(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 1, bias=False)


def _resized(factor: float) -> nn.Upsample:
    return nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)


def _twice(x: torch.Tensor) -> torch.Tensor:
    """`(c, h, w)` to `(c, 2h, 2w)`."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def halved(picture: torch.Tensor) -> torch.Tensor:
    """Half the size as the network's pyramid has it: the corners of both grids lie upon each other.

    Args:
        picture: `(B, 3, H, W)`.

    Returns:
        `(B, 3, H/2, W/2)`.
    """
    return functional.interpolate(picture, scale_factor=0.5, mode="bilinear", align_corners=True)


class _Residual(nn.Module):
    """`(c, h, w)` to the same: two convolutions added to what they were given; the activation is shared."""

    def __init__(self, width: int, act: nn.PReLU) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv3(width, width), act, _conv3(width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


def _pair(width: int, act: nn.PReLU) -> nn.Sequential:
    return nn.Sequential(_Residual(width, act), _Residual(width, act))


class _Down(nn.Module):
    """`(a, h, w)` to `(b, h/2, w/2)`: shrink, then mix channels."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.down = nn.Sequential(_resized(0.5), _conv1(before, after))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(x)


class _Up(nn.Module):
    """`(a, h, w)` to `(b, 2h, 2w)`: enlarge, then mix channels."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.up = nn.Sequential(_resized(2), _conv1(before, after))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.up(x)


class _Encoder(nn.Module):
    """`(c1, h, w)` to features at three levels; with `fuses` it adds what the U-net before found at each."""

    def __init__(self, widths: tuple[int, int, int], act: nn.PReLU, *, fuses: bool) -> None:
        super().__init__()
        c1, c2, c3 = widths
        self.encoder_level1, self.encoder_level2, self.encoder_level3 = (_pair(c, act) for c in widths)
        self.down12, self.down23 = _Down(c1, c2), _Down(c2, c3)
        if fuses:
            self.csff_enc1, self.csff_enc2, self.csff_enc3 = (_conv1(c, c) for c in widths)
            self.csff_dec1, self.csff_dec2, self.csff_dec3 = (_conv1(c, c) for c in widths)

    def forward(self, x: torch.Tensor, before: tuple[Maps, Maps] | None = None) -> Maps:
        e1 = self.encoder_level1(x)  # (c1, h, w)
        if before is not None:
            e1 = e1 + self.csff_enc1(before[0][0]) + self.csff_dec1(before[1][0])
        e2 = self.encoder_level2(self.down12(e1))  # (c2, h/2, w/2)
        if before is not None:
            e2 = e2 + self.csff_enc2(before[0][1]) + self.csff_dec2(before[1][1])
        e3 = self.encoder_level3(self.down23(e2))  # (c3, h/4, w/4)
        if before is not None:
            e3 = e3 + self.csff_enc3(before[0][2]) + self.csff_dec3(before[1][2])
        return [e1, e2, e3]


class _Decoder(nn.Module):
    """Features of an encoder to features of the same sizes, from the coarsest up."""

    def __init__(self, widths: tuple[int, int, int], act: nn.PReLU) -> None:
        super().__init__()
        c1, c2, c3 = widths
        self.decoder_level1, self.decoder_level2, self.decoder_level3 = (_pair(c, act) for c in widths)
        self.skip_attn1, self.skip_attn2 = _Residual(c1, act), _Residual(c2, act)
        self.up32, self.up21 = _Up(c3, c2), _Up(c2, c1)

    def forward(self, encoded: Maps) -> Maps:
        e1, e2, e3 = encoded
        d3 = self.decoder_level3(e3)  # (c3, h/4, w/4)
        d2 = self.decoder_level2(self.up32(d3) + self.skip_attn2(e2))  # (c2, h/2, w/2)
        d1 = self.decoder_level1(self.up21(d2) + self.skip_attn1(e1))  # (c1, h, w)
        return [d1, d2, d3]


class _ShuffledTail(nn.Module):
    """`(c1, h, w)` to a correction `(3, 2h, 2w)`: 12 channels rearranged into 2 x 2 pixels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.tail = _conv3(width, 12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.pixel_shuffle(self.tail(x), 2)


class _ScaleUp(nn.Module):
    """`(c1, h, w)` to `(c1, 2h, 2w)`: the last features of a scale for the next finer one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scaleUp = nn.Sequential(_resized(2), _conv1(width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scaleUp(x)


class MSSNet(nn.Module):
    """The network: three scales with one, two and three U-nets.

    Args:
        variant: `"small"`, `"base"` or `"large"`.
        widths: channels of the three levels, instead of those of the variant.

    Raises:
        ValueError: there is no such variant.
    """

    def __init__(self, variant: str = "base", *, widths: tuple[int, int, int] | None = None) -> None:
        super().__init__()
        if widths is None and variant not in VARIANTS:
            raise ValueError(f"there is no variant {variant!r}; known: {', '.join(VARIANTS)}")
        self.widths = widths or VARIANTS[variant]
        c1 = self.widths[0]
        act = nn.PReLU()  # one number for the whole network

        self.shallow_feat1 = nn.Sequential(_conv3(12, c1), _Residual(c1, act))
        self.E1_1, self.D1_1 = self._u_net(act, fuses=False)
        self.tail1_1 = _ShuffledTail(c1)

        self.shallow_feat2 = nn.Sequential(_conv3(12, c1), _Residual(c1, act))
        self.up_scale1_feat = _ScaleUp(c1)
        self.fusion12 = _conv3(2 * c1, c1)
        self.E2_1, self.D2_1 = self._u_net(act)
        self.E2_2, self.D2_2 = self._u_net(act)
        self.tail2_1, self.tail2_2 = _ShuffledTail(c1), _ShuffledTail(c1)

        self.shallow_feat3 = nn.Sequential(_conv3(3, c1), _Residual(c1, act))
        self.up_scale2_feat = _ScaleUp(c1)
        self.fusion23 = _conv3(2 * c1, c1)
        self.E3_1, self.D3_1 = self._u_net(act)
        self.E3_2, self.D3_2 = self._u_net(act)
        self.E3_3, self.D3_3 = self._u_net(act)
        self.tail3_1, self.tail3_2, self.tail3_3 = (_conv3(c1, 3) for _ in range(3))

    def _u_net(self, act: nn.PReLU, *, fuses: bool = True) -> tuple[_Encoder, _Decoder]:
        return _Encoder(self.widths, act, fuses=fuses), _Decoder(self.widths, act)

    def forward(self, blurred: torch.Tensor) -> list[torch.Tensor]:
        """Sharpen pictures, with all that is made on the way; training compares each with the sharp picture.

        Args:
            blurred: `(B, 3, H, W)`, RGB 0..1, H and W multiples of 16.

        Returns:
            Six tensors in the order of `OUTPUTS`, nominally 0..1 and not clipped: the first
            `(B, 3, H/2, W/2)`, the others `(B, 3, H, W)`. The last is the result.

        Raises:
            ValueError: another shape.
        """
        found = self._features(blurred)
        smaller = halved(blurred)
        return [
            self.tail1_1(found[0]) + smaller,
            self.tail2_1(found[1]) + blurred,
            self.tail2_2(found[2]) + blurred,
            self.tail3_1(found[3]) + blurred,
            self.tail3_2(found[4]) + blurred,
            self.tail3_3(found[5]) + blurred,
        ]

    def sharpen(self, blurred: torch.Tensor) -> torch.Tensor:
        """The last output of `forward` alone, bit by bit the same; `(B, 3, H, W)` in and out."""
        return self.tail3_3(self._features(blurred)[5]) + blurred

    def _features(self, blurred: torch.Tensor) -> list[torch.Tensor]:
        """The finest decoded features of each of the six U-nets, in order."""
        if blurred.dim() != 4 or blurred.shape[1] != 3:
            raise ValueError(f"a batch of RGB pictures is due, not shape {tuple(blurred.shape)}")
        height, width = blurred.shape[2:]
        if height % MULTIPLE or width % MULTIPLE:
            raise ValueError(f"{width} x {height} pixels: both sides must be multiples of {MULTIPLE}")

        # Scale 1: features (c1, H/4, W/4) of the picture of half the size.
        x = self.shallow_feat1(functional.pixel_unshuffle(halved(blurred), 2))
        e11 = self.E1_1(x)
        d11 = self.D1_1(e11)

        # Scale 2: features (c1, H/2, W/2) of the picture itself, with those of scale 1 enlarged.
        x = self.shallow_feat2(functional.pixel_unshuffle(blurred, 2))
        x = self.fusion12(torch.cat([x, self.up_scale1_feat(d11[0])], dim=1))
        e21 = self.E2_1(x, ([_twice(e) for e in e11], [_twice(d) for d in d11]))
        d21 = self.D2_1(e21)
        e22 = self.E2_2(d21[0], (e21, d21))
        d22 = self.D2_2(e22)

        # Scale 3: features (c1, H, W).
        x = self.shallow_feat3(blurred)
        x = self.fusion23(torch.cat([x, self.up_scale2_feat(d22[0])], dim=1))
        e31 = self.E3_1(x, ([_twice(e) for e in e22], [_twice(d) for d in d22]))
        d31 = self.D3_1(e31)
        e32 = self.E3_2(d31[0], (e31, d31))
        d32 = self.D3_2(e32)
        e33 = self.E3_3(d32[0], (e32, d32))
        d33 = self.D3_3(e33)
        return [d11[0], d21[0], d22[0], d31[0], d32[0], d33[0]]


class Sharpener(nn.Module):
    """The network as a function from one picture to one picture, as it is exported."""

    def __init__(self, network: MSSNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, blurred: torch.Tensor) -> torch.Tensor:
        """`(B, 3, H, W)` to the same; see `MSSNet.sharpen`."""
        return self.network.sharpen(blurred)


_WIDTHS_FROM = ("shallow_feat1.0.weight", "E1_1.down12.down.1.weight", "E1_1.down23.down.1.weight")
"""Convolutions whose outputs have the widths c1, c2, c3."""


def variant_of(numbers: Mapping[str, torch.Tensor]) -> str:
    """Which variant a state dictionary is of, from its shapes.

    Raises:
        ValueError: of none.
    """
    found = tuple(
        int(numbers[name].shape[0]) for name in _WIDTHS_FROM if name in numbers and numbers[name].dim() == 4
    )
    for name, widths in VARIANTS.items():
        if widths == found:
            return name
    told = f"widths {found}" if len(found) == len(_WIDTHS_FROM) else "other names"
    raise ValueError(f"these numbers are of no variant of the network: {told}")


def check_shared_slope(numbers: Mapping[str, torch.Tensor]) -> None:
    """The slope of the activation stands under one name for each block, and is one number everywhere.

    Raises:
        ValueError: two of them differ, so that the numbers are of another network.
    """
    slopes = {name: numbers[name] for name in numbers if name.endswith("body.1.weight")}
    first = next(iter(slopes.values()), None)
    for name, slope in slopes.items():
        if first is None or not torch.equal(slope, first):
            raise ValueError(f"{name} is not the slope that the other blocks have; the network has only one")
