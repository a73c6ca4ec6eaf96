"""The site builds without a warning, has every page, and loads nothing from another server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from docs_blocks import REPOSITORY

DOCS = REPOSITORY / "docs"

# The first of these tests builds the site, and the pictures in it.
pytestmark = pytest.mark.timeout(1800)


class Page(HTMLParser):
    """What a page loads by itself, what it links to, and what can be linked to in it."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.undescribed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.places.add(str(given["id"]))
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed", "object"):
            self.loads += [str(given[name]) for name in ("src", "data") if given.get(name)]
        if tag == "link" and given.get("rel") not in ("next", "prev", "index", "search", "author"):
            self.loads.append(str(given.get("href")))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag == "img" and not (given.get("alt") or "").strip():
            self.undescribed.append(str(given.get("src")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the site, as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    call = ["-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "--builder", "html"]
    done = subprocess.run(
        [sys.executable, *call, "-d", str(folder / "trees"), str(DOCS), str(folder / "html")],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Every page by its file, read."""
    read = {}
    for path in site.rglob("*.html"):
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        read[path] = page
    return read


@pytest.mark.slow
def test_every_document_is_a_page(site: Path) -> None:
    documents = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert len(documents) > 40
    assert {path for path in documents if not (site / path).is_file()} == set()


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert {address for page in pages.values() for address in page.loads if urlsplit(address).netloc} == set()
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", text), style


@pytest.mark.slow
def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert not list(_broken(site, pages))


def _broken(site: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for path, page in pages.items():
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{path.relative_to(site)}: {link}"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                yield f"{path.relative_to(site)}: {link} (no such place)"


@pytest.mark.slow
def test_every_picture_is_described(pages: dict[Path, Page]) -> None:
    assert not [picture for page in pages.values() for picture in page.undescribed]


def test_the_makefile_builds_it_in_this_way() -> None:
    recipe = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert "sphinx-build --fail-on-warning" in recipe
