"""Where papers come from: files (JSON lines, arXiv's snapshot, BibTeX) and arXiv's two interfaces.

Each reader gives `Row`s: a paper, or what was wrong with it and where, and how far the source has been
read. `whichmodel.catalog.library.importing` puts them into a library.
"""

from whichmodel.catalog.library.sources.rows import Problem, Row

__all__ = ["Problem", "Row"]
