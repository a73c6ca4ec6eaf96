"""Evidence about results: what can be shown, and what cannot."""

from whichmodel.examining.first import Agreement, FirstEvidence, explain, first_evidence
from whichmodel.examining.full import Evidence, full_evidence
from whichmodel.examining.words import paragraph

__all__ = [
    "Agreement",
    "Evidence",
    "FirstEvidence",
    "explain",
    "first_evidence",
    "full_evidence",
    "paragraph",
]
