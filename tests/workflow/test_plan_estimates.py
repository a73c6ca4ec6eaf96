"""What a plan promises is checked: sizes on paper, memory, disk, time, and refusals that name the limit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.domain import InputError
from whichmodel.nodes.model import ModelOperation
from whichmodel.nodes.operation import Context, Size
from whichmodel.nodes.tiles import tiles
from whichmodel.pictures import Header, Kind, Limits, Metadata, Picture, write_picture
from whichmodel.understand.scale import print_size_of
from whichmodel.weights import record
from whichmodel.workflow import calibrate, describe, estimate, plan_enlargement, print_target, run_workflow
from whichmodel.workflow.calibrate import amount_of, expected_seconds
from whichmodel.workflow.describe import Plan, Wishes
from whichmodel.workflow.estimate import tile_memory
from whichmodel.workflow.steps import INPUT, resample_step, workflow_of

CARDS = cards()
PHOTO = Header(4000, 3000, 3, 8, False, "jpeg")


def planned(header: Header = PHOTO, factor: int = 4, tile: int = 256, **wishes: Any) -> Plan:
    """A plan to enlarge a photo."""
    return describe(plan_enlargement(factor, CARDS), header, CARDS, tile=tile, wishes=Wishes(**wishes))


@pytest.fixture(autouse=True)
def _own_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test has timed, another must not find."""
    monkeypatch.setattr(calibrate, "cache_dir", lambda: tmp_path / "cache")


class TestSizes:
    """On paper and on disk."""

    def test_print_size_as_asked_and_as_the_file_says(self) -> None:
        wide = print_size_of(f"{16000 / 150 * 2.54:.3f} cm wide", 150)
        target = print_target(wide, PHOTO)
        asked = planned(target=target, resolution=(300 / 25.4, 300 / 25.4)).print_size
        assert asked is not None
        assert (asked.source, asked.dpi) == ("asked", 150)
        assert asked.width_cm == pytest.approx(16000 / 150 * 2.54, abs=0.01)
        said = planned(resolution=(300 / 25.4, 600 / 25.4)).print_size
        assert said is not None
        assert said.source == "file"
        assert said.height_cm == pytest.approx(12000 / 600 * 2.54, abs=0.01)
        assert planned().print_size is None

    @pytest.mark.parametrize(("bands", "bits", "alpha", "each"), [(3, 8, False, 3), (1, 16, True, 4)])
    def test_disk_is_that_of_all_rasters(self, bands: int, bits: int, alpha: bool, each: int) -> None:
        plan = planned(Header(400, 300, bands, bits, alpha, "png"), factor=3)
        assert plan.disk_bytes == (400 * 300 + 1600 * 1200 + 1200 * 900) * each

    def test_memory_does_not_grow_with_the_height(self) -> None:
        low, high = planned(PHOTO), planned(Header(4000, 30_000, 3, 8, False, "jpeg"))
        assert low.memory_bytes == high.memory_bytes
        assert (
            (planned(tile=512).memory_bytes or 0)
            > (low.memory_bytes or 0)
            > (planned(tile=64).memory_bytes or 0)
        )

    def test_steps_name_device_tile_and_exactness(self) -> None:
        (step,) = planned().steps
        assert (step.device, step.tile, step.overlap, step.context) == ("cpu", 256, 33, "finite")
        assert step.tile_steps is not None
        assert step.tile_steps <= 1
        assert step.new_pixel_share == 0.9375


