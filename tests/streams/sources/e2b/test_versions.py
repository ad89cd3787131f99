"""Checks follow-up reports, amendments and nullifications of one case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from streams.sources.rows import AnyRow
from tests.streams.sources.e2b.reading import read_rows
from tests.streams.sources.e2b.reports import Reaction, Report
from tests.streams.sources.found import codes

HEADACHE = Reaction(id="r-1", code="10019211")
RASH = Reaction(id="r-2", code="10037844")
FIRST = Report(reactions=[HEADACHE, RASH])
SECOND = replace(FIRST, received="20261120", created="20261121")


def brief(rows: list[AnyRow]) -> list[tuple[str, str, str, bool]]:
    """Term, version, day on which it was known, and removal of each of *rows*."""
    return [("/".join(row.key[1:]), row.version, row.known, row.removed) for row in rows]


def test_a_follow_up_is_the_next_version_of_its_reactions(tmp_path: Path):
    """It was known on the day of its most recent information, in whatever order files are read."""
    rows, _ = read_rows(tmp_path, SECOND, FIRST)

    assert brief(rows) == [
        ("10019211/1", "1", "2026-11-01", False),
        ("10037844/1", "1", "2026-11-01", False),
        ("10019211/1", "2", "2026-11-20", False),
        ("10037844/1", "2", "2026-11-20", False),
    ]


def test_an_amendment_is_known_when_it_was_made(tmp_path: Path):
    """It keeps the date of the most recent information, as it brings none."""
    amendment = replace(FIRST, nullification="2", created="20261125")

    rows, _ = read_rows(tmp_path, FIRST, amendment)

    assert brief(rows)[2:] == [
        ("10019211/1", "2", "2026-11-25", False),
        ("10037844/1", "2", "2026-11-25", False),
    ]


def test_a_nullification_removes_all_reactions_of_its_case(tmp_path: Path):
    """Those that the nullifying report does not repeat, and those that no report before had."""
    other = Reaction(id="r-3", code="3")
    nullification = replace(SECOND, nullification="1", reactions=[RASH, other])

    rows, report = read_rows(tmp_path, FIRST, nullification)

    assert brief(rows)[2:] == [
        ("10019211/1", "2", "2026-11-21", True),
        ("10037844/1", "2", "2026-11-21", True),
        ("3/1", "2", "2026-11-21", True),
    ]
    assert codes(report)["e2b_nullified"] == 1


def test_a_reaction_that_a_follow_up_drops_is_removed(tmp_path: Path):
    """A sender who codes a reaction anew must not leave it twice."""
    rows, report = read_rows(tmp_path, FIRST, replace(SECOND, reactions=[HEADACHE]))

    assert brief(rows)[2:] == [
        ("10037844/1", "2", "2026-11-20", True),
        ("10019211/1", "2", "2026-11-20", False),
    ]
    assert codes(report)["e2b_dropped"] == 1


def test_a_removed_reaction_that_comes_again_is_a_new_case(tmp_path: Path):
    """A retraction is final: under its old key the reaction would be lost without a word."""
    third = replace(FIRST, received="20261128")

    rows, _ = read_rows(tmp_path, FIRST, replace(SECOND, reactions=[HEADACHE]), third)

    assert brief(rows)[4:] == [
        ("10019211/1", "3", "2026-11-28", False),
        ("10037844/1/again1", "3", "2026-11-28", False),
    ]


def test_a_report_after_a_nullification_is_a_finding(tmp_path: Path):
    """Its reactions count, because a death must not depend on the order of a sender's reports."""
    nullification = replace(FIRST, nullification="1", created="20261102")
    late = replace(FIRST, received="20261128")

    rows, report = read_rows(tmp_path, FIRST, nullification, late)

    assert [row.removed for row in rows] == [False, False, True, True, False, False]
    assert codes(report)["e2b_after_nullification"] == 1


def test_a_report_without_reactions_removes_nothing(tmp_path: Path):
    """It is no valid report: E2B(R3) requires one reaction."""
    rows, report = read_rows(tmp_path, FIRST, replace(SECOND, reactions=[]))

    assert len(rows) == 2
    assert codes(report)["e2b_no_reaction"] == 1


def test_two_reactions_of_one_code_stay_two(tmp_path: Path):
    """A reaction that comes twice is two cases, numbered in the order of the report."""
    again = replace(HEADACHE, id="r-9", start="20261030")

    rows, _ = read_rows(tmp_path, Report(reactions=[HEADACHE, again]))

    assert [row.key for row in rows] == [("AB-1", "10019211", "1"), ("AB-1", "10019211", "2")]


def test_a_report_without_any_number_is_refused(tmp_path: Path):
    """Without a case number a follow-up could not be told from a new case."""
    rows, report = read_rows(tmp_path, replace(FIRST, case_id="", worldwide_id=""))

    assert rows == []
    assert report.refused
