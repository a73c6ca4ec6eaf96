"""An answer drawn in a terminal: as wide as the window, colours for what a sentence rests on.

`NO_COLOR` turns the colours off; the marks `[ours]` and `[open]` and the numbers stay, so that
nothing is told by colour alone. Links are written out, whole and on lines of their own, so that
they can be followed or copied from any terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from whichmodel.answering.graph import graph_of
from whichmodel.answering.markdown import size_legend
from whichmodel.answering.markup import short_name
from whichmodel.answering.prose import draft_told, plain_name, plain_text, references, runs, visible
from whichmodel.domain import Answer, Sentence, Source, StepRow

# Below this width the table of steps would be columns of single words: it becomes a list.
_NARROWEST_TABLE = 76
# A line longer than this is hard to read; tables and drawings stay inside it too.
_WIDEST = 110
_MARKS = {"ours": "[ours]", "open": "[open]"}
_STYLES = {"ours": "magenta", "open": "yellow", "here": "green", "source": "", "question": "", "card": ""}
_CITATION, _QUOTATION = "cyan", "cyan"
_RUNS = {"strong": "bold", "em": "italic", "code": "bold"}
_SHAPE = re.compile(r" (\S+ × )")
_LINKS = {"paper": "paper", "code": "code", "huggingface": "Hugging Face", "project": "project"}


def draw(answer: Answer, console: Console | None = None) -> None:
    """Draw the whole answer.

    Args:
        answer: what to draw.
        console: where; stdout if None.
    """
    out = console or Console(highlight=False)
    _Drawing(answer, out).draw()


class _Drawing:
    """One answer on one console."""

    def __init__(self, answer: Answer, console: Console) -> None:
        self.answer = answer
        self.console = console
        self.width = min(console.width, _WIDEST)
        self.numbers = frozenset(source.number for source in answer.sources)

    def draw(self) -> None:
        answer = self.answer
        reply = self._running(answer.reply)
        self._print(Panel(reply, title="Short reply", title_align="left", box=box.ROUNDED, padding=(0, 1)))
        self._heading("1. The task")
        self._print(self._running(answer.task))
        self._heading("2. The workflow")
        self._workflow()
        self._heading("3. Papers and tools")
        self._papers()
        if answer.here:
            self._heading("On this computer")
            self._bullets(self._sentence(sentence) for sentence in answer.here)
        self._legend()

    def _workflow(self) -> None:
        answer = self.answer
        if not answer.steps:
            self._print(Text("No workflow can be drawn: the task is not known."))
            return
        for line in self._diagram():
            # A drawing that is folded at the edge of the window is no drawing: it runs out instead.
            self.console.print(Text(visible(line)), no_wrap=True, overflow="ignore", crop=False)
        self.console.print()
        self._steps(answer.steps)
        if answer.example:
            self._part("In numbers")
            self._print(self._running(answer.example))
        if answer.questions:
            self._part("What you asked, and what the sources say")
            for question in answer.questions:
                asked = Text(f'"{plain_name(question.asked.text, 2000)}"', style="italic")
                self._bullets([asked + Text(" ") + self._running(question.sentences)])
        if answer.ideas or answer.beside:
            self._part("What the papers add, and what not")
            self._bullets(self._idea(idea.source, idea.sentences) for idea in answer.ideas)
            if answer.beside:
                self._bullets([self._running(answer.beside)])
        if answer.left_open:
            self._part("What stays open")
            self._print(self._running(answer.left_open))

    def _diagram(self) -> list[str]:
        """The drawing of the answer, or one that goes downwards where the window is too narrow for it."""
        lines = self.answer.diagram.splitlines()
        if self.answer.workflow is None or max(map(cell_len, lines), default=0) <= self.console.width:
            return lines
        graph = graph_of(self.answer.workflow, self.answer.steps)
        drawn: list[str] = []
        rank = -1
        for node in graph.nodes:
            beside = node.rank == rank or node.kind == "alternative"
            if not beside and drawn:
                drawn += ["   │", "   ▼"]
            lead = {"alternative": "or ", "input": "with "}.get(node.kind, "") if beside else ""
            note = (node.note,) if node.note and node.kind != "alternative" else ()
            about = " · ".join((*node.about, *note))
            drawn += [lead + node.name, f"    {about}"] if about else [lead + node.name]
            rank = node.rank
        return drawn

    def _steps(self, rows: tuple[StepRow, ...]) -> None:
        if self.width < _NARROWEST_TABLE:
            for row in rows:
                flow = Text(visible(f"{row.takes} → {row.gives}"), style="dim")
                self._bullets(
                    [self._step(row) + Text("\n") + flow + Text("\n") + self._running(row.sentences)]
                )
        else:
            table = Table(box=box.ROUNDED, show_lines=True, expand=True)
            table.add_column("step", ratio=6, overflow="fold")
            table.add_column("input → output", ratio=5, overflow="fold")
            table.add_column("what it does, as far as the sources say", ratio=11, overflow="fold")
            for row in rows:
                flow = Text(visible(f"{_two_lines(row.takes)}\n→ {_two_lines(row.gives)}"))
                table.add_row(self._step(row), flow, self._running(row.sentences))
            self._print(table)
        size = "; ".join(size_legend(self.answer))
        if size:
            self._print(Text(size, style="dim"))

    def _step(self, row: StepRow) -> Text:
        step = self._sentence(Sentence(text=row.step, basis="card"))
        step.stylize("bold yellow" if row.needed_but_missing else "bold")
        return step

    def _idea(self, number: int, sentences: Iterable[Sentence]) -> Text:
        source = next((item for item in self.answer.sources if item.number == number), None)
        name = "" if source is None else plain_text(short_name(source)).rstrip(".") + ". "
        return Text(name, style="bold") + self._running(sentences)

    def _papers(self) -> None:
        if not self.answer.sources:
            self._print(Text("No model and no paper was given."))
            return
        rows = {row.source: row for row in self.answer.papers}
        for source in self.answer.sources:
            line = Text(f"[{source.number}] ", style=_CITATION)
            line.append(plain_name(source.name), style="bold")
            line.append(f" ({source.kind})", style="dim")
            self._print(line)
            if source.number in rows:
                self._print(Padding(self._running(rows[source.number].sentences), (0, 0, 0, 4)))
            for name, url in _links(source):
                # Never folded: half a link leads nowhere.
                told = Text(f"    {name}  ", style="dim") + Text(visible(url), style="underline")
                self.console.print(told, no_wrap=True, overflow="ignore", crop=False)
        for kind in ("model", "paper"):
            if all(source.kind != kind for source in self.answer.sources):
                self._print(Text(f"No {kind} was given."))

    def _legend(self) -> None:
        told = Text("\n")
        told.append("[1]", style=_CITATION)
        told.append(" leads to the list above, ")
        told.append('"words in quotation marks"', style=_QUOTATION)
        told.append(" are that source's own; ")
        told.append("[ours]", style=_STYLES["ours"])
        told.append(" is our inference, general knowledge or arithmetic; ")
        told.append("[open]", style=_STYLES["open"])
        told.append(" is what the sources do not tell.")
        if self.answer.drafted:
            told.append(f"\n{draft_told(self.answer.drafted)}", style="dim")
        self._print(told)

    def _running(self, sentences: Iterable[Sentence]) -> Text:
        return Text(" ").join(self._sentence(sentence) for sentence in sentences)

    def _sentence(self, sentence: Sentence) -> Text:
        text = Text()
        for run in runs(sentence.text):
            text.append(run.text, style=" ".join(_RUNS[style] for style in sorted(run.styles)))
        for place in references(sentence, self.numbers)[0]:
            text.stylize(_CITATION if place.kind == "citation" else _QUOTATION, place.start, place.end)
        if sentence.basis in _MARKS:
            text.append(" ").append(_MARKS[sentence.basis], style=_STYLES[sentence.basis])
        elif sentence.basis == "here":
            text.stylize(_STYLES["here"])
        return text

    def _heading(self, title: str) -> None:
        self.console.print()
        self._print(Text(title, style="bold underline"))
        self.console.print()

    def _part(self, title: str) -> None:
        self.console.print()
        self._print(Text(f"{title}:", style="bold"))

    def _bullets(self, items: Iterable[Text]) -> None:
        for item in items:
            grid = Table.grid(padding=(0, 1))
            grid.add_row("•", item)
            self._print(grid)

    def _print(self, what: Text | Panel | Padding | Table) -> None:
        self.console.print(what, width=self.width)


def _two_lines(value: str) -> str:
    """A value and, on a line of its own, its shape: `picture h × w × 3`."""
    return _SHAPE.sub(r"\n\1", value, count=1)


def _links(source: Source) -> list[tuple[str, str]]:
    """Pairs of a word and a link; one line that says so, where there is none."""
    found = [(_LINKS[link.kind], link.url) for link in source.links]
    return found + [("named in its text:", url) for url in source.inside_links] or [("no link given", "")]
