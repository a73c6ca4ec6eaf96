"""From plain words to an `Intent`: the task, the factor, the print size, and the words that say so."""

from whichmodel.understand.intent import understand

__all__ = ["understand"]
