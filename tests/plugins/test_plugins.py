"""Packages that add models, catalogs and steps: the example as it stands in the repository, and faulty ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from whichmodel.pictures import Picture, read_picture, write_picture

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"
SOURCE = Path(__file__).parents[2] / "src"


def installed(site: Path, name: str, points: dict[str, dict[str, str]]) -> None:
    """Write what an installer writes about a package with such entry points into a folder of packages."""
    info = site / f"{name}-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
    lines = [
        line
        for group, members in points.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in members.items()), "")
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))


def whichmodel(*arguments: str, packages: Path) -> subprocess.CompletedProcess[str]:
    """The program in an environment that has the packages of a folder."""
    paths = os.pathsep.join([str(packages), str(EXAMPLE / "src"), str(SOURCE)])
    return subprocess.run(
        [sys.executable, "-m", "whichmodel", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
    )


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder of packages in which the example is installed, with the entry points of its pyproject.toml."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    installed(tmp_path / "site", "whichmodel_sepia", project["entry-points"])
    return tmp_path / "site"


def test_the_models_of_a_package_are_in_the_catalog(example: Path) -> None:
    shown = whichmodel("models", "show", "SPAN-4x-52", packages=example)
    assert shown.returncode == 0, shown.stderr
    assert "super-resolution" in shown.stdout
    listed = whichmodel("weights", "list", packages=example)
    assert "example-span-x4-ch52" in listed.stdout
    assert not listed.stderr


def test_a_catalog_has_models_of_its_own_collection(example: Path) -> None:
    listed = whichmodel("models", "list", "--collection", "example-lab", "--json", packages=example)
    assert listed.returncode == 0, listed.stderr
    (only,) = json.loads(listed.stdout)
    assert (only["name"], only["task"], only["collection"]) == ("Lab-Toner", "colorization", "example-lab")
    asked = "give colours to my old black-and-white photo"
    ranked = whichmodel("recommend", asked, "--collection", "example-lab", "--json", packages=example)
    assert [item["name"] for item in json.loads(ranked.stdout)["models"]] == ["Lab-Toner"]


@pytest.mark.slow
def test_the_papers_of_a_catalog_are_found_and_gone_with_it(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    asked = ("papers", "search", "how people judge toned photographs", "--json")
    found = whichmodel(*asked, packages=example)
    assert found.returncode == 0, found.stderr
    assert "https://example.org/judging.pdf" in found.stdout
    # The library that is kept between runs is another one when the package is no longer there.
    assert "example.org" not in whichmodel(*asked, packages=tmp_path / "none").stdout


@pytest.mark.parametrize("name", ["cnaps", "whichmodel", "Two Words"])
def test_a_catalog_cannot_take_a_name_of_ours_or_an_odd_one(name: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    installed(site, "faulty", {"whichmodel.catalogs": {name: "faulty_package"}})
    (site / "faulty_package" / "models").mkdir(parents=True)
    (site / "faulty_package" / "__init__.py").touch()
    card = CARD.format(task="super-resolution", name="Wing")
    (site / "faulty_package" / "models" / "a.yaml").write_text(card)
    listed = whichmodel("models", "list", "--json", packages=site)
    assert listed.returncode == 0
    assert "Wing" not in {row["name"] for row in json.loads(listed.stdout)}
    assert repr(name) in listed.stderr


def test_faulty_papers_are_told_and_the_others_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    site = tmp_path / "site"
    installed(site, "faulty", {"whichmodel.catalogs": {"lab": "faulty_package"}})
    (site / "faulty_package").mkdir(parents=True)
    (site / "faulty_package" / "__init__.py").touch()
    good = '{"title": "Zebrafish toning in small rooms", "url": "https://example.org/zebra"}'
    (site / "faulty_package" / "papers.jsonl").write_text(f'{{"title": 7}}\n\x1b[31m\n{good}\n')
    found = whichmodel("papers", "search", "zebrafish toning in small rooms", packages=site)
    assert "https://example.org/zebra" in found.stdout
    assert "papers.jsonl, line 1" in found.stderr
    assert "papers.jsonl, line 2" in found.stderr
    assert "\x1b" not in found.stderr


def test_a_collection_that_there_is_not_is_refused(tmp_path: Path) -> None:
    for call in (["models", "list"], ["recommend", "enlarge my photo"]):
        refused = whichmodel(*call, "--collection", "example-lab", packages=tmp_path / "none")
        assert refused.returncode == 2
        assert "whichmodel, cnaps" in refused.stderr


def test_the_steps_of_a_package_run(example: Path, tmp_path: Path) -> None:
    photo = np.zeros((8, 9, 3), np.uint8)
    photo[:] = (10, 200, 30)
    write_picture(Picture(photo), tmp_path / "photo.png")
    ran = whichmodel(
        "run",
        str(EXAMPLE / "sepia.yaml"),
        str(tmp_path / "photo.png"),
        "-o",
        str(tmp_path / "o.png"),
        packages=example,
    )
    assert ran.returncode == 0, ran.stderr
    luma = 0.299 * 10 + 0.587 * 200 + 0.114 * 30
    expected = [0.2 * c + 0.8 * luma * t for c, t in zip((10, 200, 30), (1.08, 0.96, 0.78), strict=True)]
    assert read_picture(tmp_path / "o.png").pixels[3, 4].tolist() == np.rint(expected).tolist()


def test_without_the_package_its_step_is_unknown(tmp_path: Path) -> None:
    write_picture(Picture(np.zeros((8, 9, 3), np.uint8)), tmp_path / "photo.png")
    ran = whichmodel(
        "plan", str(EXAMPLE / "sepia.yaml"), str(tmp_path / "photo.png"), packages=tmp_path / "none"
    )
    assert ran.returncode == 2
    assert "no operation 'sepia'" in ran.stderr


CARD = "task: {task}\nfamilies:\n  - collection: whichmodel\n    members:\n      {name}: {{scale: 4}}\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (CARD.format(task="super-resolution", name="span-4X"), "already"),
        (CARD.format(task="flying", name="Wing"), "no task 'flying'"),
        ("task: [", "not YAML"),
        ("x" * 1_000_001, "larger"),
    ],
    ids=["taken", "task", "syntax", "large"],
)
def test_a_faulty_file_is_told_and_left_out(tmp_path: Path, content: str, told: str) -> None:
    site = tmp_path / "site"
    installed(site, "faulty", {"whichmodel.models": {"faulty": "faulty_package"}})
    (site / "faulty_package" / "models").mkdir(parents=True)
    (site / "faulty_package" / "__init__.py").touch()
    (site / "faulty_package" / "models" / "a.yaml").write_text(content)
    listed = whichmodel("models", "show", "SPAN-4x", packages=site)
    assert listed.returncode == 0
    assert told in listed.stderr
    assert "faulty_package/models/a.yaml" in listed.stderr


@pytest.mark.parametrize(
    "value", ["missing_package:Step", "json:JSONDecoder", "json:nothing"], ids=["import", "class", "name"]
)
def test_what_is_no_step_is_told_and_left_out(tmp_path: Path, value: str) -> None:
    site = tmp_path / "site"
    installed(site, "faulty", {"whichmodel.steps": {"sepia": value}})
    write_picture(Picture(np.zeros((8, 9, 3), np.uint8)), tmp_path / "photo.png")
    ran = whichmodel("plan", str(EXAMPLE / "sepia.yaml"), str(tmp_path / "photo.png"), packages=site)
    assert ran.returncode == 2
    assert value in ran.stderr
