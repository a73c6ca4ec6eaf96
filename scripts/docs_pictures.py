"""Make the pictures and outputs that the documentation shows: the program, run on the demo's photograph.

python scripts/docs_pictures.py docs/made
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyvips
import skimage

REPOSITORY = Path(__file__).parents[1]
QUESTION = "I enlarged an old photo 4x and it looks new. How does AI do that?"

# What is taken into the documentation, and under which name.
TAKEN = {
    "photo.png": "photo.png",
    "enlarged.png": "enlarged.png",
    "enlarged.before-after.png": "before-after.png",
    "enlarged.png.evidence/evidence.png": "evidence.png",
    "workflow.svg": "workflow.svg",
    "closer.png": "closer.png",
    "truth/evidence.png": "truth-evidence.png",
}

# A part of the enlarged photo in which the model made up the grain of the wood: left, top, width, height.
GRAIN = (0, 340, 260, 230)


def make(target: Path) -> None:
    """Fill the folder with the pictures, unless they are newer than the program and this file."""
    newest = max(path.stat().st_mtime for path in [Path(__file__), *(REPOSITORY / "src").rglob("*.py")])
    wanted = [target / name for name in TAKEN.values()]
    if all(path.is_file() and path.stat().st_mtime > newest for path in wanted):
        return
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        _python(work, str(REPOSITORY / "scripts" / "demo_photo.py"), "photo.png")
        _program(work, "ask", QUESTION, "--photo", "photo.png", "--run", "-o", "enlarged.png")
        drawing = _program(
            work, "plan", "correct the faded colours and enlarge 4x", "photo.png", "--draw", "svg"
        )
        (work / "workflow.svg").write_text(drawing, encoding="utf-8")
        _draw_closer(work)
        _program(work, "evidence", "photo.png", "truth.png", "-o", "truth")
        target.mkdir(parents=True, exist_ok=True)
        for source, name in TAKEN.items():
            shutil.copyfile(work / source, target / name)


def _draw_closer(work: Path) -> None:
    """Lay one part of the photo side by side: enlarged plainly, as the model did, and as the original shows it."""
    original = Path(skimage.__file__).parent / "data" / "coffee.png"
    shutil.copyfile(original, work / "truth.png")
    result = _colours(work / "enlarged.png")
    parts = [
        picture.resize(result.width / picture.width, kernel="cubic").crop(*GRAIN)
        for picture in (_colours(work / "photo.png"), result, _colours(work / "truth.png"))
    ]
    joined = pyvips.Image.arrayjoin(parts, across=3, shim=8, background=[255, 255, 255])
    joined.write_to_file(str(work / "closer.png"))


def _colours(path: Path) -> pyvips.Image:
    """A picture without transparency."""
    return pyvips.Image.new_from_file(str(path)).extract_band(0, n=3)


def _program(work: Path, *arguments: str) -> str:
    return _python(work, "-m", "whichmodel", *arguments)


def _python(work: Path, *arguments: str) -> str:
    """What a command printed; one that fails is shown and stops the build."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    make(Path(sys.argv[1]))
