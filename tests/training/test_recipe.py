"""The published loss and learning rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("pytorch")


def planes(seed: int, *shape: int) -> Any:
    """Random values 0..1."""
    import torch

    return torch.from_numpy(np.random.default_rng(seed).random(shape, dtype=np.float32))


def test_the_spectral_distance_is_that_of_its_definition() -> None:
    from whichmodel.training.recipe import spectral_l1

    one, other = planes(1, 2, 3, 8, 12), planes(2, 2, 3, 8, 12)
    difference = np.fft.fft2(one.numpy().astype(np.float64)) - np.fft.fft2(other.numpy().astype(np.float64))
    wanted = (np.abs(difference.real) + np.abs(difference.imag)).mean() / 2
    assert float(spectral_l1(one, other)) == pytest.approx(wanted, rel=1e-5)
    assert float(spectral_l1(one, one)) == 0


def test_it_outweighs_the_pixels_as_measured() -> None:
    from torch.nn import functional

    from whichmodel.training.recipe import spectral_l1

    one, other = planes(1, 4, 3, 64, 64), planes(2, 4, 3, 64, 64)
    assert float(spectral_l1(one, other) / functional.l1_loss(one, other)) == pytest.approx(44, rel=0.03)


def test_all_six_outputs_count_alike() -> None:
    from torch.nn import functional

    from whichmodel.networks.mssnet import halved
    from whichmodel.training.recipe import loss_of, spectral_l1

    sharp = planes(0, 2, 3, 32, 48)
    outputs = [planes(1, 2, 3, 16, 24), *[planes(seed, 2, 3, 32, 48) for seed in range(2, 7)]]
    found = loss_of(outputs, sharp)
    due = [halved(sharp), *[sharp] * 5]
    pixels = sum(float(functional.l1_loss(one, other)) for one, other in zip(outputs, due, strict=True))
    spectrum = sum(float(spectral_l1(one, other)) for one, other in zip(outputs, due, strict=True))
    assert float(found.pixels) == pytest.approx(pixels, rel=1e-5)
    assert float(found.spectrum) == pytest.approx(spectrum, rel=1e-5)
    assert float(found.total) == pytest.approx(pixels + 0.1 * spectrum, rel=1e-5)
    assert float(loss_of([halved(sharp), *[sharp] * 5], sharp).total) == 0


def test_the_published_rates() -> None:
    """A third of the rate in the first epoch, all of it in the third, half way in the middle, 1e-6 at the end."""
    from whichmodel.training.recipe import rate_of

    published = {"epochs": 3000, "rate": 2e-4, "lowest": 1e-6, "warm_up": 3}
    rates = [rate_of(epoch, **published) for epoch in range(3000)]  # type: ignore[arg-type]
    assert rates[0] == pytest.approx(2e-4 / 3)
    assert rates[2] == 2e-4
    assert max(rates) == 2e-4
    assert rates[3:] == sorted(rates[3:], reverse=True)
    assert rates[1501] == pytest.approx((2e-4 + 1e-6) / 2, rel=2e-3)
    assert rates[-1] == pytest.approx(1e-6)
    assert rate_of(0, epochs=1, rate=1.0, lowest=0.0, warm_up=0) == 0
