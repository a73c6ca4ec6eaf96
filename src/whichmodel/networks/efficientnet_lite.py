"""EfficientNet-Lite0: names what a picture shows (Tan and Le 2019, arXiv 1905.11946; the Lite variant of 2020).

The Lite variant is EfficientNet-B0 (table 1 of the paper) without squeeze-and-excitation and with ReLU6 in place of
swish; stem and head keep their width. The weights were learned in TensorFlow, whose padding is kept: where a stride
of 2 leaves one row too many, it is added behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from whichmodel.networks.export import export, load_strictly, read_state

SIDE = 224
CLASSES = 1000

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, side of the convolution, stride of the first, expansion, and width of each stage (table 1)."""

_STEM, _HEAD = 32, 1280
_EPSILON = 1e-3


class _Same(nn.Conv2d):
    """A convolution with TensorFlow's padding for even sides."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        missing = [
            max((-(-side // step) - 1) * step + width - side, 0)
            for side, step, width in zip(x.shape[2:], self.stride, self.kernel_size, strict=True)
        ]
        down, right = missing
        return super().forward(
            functional.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
        )


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=_EPSILON)


class _Block(nn.Module):
    """Widen, look around channel by channel, narrow; and the input added where size and width stay.

    The modules carry the names of the weights.
    """

    def __init__(self, before: int, after: int, side: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        self._widens = expansion > 1
        if self._widens:
            self._expand_conv = nn.Conv2d(before, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = _Same(wide, wide, side, stride=stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = nn.Conv2d(wide, after, 1, bias=False)
        self._bn2 = _norm(after)
        self._adds = stride == 1 and before == after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self._widens else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self._adds else y


class EfficientNetLite(nn.Module):
    """The network.

    Args:
        stages: as in `STAGES`.
        head: width of the last features.
        classes: how many it tells apart.
    """

    def __init__(
        self,
        stages: tuple[tuple[int, int, int, int, int], ...] = STAGES,
        head: int = _HEAD,
        classes: int = CLASSES,
    ) -> None:
        super().__init__()
        self._conv_stem = _Same(3, _STEM, 3, stride=2, bias=False)
        self._bn0 = _norm(_STEM)
        blocks, width = [], _STEM
        for count, side, stride, expansion, after in stages:
            for number in range(count):
                blocks.append(_Block(width, after, side, stride if number == 0 else 1, expansion))
                width = after
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(width, head, 1, bias=False)
        self._bn1 = _norm(head)
        self._fc = nn.Linear(head, classes)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Tell what a picture shows.

        Args:
            picture: `(1, 3, 224, 224)`, RGB, about -1..1.

        Returns:
            `(1, classes)`, probabilities that add up to 1.
        """
        x = functional.relu6(self._bn0(self._conv_stem(picture)))
        for block in self._blocks:
            x = block(x)
        x = functional.relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3))
        return torch.softmax(self._fc(x), dim=1)


def convert_lite0(files: Mapping[str, Path], folder: Path) -> None:
    """Write `model.onnx` from the file of role `pth` (a PyTorch state dictionary).

    Raises:
        ValueError: the numbers are not those of this network.
    """
    network = EfficientNetLite()
    load_strictly(network, read_state(files["pth"]))
    export(
        network,
        folder / "model.onnx",
        inputs={"picture": torch.zeros(1, 3, SIDE, SIDE)},
        outputs=["probabilities"],
        free_sides=[],
    )
