"""Who writes an answer: our own writer, or a language model that drafts and is checked."""

from __future__ import annotations

from whichmodel.answering import write
from whichmodel.domain import Answer, Brief, InputError, Intent

BUILTIN = "builtin"
_PREFIX = "llm:"


def is_writer(name: str) -> bool:
    """Whether this is the name of a writer: `builtin`, or `llm:NAME`."""
    return name == BUILTIN or bool(name.startswith(_PREFIX) and name.removeprefix(_PREFIX).strip())


def write_by(writer: str, brief: Brief, *, intent: Intent | None = None) -> Answer:
    """Write the answer; what became of a language model's draft stands in its `drafted`.

    Args:
        writer: `builtin`, or `llm:NAME` with a model that the `llm` library knows.

    Raises:
        InputError: no such writer, or the `llm` library or its model is missing.
    """
    if not is_writer(writer):
        raise InputError(
            f"{writer!r} is no writer",
            hint=f"give {BUILTIN}, or {_PREFIX}NAME with a model that `llm models` lists",
        )
    if writer == BUILTIN:
        return write(brief, intent=intent)
    from whichmodel.answering.llm import write_with_model

    return write_with_model(brief, writer.removeprefix(_PREFIX).strip(), intent=intent)
