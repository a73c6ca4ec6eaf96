"""Groups of words that decide whether a paper can help: special uses that it is for, and recorded things.

The groups and their phrases are data: `catalog/data/special_uses.yaml` and `catalog/data/recorded.yaml`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

import msgspec

from whichmodel.domain import InputError
from whichmodel.understand.phrases import find_all, plain


@lru_cache(maxsize=16384)
def special_uses(text: str) -> frozenset[str]:
    """The special media and uses that a text names: point clouds, medicine, attacks, pictures from above.

    >>> sorted(special_uses("LiDAR super-resolution for drones"))
    ['from above', 'point clouds']
    """
    return _named("special_uses", text)


@lru_cache(maxsize=256)
def recorded(text: str) -> frozenset[str]:
    """The kinds of recorded or computed things that a text names; a question about the world itself names none.

    >>> sorted(recorded("take the fog out of my photo")), sorted(recorded("when does the fog lift?"))
    (['pictures'], [])
    """
    return _named("recorded", text)


def _named(file: str, text: str) -> frozenset[str]:
    words = plain(text)
    return frozenset(group for group, phrases in _groups(file).items() if find_all(phrases, words))


@cache
def _groups(name: str) -> dict[str, tuple[str, ...]]:
    import yaml

    file = resources.files("whichmodel.catalog").joinpath(f"data/{name}.yaml")
    try:
        return msgspec.convert(yaml.safe_load(file.read_bytes()), type=dict[str, tuple[str, ...]])
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise InputError(f"the catalog's file data/{name}.yaml cannot be read: {error}") from error
