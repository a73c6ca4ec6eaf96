"""Harvests from arXiv's two interfaces, against small recorded answers: polite, patient, resumable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from whichmodel.catalog.library import EmbeddedLibrary
from whichmodel.catalog.library.importing import ImportReport, import_rows
from whichmodel.catalog.library.records import Changes
from whichmodel.catalog.library.sources import Row
from whichmodel.catalog.library.sources.arxiv import read_arxiv
from whichmodel.catalog.library.sources.oai import read_oai
from whichmodel.catalog.library.sources.web import FetchError, Polite
from whichmodel.cli.main import run_program

BUSY = (503, {"Retry-After": "7"}, b"busy")


def entry(number: int, *, version: int = 1, day: int | None = None, title: str | None = None) -> str:
    return f"""<entry><id>http://arxiv.org/abs/2401.{number:05d}v{version}</id>
      <updated>2024-01-{day or 28 - number:02d}T00:00:00Z</updated><published>2024-01-01T00:00:00Z</published>
      <title>{title or f"Paper &amp; Number  {number}"}</title><summary>  We do\n thing {number}. </summary>
      <author><name>A. One</name></author><author><name>B. Two</name></author>
      <arxiv:doi>10.1000/x{number}</arxiv:doi><arxiv:comment>see https://github.com/a/p{number}.</arxiv:comment>
      <category term="cs.CV"/><category term="eess.IV"/></entry>"""


def feed(*entries: str, total: int) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"
      xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
      <opensearch:totalResults>{total}</opensearch:totalResults>{"".join(entries)}</feed>""".encode()


def record(number: int, *, deleted: bool = False) -> str:
    if deleted:
        return '<record><header status="deleted"><identifier>oai:arXiv.org:2401.09999</identifier></header></record>'
    return f"""<record><header><identifier>oai:arXiv.org:2401.{number:05d}</identifier></header><metadata>
      <arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2401.{number:05d}</id><title>Harvested Paper {number}</title>
      <authors><author><keyname>One</keyname><forenames>A.</forenames></author></authors>
      <categories>cs.CV cs.LG</categories><abstract>We harvest {number}.</abstract></arXiv></metadata></record>"""


def listed(*records: str, token: str = "", day: int = 5) -> bytes:
    return f"""<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2024-02-{day:02d}T01:02:03Z</responseDate>
      <ListRecords>{"".join(records)}<resumptionToken>{token}</resumptionToken></ListRecords></OAI-PMH>""".encode()


def refused(code: str) -> bytes:
    return f"""<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2024-02-06T01:02:03Z</responseDate>
      <error code="{code}">no</error></OAI-PMH>""".encode()


