"""Loss and learning rate as the authors of MSSNet trained it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch.nn import functional

from whichmodel.networks.mssnet import halved


class Loss(NamedTuple):
    """What is minimised, and its two parts; each a tensor of one number."""

    total: torch.Tensor
    pixels: torch.Tensor
    spectrum: torch.Tensor


def spectral_l1(found: torch.Tensor, due: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of the real and imaginary parts of the two-dimensional Fourier transforms.

    The transforms are complete and not normalised, so this grows with the side of the crops.

    Args:
        found, due: `(B, C, H, W)`, float32.
    """
    difference = torch.fft.fft2(
        found - due
    )  # the transform of a difference is the difference of the transforms
    return torch.view_as_real(difference).abs().mean()


def loss_of(outputs: list[torch.Tensor], sharp: torch.Tensor, *, spectrum_weight: float = 0.1) -> Loss:
    """The sum over all six outputs of L1 in the picture and, with a weight, in its spectrum.

    Args:
        outputs: of `MSSNet.forward`; the first is compared with the sharp picture at half the size.
        sharp: `(B, 3, H, W)`.
        spectrum_weight: weight of the spectrum.
    """
    smaller = halved(sharp)
    pixels, spectrum = sharp.new_zeros(()), sharp.new_zeros(())
    for output in outputs:
        # In half precision the spectrum's large sums would lose the small differences.
        full = output.float()
        due = smaller if full.shape[-1] != sharp.shape[-1] else sharp
        pixels = pixels + functional.l1_loss(full, due)
        spectrum = spectrum + spectral_l1(full, due)
    return Loss(pixels + spectrum_weight * spectrum, pixels, spectrum)


def rate_of(epoch: int, *, epochs: int, rate: float, lowest: float, warm_up: int) -> float:
    """The learning rate of an epoch, counted from 0: a straight rise, then half a cosine down.

    >>> [round(rate_of(epoch, epochs=9, rate=3.0, lowest=0.0, warm_up=3), 2) for epoch in (0, 1, 2, 5, 8)]
    [1.0, 2.0, 3.0, 1.5, 0.0]
    """
    number = epoch + 1
    if number <= warm_up:
        return rate * number / warm_up
    share = (number - warm_up) / max(1, epochs - warm_up)
    return lowest + (rate - lowest) * (1 + math.cos(math.pi * min(1.0, share))) / 2
