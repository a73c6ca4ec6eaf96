"""The further inputs of a workflow, beside the photo: are they there, and do masks fit it?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from whichmodel.domain import DataType, InputError, Workflow
from whichmodel.nodes.operation import Size


def check_others(workflow: Workflow, given: Mapping[str, Path]) -> dict[str, Path]:
    """The files of a workflow's further inputs by name, in the order of its inputs.

    Raises:
        InputError: one is missing, or one is given that the workflow does not take.
    """
    wanted = [port.name for port in workflow.inputs[1:]]
    unknown = [name for name in given if name not in wanted]
    if unknown:
        takes = f"it takes beside the photo: {', '.join(wanted)}" if wanted else "it takes the photo alone"
        raise InputError(f"the workflow has no further input {unknown[0]!r}", hint=takes)
    for name in wanted:
        if name not in given:
            raise InputError(
                f"the workflow takes {name!r} beside the photo, and no file is given for it",
                hint=f"--input {name}=FILE",
            )
    return {name: given[name] for name in wanted}


def check_masks(
    workflow: Workflow, files: Mapping[str, Path], sizes: Mapping[str, Size], photo: Size
) -> None:
    """Check that every mask has the size of the photo, pixel by pixel.

    Args:
        files: of the further inputs by name; `sizes` are theirs.

    Raises:
        InputError: names the file and both sizes.
    """
    for port in workflow.inputs[1:]:
        if port.type == DataType.MASK and sizes[port.name] != photo:
            raise InputError(
                f"the mask {files[port.name]} has {sizes[port.name]} pixels, the photo {photo}",
                hint="a mask marks the photo pixel by pixel: make it at the photo's own size",
            )
