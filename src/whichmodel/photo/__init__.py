"""What can be told about a photo before anything is planned for it: measured, then judged."""

from whichmodel.photo.facts import measure
from whichmodel.photo.judge import all_clear, findings
from whichmodel.photo.things import find_faces, find_text

__all__ = ["all_clear", "find_faces", "find_text", "findings", "measure"]
