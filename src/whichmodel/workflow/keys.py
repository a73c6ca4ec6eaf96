"""Names of results by what they were made from: the same name means the same bytes."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from typing import Any

from whichmodel.domain import Step
from whichmodel.nodes.operation import Context, Operation
from whichmodel.pictures.bridge import pyvips

ENGINE_VERSION = 1
"""Raised whenever an operation's result, the order of samples or the units' meaning changes."""


def input_key(sha256: str) -> str:
    """Name of a decoded input.

    Args:
        sha256: of the file's bytes, 64 hexadecimal digits.
    """
    return _key({"decoded": sha256})


def step_key(step: Step, operation: Operation, inputs: Mapping[str, str], context: Context) -> str:
    """Name of a step's result.

    Titles and names of steps and ports' sources do not matter, what they stand for does.

    Args:
        inputs: names of the values at the step's ports.
        context: with the result's size and kind.
    """
    kind = context.kind
    return _key(
        {
            "operation": step.operation,
            "model": step.model,
            "parameters": dict(step.parameters),
            "identity": dict(operation.identity(step, context)),
            "inputs": dict(inputs),
            "size": [context.size.width, context.size.height],
            "kind": [kind.bands, kind.bits, kind.alpha],
        }
    )


def _key(facts: dict[str, Any]) -> str:
    """sha256 over the facts and what all results depend on, as 64 hexadecimal digits."""
    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    everything = {**facts, "engine": ENGINE_VERSION, "libvips": libvips, "machine": platform.machine()}
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()
