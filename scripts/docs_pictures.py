"""Make the pictures and outputs that the documentation shows: the program, run on the demo's photograph.

python scripts/docs_pictures.py docs/made
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
QUESTION = "I enlarged an old photo 4x and it looks new. How does AI do that?"

# What is taken into the documentation, and under which name.
TAKEN = {
    "photo.png": "photo.png",
    "enlarged.png": "enlarged.png",
    "enlarged.before-after.png": "before-after.png",
    "enlarged.png.evidence/evidence.png": "evidence.png",
    "workflow.svg": "workflow.svg",
}


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
        drawing = _program(work, "plan", "remove noise and enlarge 4x", "photo.png", "--draw", "svg")
        (work / "workflow.svg").write_text(drawing, encoding="utf-8")
        target.mkdir(parents=True, exist_ok=True)
        for source, name in TAKEN.items():
            shutil.copyfile(work / source, target / name)


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
