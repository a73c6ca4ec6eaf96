"""Files that appear under their name whole or not at all, and locks between processes."""

from whichmodel.files.lock import Lock, try_lock
from whichmodel.files.replacing import replacing

__all__ = ["Lock", "replacing", "try_lock"]
