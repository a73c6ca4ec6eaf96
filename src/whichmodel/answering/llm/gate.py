"""The last look: the drafted answer as its reader gets it, audited as a whole.

A sentence that stood by itself may say too much beside others ("This ..." after another sentence). What
the audit of the whole finds wrong among the drafted sentences goes; built-in sentences are not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whichmodel.answering.llm.check import Checked
from whichmodel.answering.llm.prompt import without_marks
from whichmodel.answering.llm.weave import letters
from whichmodel.answering.markdown import to_markdown
from whichmodel.domain import Answer, Audit, Brief

Auditor = Callable[[Brief, str], Audit]
_BAD = ("unsupported", "contradicted")


def last_look(answer: Answer, evidence: Brief, checked: Sequence[Checked], audit: Auditor) -> bool:
    """Take drafted sentences out of `checked` that do not stand where they stand; counts follow.

    Args:
        answer: with the drafted sentences in their slots.
        evidence: what the sentences were judged against.
        checked: what was made of the drafts; those that are in the answer.
        audit: the audit of a whole answer.

    Returns:
        Whether something was taken out.
    """
    if not any(item.drafted for item in checked):
        return False
    found = audit(evidence, to_markdown(answer))
    refused = [letters(claim.text) for claim in found.claims if claim.verdict in _BAD]
    taken = False
    for item in checked:
        for sentence in item.drafted:
            text = letters(without_marks(sentence.text))
            # A claim of the audit may leave out a label before the sentence, never a part of its end.
            if any(text.endswith(claim) for claim in refused if claim):
                item.refuse(sentence, "it does not stand in the whole answer")
                taken = True
    return taken
