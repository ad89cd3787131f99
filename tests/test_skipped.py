"""The summary of skipped tests: a run that skips much must not look like one that passed all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.skipped import reason_of, skipped_lines

REASON = "../shared/data/cgd is not beside this checkout"


def test_reasons_are_counted_and_the_most_frequent_is_first():
    """Equal counts are in the order of their text."""
    assert list(skipped_lines(["b", "c", "a", "c"])) == ["    2  c", "    1  a", "    1  b"]


@pytest.mark.parametrize(
    ("longrepr", "reason"),
    [(("tests/paths.py", 28, f"Skipped: {REASON}"), REASON), ("Skipped: no server", "no server")],
)
def test_the_reason_is_what_the_test_said(longrepr: object, reason: str):
    """Without the file and the word that pytest puts before it."""
    assert reason_of(longrepr) == reason


def test_a_run_prints_how_many_were_skipped_and_why(pytester: pytest.Pytester):
    """In one process and in several."""
    source = Path(__file__).with_name("skipped.py").read_text()
    pytester.makeconftest(source)
    pytester.makepyfile(
        """
        import pytest

        def test_one():
            pytest.skip("no broker")

        def test_two():
            pytest.skip("no broker")

        def test_three():
            pass
        """
    )
    for options in ((), ("-n", "1")):
        result = pytester.runpytest("-p", "no:cacheprovider", *options)
        result.stdout.fnmatch_lines(["*2 tests skipped*", "    2  no broker"])
        result.assert_outcomes(passed=1, skipped=2)
