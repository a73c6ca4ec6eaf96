"""What programs order: the options of `whichmodel plan`, `run` and `evidence` as records, photos by their ids.

The fields are called like the options, so that what is said about an option can be said about a field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from whichmodel.domain import Record, Workflow

PhotoId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", description="Id of a photo of yours.")]
Words = Annotated[str, Meta(min_length=1, max_length=4000)]
TaskId = Annotated[str, Meta(min_length=1, max_length=60)]
PrintSize = Annotated[
    str, Meta(max_length=60, description="Size of a wished print: 60x90cm, A3, wall 3x2 m; empty: none.")
]
Dpi = Annotated[int, Meta(ge=0, le=10_000, description="Dots per inch of that print; 0: by its size.")]
Without = Annotated[
    tuple[TaskId, ...], Meta(max_length=8, description="Tasks left out before an enlargement: denoising.")
]
Also = Annotated[
    tuple[TaskId, ...], Meta(max_length=8, description="Tasks added before an enlargement: deblurring.")
]
Place = Callable[[str], Path]
"""Where the file of a photo stands, by its id."""


class GivenWorkflow(Workflow, frozen=True, kw_only=True):
    """A workflow as it comes in an answer, a plan, or a workflow file."""

    schema_version: Literal[1] = 1
    document: Literal["workflow"] = "workflow"

    def plain(self) -> Workflow:
        """Without what marks a document."""
        return Workflow(title=self.title, inputs=self.inputs, steps=self.steps, output=self.output)


class Order(Record, frozen=True, kw_only=True):
    """What is to be done to a photo, as for `whichmodel plan` and `run`.

    Args:
        what: plain words, the exact name of a model, or a workflow.
        paper, dpi: of a wished print; they go with plain words.
        keep: a photo that is a mask, white where the photo is left alone.
        further: photos that are further inputs of a workflow, by the name of the input.
        look: whether the photo is looked at before it is enlarged.
        without, also: tasks that are left out or added then, whatever was found.
        substitute: models, joined by `+`, in the place of one that cannot run here.
        tile: side of a tile in pixels.
    """

    what: Words | GivenWorkflow
    paper: PrintSize = msgspec.field(name="print", default="")
    dpi: Dpi = 0
    keep: PhotoId | None = None
    further: Annotated[
        dict[str, PhotoId], Meta(max_length=8, description="Photos that a workflow takes beside, by input.")
    ] = msgspec.field(name="input", default_factory=dict)
    look: bool = True
    without: Without = ()
    also: Also = msgspec.field(name="with", default=())
    substitute: Annotated[str, Meta(max_length=200)] | None = None
    tile: Annotated[int, Meta(ge=16, le=4096)] = 256

    @property
    def title(self) -> str:
        """What is ordered, for people."""
        return self.what.title[:200] if isinstance(self.what, GivenWorkflow) else " ".join(self.what.split())

    def brought(self) -> Iterator[str]:
        """Ids of the photos that come beside the one that is worked on."""
        if self.keep is not None:
            yield self.keep
        yield from self.further.values()


class Making(Order, frozen=True, kw_only=True):
    """An order of a run.

    Args:
        format: of the result.
        quality: of JPEG and WebP.
        pyramid: a TIFF in tiles with smaller copies, whatever its size.
    """

    format: Literal["png", "jpg", "tif", "webp"] = "png"
    quality: Annotated[int, Meta(ge=1, le=100)] = 92
    pyramid: bool = False


class Comparing(Record, frozen=True, kw_only=True):
    """An order of evidence, as for `whichmodel evidence`.

    Args:
        after: the result that is compared with the photo.
        blur: how the photo was reduced: cubic, area, lanczos3, linear, gaussian-0.4, ...; else it is estimated.
        noise: in the photo, 0..255, where it is known.
        model: that made the result, where nothing in it tells.
    """

    after: PhotoId
    blur: Annotated[str, Meta(max_length=40)] | None = None
    noise: Annotated[float, Meta(ge=0, le=255)] | None = None
    model: Annotated[str, Meta(max_length=200)] | None = None


def beside(id: str) -> Path:
    """What a photo is called that was brought beside the one that a run works on, in the folder of the run."""
    return Path(f"brought-{id}")
