"""What is served is what is described: requests made from the description, sound and unsound ones (schemathesis)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig

from whichmodel.web.rest.openapi import description

Program = Any
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EXAMPLES = 8
WORK = 3
"""Cases of an endpoint that may be about a photo that is there: each has a fresh process look at it."""
_ID = re.compile(r"[0-9a-f]{32}")
_begun: Counter[str] = Counter()
_config = SchemathesisConfig.from_dict(
    {
        # A request that fits the description may still ask for what cannot be done: 422, or 415 for what is no
        # picture; never 400.
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "415", "422"]}},
    }
)
_schema = schemathesis.openapi.from_dict(description(), config=_config)


@pytest.fixture(scope="module")
def known(caller: Program, small: Path) -> dict[str, str]:
    """Ids of things that are there, which no generator would guess, by what begins the address."""
    photo = caller.bring(small)
    run = caller.call("POST", "/evidence", 202, json={"before": photo, "after": photo}).json()["id"]
    assert caller.ended(run)["state"] == "done"
    return {"photos": photo, "runs": run}


def with_known(case: Any, known: dict[str, str]) -> None:
    """Let a case that names sound ids name those that are there, except where it would remove them."""
    if case.method == "DELETE":
        return
    parts = case.path_parameters
    if isinstance(parts, dict) and _ID.fullmatch(str(parts.get("id"))):
        parts["id"] = known[case.path.split("/")[1]]
    if isinstance(case.body, dict) and _begun[case.path] < WORK:
        _begun[case.path] += 1
        for name in ("photo", "before", "after", "keep"):
            if isinstance(case.body.get(name), str) and _ID.fullmatch(case.body[name]):
                case.body[name] = known["photos"]


@_schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_what_is_served_is_what_is_described(
    case: Any, caller: Program, address: str, known: dict[str, str]
) -> None:
    with_known(case, known)
    case.call_and_validate(base_url=f"{address}/api/v1", headers=caller.headers)
