"""What all tests share: no silent skips, a cache of their own, photographs, hypothesis profiles.

A test that is skipped (or expected to fail) for a reason that `tests/allowed-skips` does not list
fails. Whatever was skipped is listed with its reason at the end of the run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Generator
from pathlib import Path

import hypothesis
import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
NEEDS_SHARED = "needs ../shared test data"

hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")

# --- skips -------------------------------------------------------------------------------------

_skips = pytest.StashKey[dict[str, list[str]]]()


def allowed_skips() -> frozenset[str]:
    """The reasons listed in `allowed-skips` beside this file."""
    lines = (HERE / "allowed-skips").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped or expected to fail, as its author wrote it."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail).removeprefix("reason: ").removeprefix("[NOTRUN] ")
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def refuse_unlisted_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip for an unlisted reason into a failure, so that the closing line counts it."""
    if not report.skipped:
        return
    reason = reason_of(report)
    if reason in allowed_skips():
        return
    report.outcome = "failed"
    report.longrepr = f"skipped for a reason that tests/allowed-skips does not list: {reason!r}"
    if hasattr(report, "wasxfail"):
        del report.wasxfail


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_unlisted_skip(report)
    if report.skipped:
        item.config.stash[_skips][reason_of(report)].append(report.nodeid)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_unlisted_skip(report)
    if report.skipped:
        collector.config.stash[_skips][reason_of(report)].append(report.nodeid)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for reason, tests in sorted(config.stash[_skips].items()):
        terminalreporter.section(f"skipped ({len(tests)}): {reason}", sep="-")
        for test in tests:
            terminalreporter.write_line(test)


# --- a cache of their own ----------------------------------------------------------------------

_own_cache = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_skips] = defaultdict(list)
    if not os.environ.get("WHICHMODEL_CACHE"):
        config.stash[_own_cache] = Path(tempfile.mkdtemp(prefix="whichmodel-tests-"))
        os.environ["WHICHMODEL_CACHE"] = str(config.stash[_own_cache])
    # Nor does a test read the cards that the person who runs it has imported.
    os.environ["WHICHMODEL_DATA"] = str(Path(tempfile.gettempdir()) / "whichmodel-tests-no-data")


def pytest_unconfigure(config: pytest.Config) -> None:
    own = config.stash.get(_own_cache, None)
    if own is not None:
        os.environ.pop("WHICHMODEL_CACHE", None)
        shutil.rmtree(own, ignore_errors=True)


@pytest.fixture(scope="session")
def weights_cache() -> Path:
    """The folder in which this run keeps weights: never the user's own, unless the environment says so."""
    return Path(os.environ["WHICHMODEL_CACHE"])


@pytest.fixture(scope="session")
def pulled_weights(weights_cache: Path) -> Callable[[str], dict[str, Path]]:
    """Gives the files of the weights of an id, fetched once in a run; a fetch that fails is a failure."""
    from whichmodel import weights

    def files(id: str) -> dict[str, Path]:
        return weights.installed(id) or weights.pull(id, say=lambda line: None)

    return files


# --- data --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared test data beside the repository; tests that need it skip where it is absent."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "reference").is_dir():
        pytest.skip(NEEDS_SHARED)
    return folder


@pytest.fixture(scope="session")
def photos() -> dict[str, Path]:
    """Real photographs that scikit-image carries in its wheel, by name."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    return {name: folder / f"{name}.png" for name in ("astronaut", "chelsea", "coffee")}


@pytest.fixture(scope="session")
def photo(photos: dict[str, Path]) -> Path:
    """One real photograph: a cup of coffee, 600 x 400 pixels."""
    return photos["coffee"]
