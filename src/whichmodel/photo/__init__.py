"""What can be told about a photo before anything is planned for it: measured, then judged."""

from whichmodel.photo.facts import measure
from whichmodel.photo.judge import all_clear, findings

__all__ = ["all_clear", "findings", "measure"]
