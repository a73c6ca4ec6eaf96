"""The published quality of SPAN is reached through our own engine."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from whichmodel.catalog import cards

pytestmark = pytest.mark.usefixtures("span")


@pytest.fixture(scope="module")
def benchmark(repository: Path) -> ModuleType:
    path = repository / "benchmarks" / "super_resolution.py"
    spec = importlib.util.spec_from_file_location("super_resolution_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# Measured with this engine on one picture of Set5 each; 0.1 dB below is a fault, not noise.
@pytest.mark.parametrize(
    ("name", "scale", "picture", "least"),
    [("SPAN-4x", 4, "img_003", 28.5), ("SPAN-2x", 2, "img_003", 35.4), ("SPAN-4x", 4, "img_002", 35.0)],
)
def test_a_picture_of_set5(
    name: str, scale: int, picture: str, least: float, shared_data: Path, benchmark: ModuleType
) -> None:
    row = benchmark.measure(
        shared_data / "images" / "Set5" / f"x{scale}" / f"{picture}_SRF_{scale}_LR.png", cards()[name]
    )
    assert row.psnr >= least
    assert row.psnr > row.bicubic_psnr + 1.5
    assert row.ssim > row.bicubic_ssim


def test_missing_data_are_told(repository: Path, tmp_path: Path) -> None:
    script = repository / "benchmarks" / "super_resolution.py"
    done = subprocess.run(
        [sys.executable, str(script), "--data", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--data" in done.stderr
