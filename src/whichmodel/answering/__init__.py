"""From a Brief to an Answer, and the Answer as Markdown, HTML, terminal text or JSON."""

from whichmodel.answering.mermaid import to_mermaid
from whichmodel.answering.writer import write

__all__ = ["to_mermaid", "write"]
