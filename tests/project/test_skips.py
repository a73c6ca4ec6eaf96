"""The skip rule of tests/conftest.py, tried on small test suites of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parent.parent / "conftest.py"


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    (pytester.path / "allowed-skips").write_text("# a comment\nno such camera\n", encoding="utf-8")
    return pytester


def run(suite: pytest.Pytester, source: str) -> pytest.RunResult:
    suite.makepyfile(source)
    return suite.runpytest_subprocess("-p", "no:cacheprovider")


def test_a_listed_skip_is_listed_and_fine(suite: pytest.Pytester) -> None:
    result = run(suite, "import pytest\ndef test_a(): pytest.skip('no such camera')\ndef test_b(): pass")
    assert result.ret == 0
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*skipped (1): no such camera*", "*::test_a"])


SKIPPED_IN_EVERY_WAY = """
import unittest
import pytest

@pytest.fixture
def camera(): pytest.skip("tired")

def test_while_running(): pytest.skip("tired")
def test_in_a_fixture(camera): pass
def test_expected_to_fail_while_running(): pytest.xfail("tired")
@pytest.mark.skip(reason="tired")
def test_marked(): pass
@pytest.mark.skipif(True, reason="tired")
def test_marked_with_a_condition(): pass
@pytest.mark.xfail(reason="tired")
def test_expected_to_fail(): assert False
@pytest.mark.xfail(reason="tired", run=False)
def test_expected_to_fail_and_not_run(): assert False
class TestOld(unittest.TestCase):
    @unittest.skip("tired")
    def test_marked_the_old_way(self): pass
"""


def test_a_skip_for_an_unlisted_reason_fails_however_it_is_made(suite: pytest.Pytester) -> None:
    result = run(suite, SKIPPED_IN_EVERY_WAY)
    assert result.ret == 1
    outcomes = result.parseoutcomes()
    assert outcomes == {"failed": 4, "errors": 4}
    told = [line for line in result.outlines if line.startswith("skipped for a reason that")]
    assert len(told) == 8
    assert all(line.endswith("does not list: 'tired'") for line in told)


@pytest.mark.parametrize(
    "source",
    [
        "import pytest\npytest.skip('tired', allow_module_level=True)",
        "import pytest\npytest.importorskip('no_such_module_at_all', reason='tired')",
    ],
)
def test_a_module_skipped_while_collecting_fails(suite: pytest.Pytester, source: str) -> None:
    result = run(suite, source)
    assert result.ret != 0
    assert "tests/allowed-skips does not list: 'tired'" in result.stdout.str()


def test_a_module_may_be_skipped_for_a_listed_reason(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_other="def test_b(): pass")
    result = run(suite, "import pytest\npytest.skip('no such camera', allow_module_level=True)")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*skipped (1): no such camera*"])


def test_a_run_makes_a_cache_of_its_own(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WHICHMODEL_CACHE")
    source = """
        def test_cache(weights_cache):
            assert weights_cache.is_dir()
            assert weights_cache.name.startswith("whichmodel-tests-")
    """
    assert run(suite, source).ret == 0
