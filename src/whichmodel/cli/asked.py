"""The options that say how large a print is wished, what is left alone, and what comes in beside the photo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

PRINT = click.option(
    "--print",
    "paper",
    metavar="SIZE",
    default="",
    help="Size of a wished print: 60x90cm, 24x36in, A3, letter, 'wall 3x2 m'; the whole picture fits on it.",
)
DPI = click.option(
    "--dpi",
    metavar="N",
    type=int,
    help="Dots per inch of the print; by default by its size, for a wall by the distance that it is seen from.",
)
KEEP = click.option(
    "--keep",
    metavar="MASK",
    type=click.Path(path_type=Path),
    help="A picture of the photo's size, white where the photo is left alone (resampled only).",
)
INPUT = click.option(
    "--input",
    "further",
    metavar="NAME=FILE",
    multiple=True,
    help="A further input of a workflow file, beside the photo; can be given several times.",
)


def wishes(command: Callable[..., Any]) -> Callable[..., Any]:
    """The four options, on a command."""
    return PRINT(DPI(KEEP(INPUT(command))))
