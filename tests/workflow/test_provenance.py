"""Where a result comes from is told beside it and inside it, and nothing of it changes from run to run."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.domain import DataType, Port, Step, Workflow
from whichmodel.pictures import Metadata, Picture, read_picture, write_picture
from whichmodel.pictures.xmp import SOURCE_TYPES, BadXmpError, Event, merge_xmp, property_of
from whichmodel.weights import record
from whichmodel.workflow import plan_enlargement, run_workflow
from whichmodel.workflow.provenance import AI, ENHANCED, digital_source_type, stamped
from whichmodel.workflow.steps import resample_step, workflow_of

CARDS = cards()
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
EVENT = Event("resized", "whichmodel 1", "AI model <M>, weights w & v")
OLD = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description r:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Camera 7" xmp:Rating="4"/>
<r:Description r:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights><r:Alt>
<r:li xml:lang="x-default">© Ann &amp; Bob</r:li></r:Alt></dc:rights></r:Description>
</r:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def xmp_of(path: Path) -> bytes:
    """The block of a file, as libvips reads it."""
    return bytes(pyvips.Image.new_from_file(str(path)).get("xmp-data"))


class TestMerging:
    """What the input's block says stays; ours comes to it."""

    def test_a_new_block(self) -> None:
        block = merge_xmp(None, source_type=AI, tool="whichmodel 1", events=(EVENT,)).block
        assert property_of(block, "Iptc4xmpExt", "DigitalSourceType") == SOURCE_TYPES + AI
        assert property_of(block, "xmp", "CreatorTool") == "whichmodel 1"
        assert b"AI model &lt;M&gt;, weights w &amp; v" in block

    def test_the_old_block_stays(self) -> None:
        found = merge_xmp(OLD, source_type=AI, tool="whichmodel 1", events=(EVENT,))
        text = found.block.decode()
        assert not found.set_aside
        assert "© Ann &amp; Bob" in text
        assert 'xmp:Rating="4"' in text
        assert 'CreatorTool="' not in text  # one element instead of the attribute
        assert text.count("</xmp:CreatorTool>") == 1
        assert property_of(found.block, "xmp", "CreatorTool") == "whichmodel 1"
        assert "Camera 7" in text  # in the history

    def test_twice_keeps_one_value_and_both_events(self) -> None:
        once = merge_xmp(OLD, source_type=ENHANCED, tool="whichmodel 1", events=(EVENT,)).block
        twice = merge_xmp(once, source_type=AI, tool="whichmodel 2", events=(EVENT,)).block
        assert property_of(twice, "Iptc4xmpExt", "DigitalSourceType") == SOURCE_TYPES + AI
        assert twice.count(b"</Iptc4xmpExt:DigitalSourceType>") == 1
        assert twice.count(b"AI model") == 2
        assert twice.count(b"</xmpMM:History>") == 1

    @pytest.mark.parametrize(
        ("before", "ours", "stays"),
        [
            ("trainedAlgorithmicMedia", AI, True),
            (AI, ENHANCED, True),
            ("digitalCapture", AI, False),
            (ENHANCED, AI, False),
        ],
    )
    def test_what_says_more_about_ai_stays(self, before: str, ours: str, stays: bool) -> None:
        old = merge_xmp(None, source_type=before, tool="t", events=()).block
        found = merge_xmp(old, source_type=ours, tool="t", events=())
        told = property_of(found.block, "Iptc4xmpExt", "DigitalSourceType")
        assert told == SOURCE_TYPES + (before if stays else ours)
        assert bool(found.notes) is stays

    @pytest.mark.parametrize(
        ("block", "why"),
        [
            (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>', "document type"),
            (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "document type"),
            (b"<x>" * 100 + b"</x>" * 100, "deeper"),
            (b"<x>" + b"<y/>" * 60_000 + b"</x>", "more than"),
            (b"<x>" + b" " * 5_000_000 + b"</x>", "larger"),
            (b"<x", "damaged"),
            (b"", "damaged"),
            (b"\xff\xfe\x00\xd8", "damaged"),
            (b'<?xml version="1.0" encoding="nonsense"?><x/>', "encoding"),
            (b"<x/>", "no RDF"),
        ],
    )
    def test_bad_blocks_are_set_aside(self, block: bytes, why: str) -> None:
        with pytest.raises(BadXmpError, match=why):
            property_of(block, "xmp", "CreatorTool")
        found = merge_xmp(block or b" ", source_type=AI, tool="t", events=(EVENT,))
        assert found.set_aside
        assert "left out" in found.notes[0]
        assert property_of(found.block, "Iptc4xmpExt", "DigitalSourceType") == SOURCE_TYPES + AI

    @given(st.binary(max_size=300), st.text(max_size=60), st.integers(0, len(OLD)))
    @settings(max_examples=80, deadline=None)
    def test_nothing_crashes_it(self, junk: bytes, name: str, place: int) -> None:
        for block in (junk, OLD[:place] + junk + OLD[place:], OLD[:place]):
            found = merge_xmp(block, source_type=AI, tool="t", events=(Event("resized", "t", name),))
            assert property_of(found.block, "Iptc4xmpExt", "DigitalSourceType") == SOURCE_TYPES + AI


class TestSourceType:
    """IPTC's term follows from what the steps did."""

    def test_models_make_composites_and_a_size_makes_nothing(self) -> None:
        assert digital_source_type(plan_enlargement(3, CARDS), CARDS) == AI
        plain = workflow_of("smaller", (resample_step("photo", 0.5, id="r", title="smaller"),))
        assert digital_source_type(plain, CARDS) is None

    def test_sharpening_is_an_algorithm(self) -> None:
        photo = Port(name="photo", type=DataType.IMAGE)
        step = Step(
            id="s", title="sharpen", operation="sharpen", takes={"image": "photo"},
            gives=Port(name="sharp", type=DataType.IMAGE),
        )  # fmt: skip
        workflow = Workflow(title="sharpen", inputs=(photo,), steps=(step,), output="s")
        assert digital_source_type(workflow, CARDS) == ENHANCED

    def test_the_history_names_model_and_hash(self) -> None:
        block = stamped(None, plan_enlargement(2, CARDS), CARDS).block.decode()
        weights = record(CARDS["SPAN-2x"].weights or "")
        assert "AI model SPAN-2x" in block
        assert all(file.sha256 in block for file in weights.files)

    def test_a_block_too_large_for_the_format_gives_way_to_ours(self) -> None:
        old = OLD.replace(b"Bob", b"Bob" * 30_000)
        found = stamped(old, plan_enlargement(2, CARDS), CARDS, largest=65_500)
        assert found.set_aside
        assert len(found.block) < 65_500
        assert property_of(found.block, "Iptc4xmpExt", "DigitalSourceType") == SOURCE_TYPES + AI


@pytest.mark.usefixtures("span")
class TestRuns:
    """From file to file."""

    @pytest.fixture
    def small(self, tmp_path: Path) -> Path:
        (tmp_path / "in").mkdir()
        path = tmp_path / "in" / "small.png"
        pixels = np.random.default_rng(3).integers(90, 160, (12, 16, 3), dtype=np.uint8)
        write_picture(Picture(pixels, None, Metadata(xmp=OLD)), path)
        return path

    @pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
    def test_every_format_says_that_ai_was_used(self, ending: str, small: Path, tmp_path: Path) -> None:
        out = tmp_path / f"out.{ending}"
        assert run_program(["run", "SPAN-2x", str(small), "-o", str(out)]) == 0
        block = xmp_of(out)
        assert property_of(block, "Iptc4xmpExt", "DigitalSourceType") == SOURCE_TYPES + AI
        assert "© Ann &amp; Bob".encode() in block
        # A reader that is not ours and not libvips.
        image = Image.open(out)
        image.load()
        found = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
        seen = ElementTree.fromstring(found.strip(b"\0").decode())
        terms = [node.text for node in seen.iter(f"{{{IPTC}}}DigitalSourceType")]
        assert terms == [SOURCE_TYPES + AI]

    def test_the_document_beside_it(self, small: Path, tmp_path: Path) -> None:
        out = tmp_path / "out.png"
        assert run_program(["run", "SPAN-2x", str(small), "-o", str(out)]) == 0
        told: dict[str, Any] = json.loads((tmp_path / "out.png.provenance.json").read_text())
        weights = record("span-x2-ch48")
        assert told["document"] == "provenance"
        assert told["input"]["path"] == "small.png"
        assert str(tmp_path) not in json.dumps(told)
        assert told["weights"][0]["licence"] == "GPL-3.0"
        assert told["weights"][0]["sha256"] == {file.role: file.sha256 for file in weights.files}
        assert told["steps"][0]["device"] == "cpu"
        (plan,) = told["plan"].values()
        assert plan == {"tile": 256, "overlap": 33, "device": "cpu"}
        assert told["evidence"]["agreement"]["rmse"] > 0
        assert told["made_at"].startswith("20")
        assert told["libraries"]["ncnn"]

    def test_bytes_repeat_and_hold_no_time(self, small: Path, tmp_path: Path) -> None:
        outputs = []
        for name in ("a.png", "b.png"):
            run_workflow(
                plan_enlargement(2, CARDS), small, tmp_path / name, cards=CARDS, provenance=True, cache=False
            )
            outputs.append((tmp_path / name).read_bytes())
        assert outputs[0] == outputs[1]

    def test_it_can_be_left_out(self, small: Path, tmp_path: Path) -> None:
        out = tmp_path / "out.png"
        assert run_program(["run", "SPAN-2x", str(small), "-o", str(out), "--no-provenance"]) == 0
        assert not (tmp_path / "out.png.provenance.json").exists()
        assert xmp_of(out) == OLD

    def test_damaged_xmp_is_kept_aside(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        source = tmp_path / "in.png"
        bad = b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
        write_picture(Picture(np.full((8, 8, 3), 99, np.uint8), None, Metadata(xmp=bad)), source)
        assert run_program(["run", "SPAN-2x", str(source), "-o", str(tmp_path / "o.png")]) == 0
        assert "document type" in capsys.readouterr().out
        told = json.loads((tmp_path / "o.png.provenance.json").read_text())
        assert base64.b64decode(told["xmp_set_aside"]) == bad
        assert b"DOCTYPE" not in (read_picture(tmp_path / "o.png").metadata.xmp or b"")
