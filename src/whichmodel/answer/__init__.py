"""From a Brief to an Answer, and the Answer as Markdown, HTML, terminal text or JSON."""

from whichmodel.answer.mermaid import to_mermaid
from whichmodel.answer.writer import write

__all__ = ["to_mermaid", "write"]
