"""Evidence about results: what can be shown, and what cannot."""

from whichmodel.evidence.first import Agreement, FirstEvidence, explain, first_evidence

__all__ = ["Agreement", "FirstEvidence", "explain", "first_evidence"]
