"""Checks whose report it is: number of the subject, number of the study; and what is refused."""

from __future__ import annotations

from pathlib import Path

from streams.sources.e2b.mapping import E2BMapping
from tests.streams.sources.e2b.reading import event, found, read_rows
from tests.streams.sources.e2b.reports import Reaction, Report
from tests.streams.sources.found import codes


def test_subjects_are_translated_and_an_unknown_number_is_refused(tmp_path: Path):
    """Safety databases may number subjects in another way than the study's other sources."""
    mapping = E2BMapping(subjects={"P-001": "01-701-1015"})

    assert event(tmp_path, Report(), mapping).subject == "01-701-1015"
    assert found(tmp_path, Report(investigation="P-2"), mapping)["e2b_unknown_subject"] == 1
    assert found(tmp_path, Report(investigation=""))["e2b_no_subject"] == 1


def test_reports_of_another_study_do_not_enter(tmp_path: Path):
    """They are refused until the user names the study, and then left out."""
    one, other = Report(study="CT-1"), Report(study="CT-2", worldwide_id="AB-2")
    _, undecided = read_rows(tmp_path, one, other)
    rows, decided = read_rows(tmp_path, one, other, mapping=E2BMapping(study_number="CT-2"))

    assert codes(undecided)["e2b_several_studies"] == 1
    assert undecided.refused
    assert [row.key[0] for row in rows] == ["AB-2"]
    assert codes(decided)["e2b_other_study"] == 1


def test_a_term_of_a_megabyte_is_refused(tmp_path: Path):
    """No verbatim is as long; a record could not hold it."""
    report = Report(reactions=[Reaction(translated="x" * 1_000_000)])

    assert found(tmp_path, report)["oversized_text"] == 1
    assert found(tmp_path, report)["refused"] == 1


def test_messages_name_the_element(tmp_path: Path):
    """Whoever corrects a report looks for the number of the element in it."""
    _, report = read_rows(tmp_path, Report(reactions=[Reaction(outcome="77")]))

    assert [(each.column, each.rows) for each in report.groups() if each.refused] == [
        ("E.i.7", (1,))
    ]
    _, report = read_rows(tmp_path, Report(investigation=""))
    assert [each.column for each in report.groups()] == ["D.1.1.4"]
