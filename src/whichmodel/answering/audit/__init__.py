"""The audit of an answer: which of its claims the evidence bears out, which links and names come from outside.

answer ── blocks, statements ──▶ claims ── about ──▶ whom each speaks of
                                   │
brief ── evidence, names ──────────┴──▶ signals ──▶ verdict (what can be proved, then what was weighed)
"""

from whichmodel.answering.audit.auditor import SentenceJudge, audit, judge_sentences

__all__ = ["SentenceJudge", "audit", "judge_sentences"]
