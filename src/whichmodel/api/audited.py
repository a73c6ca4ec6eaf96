"""Auditing an answer that comes as bytes: the bounds and the messages are the same whichever way it came in."""

from __future__ import annotations

from whichmodel.domain import Audit, InputError
from whichmodel.understand.prompt_format import MAX_BYTES, read_prompt


def audit_texts(prompt: bytes, answer: bytes, *, prompt_name: str, answer_name: str) -> tuple[Audit, str]:
    """The findings on an answer to a prompt, and the answer as text.

    Args:
        prompt, answer: UTF-8, at most 8 MB each.
        prompt_name, answer_name: what messages call them: a path, "stdin".

    Raises:
        InputError: the prompt is none, or the answer is too long, no text, or empty.
    """
    from whichmodel.answering.audit import audit

    brief = read_prompt(prompt, where=prompt_name)
    text = _decoded(answer, answer_name)
    return audit(brief, text), text


def must_mend(found: Audit) -> bool:
    """Whether an audit found something that the answer has to change."""
    return bool(
        found.links.outside
        or found.links.missing
        or found.names.outside
        or found.parts_missing
        or found.mismatch.told is False
        or any(claim.verdict in ("unsupported", "contradicted") for claim in found.claims)
    )


def _decoded(data: bytes, where: str) -> str:
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{where} is larger than {MAX_BYTES // 2**20} MB, the most that an answer may have",
            hint="give one answer, not a collection",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where} is not UTF-8 text: byte {error.start} cannot be read", hint="save it as UTF-8"
        ) from error
    if not text.strip():
        raise InputError(f"{where} is empty", hint="give the answer that should be audited")
    return text
