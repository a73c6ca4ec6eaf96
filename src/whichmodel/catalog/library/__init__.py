"""The library of papers: records, an index of their words and vectors of their meaning.

`Library` says what every library answers; `EmbeddedLibrary` is the one in a folder of this computer.
Ranking, fusing words with meaning and the threshold are no part of it (`whichmodel.recommending`).
"""

from whichmodel.catalog.library.embedded import EmbeddedLibrary
from whichmodel.catalog.library.protocol import EVERYTHING, Filters, Found, Library
from whichmodel.catalog.library.spans import Match, spans

__all__ = ["EVERYTHING", "EmbeddedLibrary", "Filters", "Found", "Library", "Match", "spans"]
