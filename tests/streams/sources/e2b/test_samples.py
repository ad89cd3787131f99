"""Reads the FDA's sample reports: nine files, some of them versions of one case."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from streams.sources.e2b.document import Reaction
from streams.sources.e2b.mapping import E2BMapping
from streams.sources.e2b.reader import E2BReader, LocatedReport, read_reports
from streams.sources.report import IngestReport
from tests.paths import shared
from tests.streams.sources.found import codes

CRITERIA = (
    "death", "life_threatening", "hospitalisation", "disability", "congenital_anomaly",
    "medically_important",
)  # fmt: skip
"""The criteria in the order of the columns of expected/reactions.csv."""


def line(located: LocatedReport, reaction: Reaction) -> list[str]:
    """The line of expected/reactions.csv for *reaction*."""
    flags = [reaction.criteria[name] for name in CRITERIA]
    name = Path(located.place.file).name
    code, term = reaction.llt_code, reaction.reported_term
    return [name, located.case.case_id, code, term, reaction.start, *flags]


def test_the_nine_samples_give_the_expected_reactions():
    """Each reaction has its own criteria, and a null flavour stays what it is."""
    folder = shared("data", "e2b_r3_fda_samples")
    with (folder / "expected" / "reactions.csv").open(newline="") as file:
        expected = list(csv.reader(file))[1:]

    located = read_reports(folder / "raw")

    assert [line(each, one) for each in located for one in each.case.reactions] == expected


def test_a_reaction_to_an_earlier_drug_is_no_event():
    """Scenarios 5-1 and 5-2 have one in the drug history of the patient (D.8.r.7b)."""
    path = shared("data", "e2b_r3_fda_samples", "raw", "FAERS2022Scenario5-1.xml")
    report = IngestReport()

    rows = list(E2BReader(path=path, mapping=E2BMapping(subject="name")).study_rows(report))

    assert [row.key[1] for row in rows] == ["10027940", "10009896"]
    assert codes(report)["e2b_history"] == 1


def test_reports_of_one_case_are_its_versions():
    """The worldwide number is the case, whoever sends the report and whatever his own number."""
    folder = shared("data", "e2b_r3_fda_samples", "raw")

    rows = list(
        E2BReader(path=folder, mapping=E2BMapping(subject="name")).study_rows(IngestReport())
    )

    versions = Counter(row.key[0] for row in rows if not row.removed and row.key[1] == "10027940")
    assert versions == {
        "US-APHARMA-222222222": 1,
        "US-APHARMA-234545656": 3,
        "US-APHARMA-8744554B": 4,
    }


def test_without_a_number_of_the_subject_nothing_is_written():
    """The samples name patients by initials only, which are no subject unless the user says so."""
    report = IngestReport()
    folder = shared("data", "e2b_r3_fda_samples", "raw")

    rows = list(E2BReader(path=folder).study_rows(report))

    assert rows == []
    assert report.refused
    assert codes(report)["e2b_no_subject"] == 9
