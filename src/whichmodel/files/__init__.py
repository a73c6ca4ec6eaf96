"""Files that appear under their name whole or not at all."""

from whichmodel.files.replacing import replacing

__all__ = ["replacing"]