class TestRefusals:
    """Each says which limit, and how to raise it."""

    def only(self, plan: Plan, limit: str) -> str:
        """The one refusal, as text."""
        assert not plan.runs
        (found,) = plan.refusals
        assert found.limit == limit
        return f"{found.message} {found.hint}"

    def test_pixels(self) -> None:
        plan = planned(limits=Limits(max_output_pixels=100_000_000))
        assert "--max-megapixels" in self.only(plan, "pixels")

    @pytest.mark.parametrize(("name", "width"), [("a.jpg", 20_000), ("a.webp", 5_000)])
    def test_formats(self, name: str, width: int, tmp_path: Path) -> None:
        plan = planned(Header(width, 100, 3, 8, False, "png"), output=tmp_path / name)
        assert ".tif" in self.only(plan, "format")
        assert planned(Header(width, 100, 3, 8, False, "png"), output=tmp_path / "a.tif").runs

    def test_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(estimate, "free_memory", lambda: 500_000_000)
        text = self.only(planned(), "memory")
        assert "--tile 128" in text
        assert "0.5 GB are free" in text

    def test_a_run_that_does_not_fit_into_memory_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(estimate, "free_memory", lambda: 100_000_000)
        source, out = tmp_path / "a.png", tmp_path / "b.png"
        write_picture(Picture(np.zeros((20, 30, 3), np.uint8)), source)
        workflow = workflow_of("half", (resample_step(INPUT.name, 0.5, id="half", title="half"),))
        with pytest.raises(InputError, match=r"'half': it needs .* and 0.1 GB are free") as caught:
            run_workflow(workflow, source, out, cards=cards())
        assert "close other programs" in caught.value.hint
        assert not out.exists()

    def test_disk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(estimate, "free_disk", lambda folder: 1_000_000)
        assert "WHICHMODEL_CACHE" in self.only(planned(), "disk")

    def test_a_device_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from whichmodel.runtimes import devices

        monkeypatch.setattr(devices, "onnx_providers", lambda: ("CPUExecutionProvider",))
        with pytest.raises(InputError, match="no cuda device here"):
            planned(device="cuda")

    def test_the_memory_of_a_container_counts(self, tmp_path: Path) -> None:
        (tmp_path / "memory.max").write_text("1000000\n")
        (tmp_path / "memory.current").write_text("700000\n")
        (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 200000\n")
        assert estimate._free_in_group(tmp_path) == 500_000
        (tmp_path / "memory.max").write_text("max\n")
        assert estimate._free_in_group(tmp_path) is None
        assert estimate._free_in_group(tmp_path / "none") is None


class TestTime:
    """Measured once, remembered, never invented."""

    def context(self) -> Context:
        """For SPAN-2x on a picture of 300 x 200 pixels."""
        from whichmodel.weights import installed

        return Context(
            cards=CARDS, weights=lambda id: installed(id) or {}, size=Size(600, 400), kind=Kind(3, 8)
        )

    def seconds(self, measure: bool) -> float | None:
        """Expected for one step."""
        (step,) = plan_enlargement(2, CARDS).steps
        size, kind = {"image": Size(300, 200)}, {"image": Kind(3, 8)}
        return expected_seconds(step, size, kind, self.context(), measure=measure)

    def test_the_amount_is_that_of_all_tiles(self) -> None:
        (step,) = plan_enlargement(2, CARDS).steps
        amount = amount_of(step, {"image": Size(300, 200)}, self.context())
        assert amount == sum(tile.source.pixels for tile in tiles(300, 200, size=256, halo=33))

    def test_measured_once(self, span: object, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.seconds(measure=False) is None
        first = self.seconds(measure=True)
        assert first is not None
        assert 0 < first < 600

        def compute(*_: object) -> None:
            pytest.fail("timed again")

        monkeypatch.setattr(ModelOperation, "compute", compute)
        assert self.seconds(measure=True) == self.seconds(measure=False) == first
        # Another number of processors is another computer.
        monkeypatch.setattr(calibrate, "usable_threads", lambda: 97)
        assert self.seconds(measure=False) is None

    @pytest.mark.parametrize("junk", [b"", b"{}", b'{"seconds_per_pixel": -1}', b"\xff"])
    def test_damaged_notes_are_not_believed(self, junk: bytes, span: object, tmp_path: Path) -> None:
        assert self.seconds(measure=True)
        (kept,) = (tmp_path / "cache" / "calibration").iterdir()
        kept.write_bytes(junk)
        assert self.seconds(measure=False) is None
        assert self.seconds(measure=True)

    def test_a_fault_while_timing_is_no_fault_of_the_plan(
        self, span: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def compute(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(ModelOperation, "compute", compute)
        assert self.seconds(measure=True) is None


def test_the_command_tells_it_all(tmp_path: Path, capsys: pytest.CaptureFixture[str], span: object) -> None:
    path = tmp_path / "in.png"
    pixels = np.full((30, 40, 3), 90, np.uint8)
    write_picture(Picture(pixels, None, Metadata(resolution=(10.0, 10.0))), path)
    assert run_program(["plan", "SPAN-2x", str(path), "--no-calibrate"]) == 0
    told = capsys.readouterr().out
    assert "time not measured" in told
    assert "prints 0.8 × 0.6 cm at 254 dpi, as the picture's file says" in told
    assert run_program(["plan", "SPAN-2x", str(path), "--json", "--device", "auto"]) == 0
    shown = capsys.readouterr()
    plan = json.loads(shown.out)
    assert plan["seconds"] > 0
    assert plan["steps"][0]["device"] == "cpu"
    assert run_program(["plan", "SPAN-2x", str(path)]) == 0
    wide = tmp_path / "wide.png"
    write_picture(Picture(np.zeros((1, 33_000, 3), np.uint8)), wide)
    assert run_program(["plan", "SPAN-2x", str(wide), "-o", str(tmp_path / "o.jpg"), "--no-calibrate"]) == 2
    assert "65,500" in capsys.readouterr().out


@pytest.mark.slow
def test_the_memory_of_a_tile_is_an_upper_estimate(span: dict[str, dict[str, Path]]) -> None:
    weights = record("span-x4-ch48")
    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from whichmodel.nodes.model import enlarge_tile\n"
        "from whichmodel.pictures import Box\n"
        "from whichmodel.runtimes.ncnn import load_net\n"
        "from whichmodel.weights import record\n"
        "def peak():\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return int(next(x for x in lines if x.startswith('VmHWM')).split()[1]) * 1024\n"
        "w = record('span-x4-ch48'); net = load_net(Path(sys.argv[1]), Path(sys.argv[2]), 'data', 'output')\n"
        "side = 194; x = np.full((side, side, 3), 99, np.uint8); before = peak()\n"
        "enlarge_tile(net, w, x, Box(33, 33, 161, 161)); print(peak() - before)\n"
    )
    files = span["span-x4-ch48"]
    told = subprocess.run(
        [sys.executable, "-c", code, str(files["param"]), str(files["bin"])],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    used, promised = int(told.stdout), tile_memory(weights, 128, Size(1000, 1000))
    assert used <= promised * 1.05
    assert promised <= used * 2.5
