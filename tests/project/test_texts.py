"""What must not stand in tracked files: paths of one machine, registry hosts, names that belong in data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("src", "docs", "tests", "benchmarks", "scripts", "training", ".ci")
SUFFIXES = {".py", ".md", ".yaml", ".yml", ".json", ".jsonl", ".toml", ".txt", ".cfg", ".html", ".css", ""}
SHARED = "../" + "shared"

# Written in pieces, so that this file passes its own test.
MACHINE_PATH = re.compile(
    r"(?<![\w.~/>-])/(?:" + "|".join(("wor" + "k", "roo" + "t", "hom" + "e")) + r")(?![\w-])"
)
REGISTRY_HOST = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "npm" + r"js\.(?:org|com)",
            "crates" + r"\.io",
            "conda" + r"\.anaconda\.org",
        )
    )
)


def texts(*folders: str) -> Iterator[tuple[Path, str]]:
    """Every text file in the folders, and those at the top of the repository, with its content."""
    paths = [path for folder in folders for path in sorted((REPOSITORY / folder).rglob("*"))]
    paths += sorted(REPOSITORY.glob("*"))
    for path in paths:
        hidden = "__pycache__" in path.parts or path.name == ".coverage"
        if path.is_file() and path.suffix in SUFFIXES and not hidden:
            yield path.relative_to(REPOSITORY), path.read_text(encoding="utf-8")


def lines_with(pattern: re.Pattern[str], *folders: str) -> list[str]:
    """Where a pattern occurs, as `file:line: text`."""
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts(*folders)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_path_of_one_machine() -> None:
    found = lines_with(MACHINE_PATH, *FOLDERS)
    assert not found, "\n".join(found)


def test_no_host_of_a_package_registry() -> None:
    found = lines_with(REGISTRY_HOST, *FOLDERS)
    assert not found, "\n".join(found)


def test_the_program_does_not_know_the_shared_folder() -> None:
    found = [
        line
        for line in lines_with(re.compile(re.escape(SHARED)), "src", "scripts")
        if line.startswith(("src", "scripts"))
    ]
    assert not found, "\n".join(found)


def test_the_searches_find_what_they_are_for() -> None:
    assert MACHINE_PATH.search("see /" + "work/main")
    assert MACHINE_PATH.search("'/" + "home/someone'")
    assert not MACHINE_PATH.search("src/whichmodel/workflow, https://example.com/home, network/workers")
    assert REGISTRY_HOST.search("https://" + "pypi" + ".org/simple")


def named_in_prompts(shared: Path) -> set[str]:
    """Names of models and titles of papers in the catalog and the prompts of the shared data."""
    catalog = json.loads((shared / "reference" / "catalog.json").read_text(encoding="utf-8"))
    entries = catalog if isinstance(catalog, list) else catalog.get("models", list(catalog.values()))
    names = {str(entry["name"]) for entry in entries}
    prompts = [*shared.glob("reference/seeds/*.txt"), *shared.glob("reference/prompts/*/prompt*")]
    assert prompts, "no prompts in the shared data"
    for prompt in prompts:
        names |= set(re.findall(r"^Model: (.+?)\s*$", prompt.read_text(encoding="utf-8"), re.MULTILINE))
    return {name for name in names if len(name) >= 6}


def test_names_of_models_and_papers_are_data(shared_data: Path) -> None:
    names = named_in_prompts(shared_data)
    assert len(names) > 200
    found = [
        f"{path}: {name}"
        for path, text in texts("src")
        if path.suffix == ".py"
        for name in names
        if name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    ]
    assert not found, "write it into the catalog's data, not into code:\n" + "\n".join(found)
