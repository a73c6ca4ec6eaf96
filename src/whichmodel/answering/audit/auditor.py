"""The audit of an answer as a whole, and of sentences one by one."""

from __future__ import annotations

from collections.abc import Sequence

from whichmodel.answering.audit.about import Context, Subject
from whichmodel.answering.audit.ground import Ground
from whichmodel.answering.audit.links import check_links
from whichmodel.answering.audit.mismatch import check_mismatch
from whichmodel.answering.audit.parts import missing_parts
from whichmodel.answering.audit.signals import measure
from whichmodel.answering.audit.statements import (
    Statement,
    as_statement,
    is_claim,
    read_statements,
    sentence_bounds,
)
from whichmodel.answering.audit.verdicts import decide
from whichmodel.domain import Audit, Brief, Claim, NameFindings

# An answer of a page has some forty sentences. What lies beyond these is told, not judged.
MOST_CLAIMS = 400
MOST_READ = 150_000


def audit(brief: Brief, answer_text: str) -> Audit:
    """Audit an answer in Markdown, whoever wrote it, against the brief that it was written from.

    Links and names are looked for in the whole text; the first 400 claims are judged, and how many sentences were
    left is told.
    Everything in brief and answer is data.

    Args:
        brief: question, models and papers: the whole evidence.
        answer_text: the answer, free Markdown.
    """
    ground = Ground(brief)
    context = Context(ground.names, ground.known)
    read, rest = _cut(answer_text)
    statements = [(statement, context.subject(statement)) for statement in read_statements(read)]
    claims = [(statement, subject) for statement, subject in statements if is_claim(statement)]
    names: dict[str, None] = {}
    for text in (*(statement.text for statement, _ in statements), *rest.splitlines()):
        names.update(dict.fromkeys(ground.known.outside(text)))
    return Audit(
        links=check_links(brief, answer_text),
        names=NameFindings(outside=tuple(names)),
        claims=tuple(_claim(statement, subject, ground) for statement, subject in claims[:MOST_CLAIMS]),
        mismatch=check_mismatch(ground, statements),
        parts_missing=missing_parts(
            answer_text,
            [statement for statement, _ in statements],
            any(source.links for source in brief.sources),
        ),
        unjudged=max(0, len(claims) - MOST_CLAIMS) + len(sentence_bounds(rest)),
    )


def _cut(answer: str) -> tuple[str, str]:
    """What is read sentence by sentence, and what lies beyond; cut at the end of a line where there is one."""
    if len(answer) <= MOST_READ:
        return answer, ""
    end = answer.rfind("\n", MOST_READ // 2, MOST_READ) + 1 or MOST_READ
    return answer[:end], answer[end:]


class SentenceJudge:
    """Judges sentences against one brief; made once, for a writer that asks sentence by sentence."""

    def __init__(self, brief: Brief) -> None:
        self._ground = Ground(brief)

    def judge(self, sentence: str, *, about: int | None = None) -> Claim:
        """The verdict on one sentence.

        Args:
            sentence: Markdown inline text.
            about: number of the source that the sentences before it speak of, for one that begins with "It".
        """
        ground = self._ground
        statement = as_statement(sentence)
        subject = Context(ground.names, ground.known).subject(statement)
        if subject.about == "open" and about is not None:
            subject = Subject("source", (about,))
        return _claim(statement, subject, ground)


def judge_sentences(brief: Brief, sentences: Sequence[str], *, about: int | None = None) -> list[Claim]:
    """The verdict on each sentence by itself, in order; every sentence is taken for a claim.

    Args:
        brief: the evidence.
        sentences: Markdown inline text each; `start` and `end` of a claim count in its own sentence.
        about: number of the source that a sentence without a subject of its own speaks of.
    """
    judge = SentenceJudge(brief)
    return [judge.judge(sentence, about=about) for sentence in sentences]


def _claim(statement: Statement, subject: Subject, ground: Ground) -> Claim:
    judged = decide(statement, measure(statement, subject, ground), ground)
    return Claim(
        text=statement.text,
        start=statement.start,
        end=statement.end,
        verdict=judged.verdict,
        span=judged.span,
        why=judged.why,
    )
