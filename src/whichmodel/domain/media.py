"""What flows between steps: data types and typed ports."""

from __future__ import annotations

from enum import StrEnum

from whichmodel.domain.record import Record


class DataType(StrEnum):
    """The kinds of data that tasks take and give.

    >>> import whichmodel
    >>> whichmodel.DataType.IMAGE == "image", whichmodel.DataType("depth-map").name
    (True, 'DEPTH_MAP')
    """

    IMAGE = "image"
    MASK = "mask"
    TEXT = "text"
    AUDIO = "audio"
    VIDEO = "video"
    LABELS = "labels"
    BOXES = "boxes"
    KEYPOINTS = "keypoints"
    TRACKS = "tracks"
    SEGMENTS = "segments"
    DEPTH_MAP = "depth-map"
    HEATMAP = "heatmap"
    POINT_CLOUD = "point-cloud"
    MESH = "mesh"
    VECTOR_GRAPHIC = "vector-graphic"
    EMBEDDING = "embedding"
    MATCHES = "matches"
    GRAPH = "graph"
    ITEMS = "items"
    SERIES = "series"
    ACTIONS = "actions"
    DATASET = "dataset"
    MODEL = "model"


class Port(Record, frozen=True, kw_only=True):
    """One input or output of a task or a step.

    Args:
        name: what it is called, e.g. `"photo"`.
        type: what kind of data it carries.
        shape: its shape in words a builder can use, e.g. `"h × w × 3"`; empty where it has none.

    >>> import whichmodel
    >>> whichmodel.Port(name="photo", type=whichmodel.DataType.IMAGE, shape="h × w × 3").type.value
    'image'
    """

    name: str
    type: DataType
    shape: str = ""
