"""Evidence about results: what can be shown, and what cannot."""

from whichmodel.evidence.first import Agreement, FirstEvidence, explain, first_evidence
from whichmodel.evidence.full import Evidence, full_evidence
from whichmodel.evidence.words import paragraph

__all__ = [
    "Agreement",
    "Evidence",
    "FirstEvidence",
    "explain",
    "first_evidence",
    "full_evidence",
    "paragraph",
]
