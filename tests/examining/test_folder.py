"""The folder of the evidence: what is in it, what its page says, and the step that it offers."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from skimage import data

from whichmodel.cli.main import run_program
from whichmodel.examining.folder import FILES, write_evidence
from whichmodel.examining.keeping import KEEP_FILE, effects
from whichmodel.examining.words import paragraph
from whichmodel.pictures import Picture, bicubic, read_picture, write_picture

PHOTO = data.coffee()[:240, :320]
SMALL = bicubic(PHOTO, 80, 60)
PLAIN = bicubic(SMALL, 320, 240)


class Page(HTMLParser):
    """The text of a page, its pictures, and whatever would load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.pictures, self.active = "", list[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "img":
            self.pictures.append(named["src"] or "")
        if tag in {"script", "link", "iframe", "object", "form"} or any(
            name.startswith("on") for name in named
        ):
            self.active.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_says_the_paragraph_and_shows_what_lies_beside_it(tmp_path: Path) -> None:
    found = write_evidence(Picture(SMALL), Picture(PHOTO), tmp_path)
    page = Page((tmp_path / "evidence.html").read_text(encoding="utf-8"))
    assert paragraph(found) in page.words
    assert page.active == []
    assert page.pictures == ["evidence.png", "before-after.png"]
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    told = json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8"))
    assert told["schema_version"] == 1
    assert told["reading"]["spectrum"]["beyond"] > 0
    assert len(told["reading"]["edges"]) >= 1


def test_names_from_outside_are_escaped(tmp_path: Path) -> None:
    write_evidence(Picture(SMALL), Picture(PLAIN), tmp_path, names=("<script>x</script>.png", "a&b.png"))
    page = Page((tmp_path / "evidence.html").read_text(encoding="utf-8"))
    assert page.active == []
    assert "photo=<script>x</script>.png" in page.words


def test_the_offered_command_keeps_what_the_photo_supports(tmp_path: Path) -> None:
    before, after, kept = tmp_path / "small.png", tmp_path / "large.png", tmp_path / "large.supported.png"
    write_picture(Picture(SMALL), before)
    write_picture(Picture(PLAIN), after)
    folder = tmp_path / "evidence"
    found = write_evidence(Picture(SMALL), Picture(PLAIN), folder, names=(str(before), str(after)))
    words = Page((folder / "evidence.html").read_text(encoding="utf-8")).words
    command = ["run", str(folder / KEEP_FILE), str(after), "--input", f"photo={before}", "-o", str(kept)]
    assert " ".join(["whichmodel", *command]) in words
    assert run_program([*command, "--no-evidence"]) == 0
    again = write_evidence(Picture(SMALL), read_picture(kept), tmp_path / "again")
    assert again.consistency.rmse < 0.4 * found.consistency.rmse
    # Nothing is left to be taken back, so nothing is offered.
    assert not (tmp_path / "again" / KEEP_FILE).exists()


def test_the_effect_that_is_told_was_measured() -> None:
    assert len(effects()) >= 3
    assert all(20 < each.without < 45 and abs(each.kept - each.without) < 3 for each in effects())
    assert all(each.pictures >= 9 for each in effects())


def test_a_run_writes_evidence_beside_its_result_and_says_when_not(tmp_path: Path, capsys: object) -> None:
    source, target = tmp_path / "small.png", tmp_path / "large.png"
    write_picture(Picture(SMALL), source)
    resample = tmp_path / "resample.json"
    resample.write_text(
        json.dumps(
            {
                "title": "larger",
                "inputs": [{"name": "photo", "type": "image"}],
                "steps": [
                    {
                        "id": "resize",
                        "title": "resize",
                        "operation": "resample",
                        "takes": {"image": "photo"},
                        "gives": {"name": "resized", "type": "image"},
                        "parameters": {"factor": 2},
                    }
                ],
                "output": "resize",
            }
        )
    )
    assert run_program(["run", str(resample), str(source), "-o", str(target)]) == 0
    # No model enlarged it, so nobody asked what is real in it ...
    assert not (tmp_path / "large.png.evidence").exists()
    # ... but it can be asked for.
    assert run_program(["run", str(resample), str(source), "-o", str(target), "--evidence"]) == 0
    assert {path.name for path in (tmp_path / "large.png.evidence").iterdir()} >= set(FILES)
    assert np.array_equal(read_picture(target).pixels.shape, (120, 160, 3))