class Clock:
    """Notes what is waited for instead of waiting."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self.web = Polite(pause=3, sleep=self.waited.append)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[EmbeddedLibrary]:
    with EmbeddedLibrary(tmp_path / "library", write=True) as made:
        yield made


def api(library: EmbeddedLibrary, server: Any, clock: Clock, page: int = 2, **asked: Any) -> ImportReport:
    def rows(position: str) -> Iterator[Row]:
        return read_arxiv("cat:cs.CV", clock.web, position=position, base=server.url, page=page)

    return import_rows(library, rows, name="arxiv", keep_place=True, **asked)


def harvest(library: EmbeddedLibrary, server: Any, clock: Clock, **asked: Any) -> ImportReport:
    def rows(position: str) -> Iterator[Row]:
        return read_oai("cs", clock.web, position=position, base=server.url, **asked)

    return import_rows(library, rows, name="oai", keep_place=True)


def test_pages_follow_each_other_with_a_pause(server: Any, clock: Clock, library: EmbeddedLibrary) -> None:
    server.answers = [feed(entry(1), entry(2), total=3), feed(entry(3), total=3)]
    assert api(library, server, clock).changes == Changes(new=3)
    assert [asked["start"] for asked in server.asked] == ["0", "2"]
    assert server.asked[0]["sortBy"] == "lastUpdatedDate"
    assert clock.waited == [pytest.approx(3, abs=0.5)]
    (paper,) = library.papers([0])
    assert (paper.id, paper.title, paper.summary) == (
        "arxiv:2401.00001",
        "Paper & Number 1",
        "We do thing 1.",
    )
    assert (paper.authors, paper.topics, paper.doi) == (
        ("A. One", "B. Two"),
        ("cs.CV", "eess.IV"),
        "10.1000/x1",
    )
    assert (paper.version, paper.year, paper.links[1].url) == (1, 2024, "https://github.com/a/p1")


def test_the_next_reading_stops_where_the_last_began(
    server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    server.answers = [feed(entry(1), entry(2), total=2)]
    api(library, server, clock)
    newer = entry(1, version=2, day=29, title="Paper Number One, Renewed")
    server.answers = [feed(entry(4, day=30), newer, total=4), feed(entry(1), entry(2), total=4)]
    server.asked.clear()
    assert api(library, server, clock).changes == Changes(new=1, changed=1)
    assert len(server.asked) == 2
    server.answers = [feed(entry(4, day=30), newer, total=4)]
    server.asked.clear()
    assert api(library, server, clock).changes == Changes()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "fault",
    [
        BUSY,
        (429, {}, b""),
        (200, {"Content-Length": "5000"}, feed(entry(1), total=1)[:300]),
        feed(entry(1), total=1)[:300],
        b"<html>try later</html>",
        b"",
    ],
)
def test_a_fault_that_passes_is_waited_for(
    fault: Any, server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    server.answers = [fault, feed(entry(1), total=1)]
    assert api(library, server, clock).changes == Changes(new=1)
    assert clock.waited[0] == (7 if fault is BUSY else 6)


def test_retry_after_can_be_a_date(server: Any, clock: Clock, library: EmbeddedLibrary) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    server.answers = [(503, {"Retry-After": soon}, b""), feed(entry(1), total=1)]
    api(library, server, clock)
    assert 90 < clock.waited[0] <= 100


def test_what_came_before_a_lasting_fault_is_kept_and_the_next_import_goes_on(
    server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    server.answers = [feed(entry(1), entry(2), total=4), BUSY]
    with pytest.raises(FetchError, match="asked 5 times"):
        api(library, server, clock)
    assert len(library) == 2
    assert len(library.lexical("thing").rows) == 2
    server.answers = [feed(entry(3), entry(4), total=4)]
    server.asked.clear()
    report = api(library, server, clock)
    assert (report.changes, bool(report.resumed)) == (Changes(new=2), True)
    assert [asked["start"] for asked in server.asked] == ["2"]


def test_a_page_that_comes_twice_and_an_empty_one_are_no_harm(
    server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    one, two = feed(entry(1), entry(2), total=5), feed(entry(2), entry(3), total=5)
    server.answers = [one, feed(total=5), two, feed(entry(4), total=5)]
    assert api(library, server, clock).changes == Changes(new=4, known=1)


def test_empty_pages_that_last_are_told_and_not_taken_for_the_end(
    server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    server.answers = [feed(entry(1), total=5), feed(total=5)]
    with pytest.raises(FetchError, match="empty pages from result 1 of 5"):
        api(library, server, clock)
    server.answers = [feed(entry(2), total=2)]
    assert api(library, server, clock).changes == Changes(new=1)


def test_a_mistake_in_the_query_is_told_at_once(server: Any, clock: Clock, library: EmbeddedLibrary) -> None:
    told = "<entry><id>http://arxiv.org/api/errors#x</id><summary>incorrect \x7f id</summary></entry>"
    server.answers = [feed(told, total=1)]
    with pytest.raises(FetchError, match="refuses the query"):
        api(library, server, clock)
    server.answers = [(404, {}, b"")]
    with pytest.raises(FetchError, match="404"):
        api(library, server, clock)
    assert clock.waited == [pytest.approx(3, abs=0.5)]


def test_entities_and_outside_documents_are_refused(
    server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    bomb = b'<!DOCTYPE f [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    server.answers = [feed(entry(1, title="&b;"), total=1).replace(b"<feed", bomb + b"<feed", 1)]
    with pytest.raises(FetchError, match="no usable XML"):
        api(library, server, clock)
    assert len(library) == 0


def test_a_bad_entry_is_told_with_its_place(server: Any, clock: Clock, library: EmbeddedLibrary) -> None:
    server.answers = [feed(entry(1), entry(2, title="…"), total=2)]
    report = api(library, server, clock)
    assert (report.changes, report.bad_rows) == (Changes(new=1), 1)
    assert report.problems[0].place == "page from 0, entry 2"


def test_where_arxiv_gives_no_more_it_is_told(
    server: Any, clock: Clock, library: EmbeddedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whichmodel.catalog.library.sources.arxiv.MOST_RESULTS", 2)
    server.answers = [feed(entry(1), entry(2), total=3)]
    with pytest.raises(FetchError, match="first 2 of 3") as told:
        api(library, server, clock)
    assert "--oai" in told.value.hint
    assert len(library) == 2


def test_a_limit_is_kept_and_the_next_import_goes_on(
    server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    server.answers = [feed(entry(1), total=2), feed(entry(2), total=2)]
    assert api(library, server, clock, page=1, most=1).changes == Changes(new=1)
    assert api(library, server, clock, page=1, most=1).changes == Changes(new=1)


def test_a_harvest_follows_its_tokens_and_the_next_takes_what_changed_since(
    server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    server.answers = [listed(record(1), record(2, deleted=True), token="t1"), BUSY, listed(record(3), day=6)]
    assert harvest(library, server, clock).changes == Changes(new=2)
    assert server.asked[0] == {"verb": "ListRecords", "metadataPrefix": "arXiv", "set": "cs"}
    assert server.asked[1] == server.asked[2] == {"verb": "ListRecords", "resumptionToken": "t1"}
    assert 7 in clock.waited
    (paper,) = library.papers([0])
    assert (paper.id, paper.authors, paper.topics) == ("arxiv:2401.00001", ("A. One",), ("cs.CV", "cs.LG"))
    server.answers = [refused("noRecordsMatch")]
    assert harvest(library, server, clock).changes == Changes()
    assert server.asked[-1]["from"] == "2024-02-05"


def test_an_interrupted_harvest_goes_on_at_its_token(
    server: Any, clock: Clock, library: EmbeddedLibrary
) -> None:
    server.answers = [listed(record(1), token="t1"), (404, {}, b"")]
    with pytest.raises(FetchError):
        harvest(library, server, clock)
    server.answers = [listed(record(2))]
    assert harvest(library, server, clock).changes == Changes(new=1)
    assert server.asked[-1]["resumptionToken"] == "t1"


def test_an_expired_token_begins_again(server: Any, clock: Clock, library: EmbeddedLibrary) -> None:
    server.answers = [
        listed(record(1), token="t1"),
        refused("badResumptionToken"),
        listed(record(1), record(2), token="t2"),
        listed(record(3)),
    ]
    assert harvest(library, server, clock).changes == Changes(new=3, known=1)
    assert "set" in server.asked[2]


def test_what_the_server_refuses_is_told(server: Any, clock: Clock, library: EmbeddedLibrary) -> None:
    server.answers = [refused("badArgument")]
    with pytest.raises(FetchError, match="badArgument"):
        harvest(library, server, clock, since="yesterday")


def test_the_command_harvests_and_its_exit_codes(
    server: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["papers", "import", "--base-url", server.url, "--library", str(tmp_path / "own"), "--no-vectors"]
    server.answers = [feed(entry(1), entry(2, title="…"), total=2)]
    assert run_program([*base, "--arxiv", "cat:cs.CV", "--most", "2"]) == 2
    shown = capsys.readouterr()
    assert "1 new" in shown.out
    assert "page from 0, entry 2: has no title" in shown.err
    assert server.asked[0]["max_results"] == "2"
    server.answers = [listed(record(3))]
    assert run_program([*base, "--oai", "cs", "--since", "2024-01-01", "--source", "mine"]) == 0
    assert server.asked[-1]["from"] == "2024-01-01"
    server.answers = [refused("badArgument")]
    assert run_program([*base, "--oai", "nonsense"]) == 1
    assert "badArgument" in capsys.readouterr().err
    with EmbeddedLibrary(tmp_path / "own") as held:
        assert [paper.source for paper in held.papers(range(2))] == ["arxiv", "mine"]
