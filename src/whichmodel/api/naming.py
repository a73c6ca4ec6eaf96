"""What a result is called, and whether it is there already: the same whoever does the work."""

from __future__ import annotations

from pathlib import Path

from whichmodel.api.asked import Asked
from whichmodel.api.limits import limits_of


def result_name(asked: Asked, source: Path, target: Path, max_megapixels: int | None = None) -> Path:
    """The name of a result in a folder; data are not called like the picture.

    Raises:
        WhichmodelError: the picture cannot be read, or nothing can be planned for it.
    """
    from whichmodel.pictures import read_header
    from whichmodel.workflow.data_output import named_for

    return named_for(asked.workflow(read_header(source, limits_of(max_megapixels))), target)
