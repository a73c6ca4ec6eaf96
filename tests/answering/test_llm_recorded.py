"""Recorded answers of language models, replayed as drafts by a local server through the real `llm` library.

The answers lie outside the repository; what is measured here is how much of them the evidence carries and
that nothing from outside gets through.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from whichmodel.answering import write
from whichmodel.answering.audit import audit
from whichmodel.answering.llm import write_with_model
from whichmodel.answering.llm.draft import split_sentences
from whichmodel.answering.llm.plan import make_plan
from whichmodel.answering.views import render
from whichmodel.answering.writer import MOST_OURS, share_of_ours
from whichmodel.domain import Answer, Brief, DraftReport
from whichmodel.understand.prompt_format import read_prompt

LETTERS = "abc"


def as_draft(answer: str, brief: Brief, slots: list[str]) -> str:
    """A recorded answer as lines `slot | sentence`: under the paper it names, else under its part."""
    heads = {source.number: source.name.partition(":")[0].strip().lower() for source in brief.sources}
    place = "reply" if "reply" in slots else "task"
    lines = []
    for line in answer.splitlines():
        text = re.sub(r"\[cite_start\]|\[cite[^\]]*\]", "", line).strip()
        if re.match(r"\W*(?:1\.|what task|task analysis)", text, re.IGNORECASE):
            place = "task"
        elif re.match(r"\W*2\.|.*workflow", text, re.IGNORECASE) and len(text.split()) < 16:
            place = "step-a" if "step-a" in slots else place
        named = [number for number, head in heads.items() if head and head in text.lower()]
        if len(named) == 1:
            place = f"paper-{named[0]}" if f"paper-{named[0]}" in slots else place
        if re.search(r"https?://|[:?]\W*$|^#", text) or len(text.split()) < 4:
            continue  # headings, labels and lists of links are no sentences
        lines += [f"{place} | {sentence}" for sentence in split_sentences(text.lstrip("#*-• "))]
    return "\n".join(lines)


class Replay(BaseHTTPRequestHandler):
    """Says what the model's name stands for in `said`."""

    said: dict[str, str] = {}  # noqa: RUF012 - filled by the test, shared by all requests

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        choice = {"index": 0, "delta": {"content": self.said[asked["model"]]}, "finish_reason": "stop"}
        chunk = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }
        body = b"data: %s\n\ndata: [DONE]\n\n" % json.dumps(chunk).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}/v1"
    models = [{"model_id": f"author-{x}", "model_name": f"author-{x}", "api_base": base} for x in LETTERS]
    (tmp_path / "extra-openai-models.yaml").write_text(yaml.safe_dump(models), encoding="utf-8")
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("LLM_LOAD_PLUGINS", raising=False)
    yield
    server.shutdown()
    server.server_close()


def links_of(text: str) -> set[str]:
    return {url.rstrip(".,") for url in re.findall(r"https?://[^\s<>\")\]]+", text)}


def numbers_of(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"https?://\S+", " ", text)))


def check(answer: Answer, builtin: Answer, brief: Brief) -> DraftReport:
    """What must hold of every drafted answer; gives its report."""
    report = answer.drafted
    assert report is not None
    assert not report.fault
    assert report.drafted == report.kept + report.repaired + report.dropped > 0
    shown, before = render(answer, "md"), render(builtin, "md")
    given = " ".join([brief.question, *(f"{source.name} {source.summary}" for source in brief.sources)])
    assert links_of(shown) == links_of(before)
    assert numbers_of(shown) <= numbers_of(before) | numbers_of(given)
    assert answer.mismatch == builtin.mismatch
    if builtin.mismatch is not None:
        assert answer.reply == builtin.reply
    assert share_of_ours(answer) <= max(MOST_OURS, share_of_ours(builtin))
    found = audit(brief, shown)
    assert not found.links.outside
    assert not found.names.outside
    assert found.mismatch.told is not False
    return report


@pytest.mark.slow
@pytest.mark.parametrize("letter", LETTERS)
def test_recorded_answers_are_kept_as_far_as_the_evidence_carries_them(
    letter: str, shared_data: Path, library: None
) -> None:
    reports = []
    for folder in sorted((shared_data / "reference" / "prompts").iterdir()):
        brief = read_prompt((folder / "prompt.txt").read_bytes())
        builtin = write(brief)
        slots = [slot.id for slot in make_plan(builtin)]
        recorded = (folder / f"answer-{letter}.md").read_text(encoding="utf-8")
        Replay.said[f"author-{letter}"] = as_draft(recorded, brief, slots)
        reports.append(check(write_with_model(brief, f"author-{letter}"), builtin, brief))
    drafted, kept, repaired, dropped = (
        sum(getattr(report, name) for report in reports)
        for name in ("drafted", "kept", "repaired", "dropped")
    )
    seconds = sum(report.seconds for report in reports) / len(reports)
    print(
        f"author {letter}: {drafted} sentences: {kept} kept, {repaired} repaired, {dropped} dropped; {seconds:.1f} s"
    )
    assert 0.05 * drafted < kept < 0.95 * drafted
