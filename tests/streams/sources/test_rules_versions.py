"""Checks versions: a later one corrects, rows of one are parts, a removal withdraws."""

from __future__ import annotations

from typing import Any

from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow, DoseRow, EventRow, Place, SubjectRow
from streams.sources.rules.current import current_rows, current_subject
from tests.streams.sources.ingested import WireRecord, ingest

SUBJECT = SubjectRow(
    place=Place("dm", 1), subject="P-1", known="2026-01-01", arm="drug", allocated="2026-01-01"
)


class Rows:
    """A reader of rows that a test builds."""

    system = "edc"

    def __init__(self, *rows: AnyRow) -> None:
        self.rows = rows

    def study_rows(self, report: IngestReport):
        yield from self.rows

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        return field


def event(number: int, version: str = "", **fields: Any) -> EventRow:
    """One row of an event under the key of all."""
    values = {"term": "Rash", "system_organ_class": "Skin", "onset": "2026-01-05", **fields}
    known = f"2026-02-{number:02}"
    return EventRow(
        place=Place("ae", number), subject="P-1", known=known, key=("1",), version=version, **values
    )


def dose(number: int, version: str = "", *, removed: bool = False) -> DoseRow:
    """One row of a dose under the key of all."""
    return DoseRow(
        place=Place("ex", number),
        subject="P-1",
        key=("1",),
        version=version,
        removed=removed,
        first=f"2026-01-{number:02}",
    )


def records(*rows: AnyRow) -> list[WireRecord]:
    """The cases and retractions of the subject with *rows*."""
    found = ingest(Rows(SUBJECT, *rows)).records
    return [one for one in found if one["type"] in ("adverse_event", "retraction")]


def test_a_later_version_corrects_the_earlier():
    """An export taken again that says "not serious" corrects the error of the one before."""
    found = records(event(1, "1", serious="yes"), event(2, "2", serious="no"))

    assert [(one["source"]["version"], one["serious"]) for one in found] == [(1, True), (2, False)]


def test_rows_of_one_version_are_parts_of_one_event():
    """Of the lines of one export, the serious one decides, wherever it stands."""
    first = [event(1, "1", serious="yes"), event(2, "1", serious="no")]
    second = [
        event(3, "2", serious="no"),
        event(4, "2", serious="yes"),
        event(5, "2", serious="no"),
    ]

    found = records(*first, *second)

    assert [one["serious"] for one in found] == [True, True, False, True, True]


def test_different_terms_of_one_version_are_cases_of_their_own():
    """A key that names too little must not hide an event behind another."""
    found = records(event(1, "1", term="Rash"), event(2, "1", term="Fall"))

    assert sorted(one["preferred_term"] for one in found) == ["Fall", "Rash"]
    assert len({one["source"]["id"] for one in found}) == 2


def test_a_term_that_a_later_version_corrects_is_one_case():
    """Coding is corrected often."""
    found = records(event(1, "1", term="Rash"), event(2, "2", term="Fall"))

    assert [one["source"]["version"] for one in found] == [1, 2]


def test_a_removal_retracts_the_case():
    """With the id that its versions have."""
    found = records(event(1, "1"), event(2, "2", removed=True))

    assert [one["type"] for one in found] == ["adverse_event", "retraction"]
    assert found[1]["target"]["id"] == found[0]["source"]["id"]


def test_of_other_rows_the_last_version_counts():
    """A corrected dose is not two doses, and a removed one is none."""
    assert current_rows([dose(1, "1"), dose(2, "2")]) == [dose(2, "2")]
    assert current_rows([dose(1, "1"), dose(2, "2", removed=True)]) == []
    assert current_rows([dose(1, "1", removed=True), dose(2, "10"), dose(3, "9")]) == [
        dose(2, "10")
    ]
    assert current_rows([dose(1), dose(2)]) == [dose(1), dose(2)]


def test_a_removed_subject_is_none():
    """Its events are removed with it, or remain without a subject, which is a finding."""
    gone = SubjectRow(place=Place("dm", 2), subject="P-1", version="2", removed=True)

    assert current_subject([SUBJECT, gone]) == []
    assert current_subject([gone, SUBJECT]) == []
    assert current_subject([SUBJECT]) == [SUBJECT]


def test_a_death_is_known_when_the_first_source_had_it():
    """Not on its day, on which nobody had told yet: alerts count their days from then."""
    fatal = event(9, outcome="fatal", end="2026-01-07", died="2026-01-07")

    found = ingest(Rows(SUBJECT, fatal)).of_type("disposition")

    assert [(one["date"], one["known_at"][:10]) for one in found] == [("2026-01-07", "2026-02-09")]
