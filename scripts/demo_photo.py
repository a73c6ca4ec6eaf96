"""Write the demo's photograph: scikit-image's bundled coffee cup at half size.

python scripts/demo_photo.py demo-output/photo.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyvips
import skimage


def main() -> None:
    """Shrink the bundled photograph to half its sides and write it to the path given."""
    target = Path(sys.argv[1])
    source = Path(skimage.__file__).parent / "data" / "coffee.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    photo = pyvips.Image.thumbnail(str(source), 300)
    photo.write_to_file(str(target))
    print(f"{target}: {photo.width} x {photo.height} pixels, half the size of scikit-image's coffee.png")


if __name__ == "__main__":
    main()
