"""`whichmodel audit`: what of an answer its evidence bears out, whoever wrote the answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from whichmodel.cli.answer import read_input
from whichmodel.cli.batch import batch_of, batch_options, do_batch
from whichmodel.domain import Audit, Claim, InputError, to_json

if TYPE_CHECKING:
    from rich.console import Console

FOUND_SOMETHING = 3
_STYLES = {
    "supported": "green",
    "marked inference": "cyan",
    "unsupported": "yellow",
    "contradicted": "bold red",
}
_SIGNS = {"supported": "✓", "marked inference": "~", "unsupported": "?", "contradicted": "✗"}


@click.command()
@click.option("--prompt", help="The prompt with its evidence: a file, or - for stdin.")
@click.option("--answer", "answer_name", help="The answer in Markdown: a file, or - for stdin.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@batch_options('"id", "prompt", "answer"')
def audit(prompt: str | None, answer_name: str | None, as_json: bool, **of_batch: Any) -> int:
    """Audit an answer against the prompt that it was written for.

    Finds links and names that the prompt does not have, links left out, parts left out, a mismatch of task and model
    that is not told, and judges each factual sentence. Exits with 3 where something has to be mended.

    With --batch IN.jsonl --output OUT.jsonl the answer of every line is audited, in order; the exit code is 3 where
    one of them has to be mended. A line that is no request ends the batch and is named; what is finished is kept for
    --resume.
    """
    from whichmodel.api.audited import audit_texts, must_mend
    from whichmodel.api.batch_lines import Wish

    batch = batch_of(of_batch, alone=prompt is None and answer_name is None)
    if batch is not None:
        report = do_batch(Wish(verb="audit"), batch)
        if report.found:
            click.echo(f"in {report.found:,} answers something has to be mended", err=True)
        return FOUND_SOMETHING if report.found else 0
    if prompt is None or answer_name is None:
        raise InputError("a prompt and an answer are needed", hint="--prompt PROMPT --answer ANSWER")
    if prompt == answer_name == "-":
        raise InputError("--prompt and --answer cannot both be stdin", hint="give one of them as a file")
    found, text = audit_texts(
        read_input(prompt),
        read_input(answer_name),
        prompt_name=_where(prompt),
        answer_name=_where(answer_name),
    )
    if as_json:
        click.echo(to_json(found), nl=False)
    else:
        _show(found, text)
    return FOUND_SOMETHING if must_mend(found) else 0


def _where(name: str) -> str:
    return "stdin" if name == "-" else name


def _show(found: Audit, answer: str) -> None:
    """The findings, then the answer with each claim in the colour of its verdict; without colours where piped."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=not sys.stdout.isatty())
    _show_findings(found, console)
    if sys.stdout.isatty():
        _show_answer(found, answer, console)


def _show_findings(found: Audit, console: Console) -> None:
    for url in found.links.outside:
        console.print(f"link not in the prompt: {_safe(url)}", style="bold red")
    for url in found.links.missing:
        console.print(f"link of the prompt left out: {_safe(url)}", style="yellow")
    for name in found.names.outside:
        console.print(f"name not in the prompt: {_safe(name)}", style="bold red")
    for part in found.parts_missing:
        console.print(f"part left out: {part}", style="yellow")
    mismatch = found.mismatch
    if mismatch.found:
        models = ", ".join(mismatch.models)
        told = "the answer says so" if mismatch.told else "the answer does not say so"
        tasks = ", ".join(mismatch.model_tasks)
        line = (
            f"mismatch: the question is about {mismatch.question_task}, {_safe(models)} about {tasks}; {told}"
        )
        console.print(line, style="green" if mismatch.told else "bold red")
    for claim in found.claims:
        if claim.verdict in ("unsupported", "contradicted"):
            _show_claim(claim, console)
    counts = {verdict: sum(claim.verdict == verdict for claim in found.claims) for verdict in _STYLES}
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    console.print(f"{len(found.claims)} claims: {summary}")
    if found.unjudged:
        console.print(f"{found.unjudged} further claims were not judged: the answer is too long")


def _show_claim(claim: Claim, console: Console) -> None:
    console.print(
        f"{_SIGNS[claim.verdict]} {claim.verdict}: {_safe(claim.text)}", style=_STYLES[claim.verdict]
    )
    console.print(f"    {_safe(claim.why)}")
    if claim.span is not None:
        place = f"[{claim.span.source}] {claim.span.field}" if claim.span.source else "question"
        console.print(f"    closest, {place}: {_safe(claim.span.text)}", style="dim")


def _show_answer(found: Audit, answer: str, console: Console) -> None:
    from rich.text import Text

    text = Text(_safe(answer, keep_lines=True))
    for claim in found.claims:
        text.stylize(_STYLES[claim.verdict], claim.start, claim.end)
    console.rule("the answer")
    console.print(text)
    legend = Text("  ".join(f"{_SIGNS[verdict]} {verdict}" for verdict in _STYLES))
    console.print(legend, style="dim")


def _safe(text: str, *, keep_lines: bool = False) -> str:
    """Text without control characters, which could steer a terminal; of the same length."""
    kept = "\n\t" if keep_lines else ""
    return "".join(character if character.isprintable() or character in kept else " " for character in text)
