"""whichmodel: which AI task did you see, which model does it, why, and run it on your own picture.

What Python programs use stands here: seven verbs, named as the commands are, and the plain types that they take and
give. Everything else is found in the packages below and may change between versions.

>>> import whichmodel
>>> whichmodel.recommend("sharpen my shaky photo").intent.task
'deblurring'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whichmodel.api.verbs import (
        answer,
        ask,
        audit,
        evidence,
        plan,
        recommend,
        run,
    )
    from whichmodel.domain import (
        Answer,
        Audit,
        Brief,
        Candidate,
        Claim,
        Cues,
        DataType,
        DraftReport,
        Edit,
        InputError,
        Intent,
        Link,
        LinkFindings,
        Mismatch,
        MismatchFinding,
        ModelCard,
        NameFindings,
        Neighbour,
        Paper,
        PictureError,
        PixelSize,
        Port,
        PrintSize,
        QuestionRow,
        Record,
        Sentence,
        Source,
        SourceRow,
        Span,
        Statement,
        Step,
        StepError,
        StepRow,
        Task,
        UnboundError,
        WeightsError,
        WhichmodelError,
        Words,
        Workflow,
    )

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Audit",
    "Brief",
    "Candidate",
    "Claim",
    "Cues",
    "DataType",
    "DraftReport",
    "Edit",
    "InputError",
    "Intent",
    "Link",
    "LinkFindings",
    "Mismatch",
    "MismatchFinding",
    "ModelCard",
    "NameFindings",
    "Neighbour",
    "Paper",
    "PictureError",
    "PixelSize",
    "Port",
    "PrintSize",
    "QuestionRow",
    "Record",
    "Sentence",
    "Source",
    "SourceRow",
    "Span",
    "Statement",
    "Step",
    "StepError",
    "StepRow",
    "Task",
    "UnboundError",
    "WeightsError",
    "WhichmodelError",
    "Words",
    "Workflow",
    "answer",
    "ask",
    "audit",
    "evidence",
    "plan",
    "recommend",
    "run",
]

_VERBS = frozenset(("answer", "ask", "audit", "evidence", "plan", "recommend", "run"))


def __getattr__(name: str) -> object:
    """Import what is asked for on its first use, so that `import whichmodel` costs next to nothing (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module("whichmodel.api.verbs" if name in _VERBS else "whichmodel.domain")
    found: object = getattr(home, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
