"""Tests how a mapping turns words into codes, criteria and treatments of the plan."""

from __future__ import annotations

import pytest

from streams.sources.mapping.errors import MappingError
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import IngestReport
from streams.sources.rows import SubjectRow, TreatmentRow
from tests.streams.sources.mapping.mappings import event, events_toml, map_cells, refusals


def test_codes_of_the_user_come_first_and_known_words_after_them():
    """A binary "related" is possible unless the mapping says otherwise."""
    toml = events_toml(
        fields='relatedness = "REL"', tables='[file.codes.relatedness]\n"related" = "definite"'
    )

    assert event(toml, REL="RELATED").relatedness == "definite"
    assert event(toml, REL="Possibly  related").relatedness == "possible"


def test_a_number_beside_numbers_of_the_user_is_never_guessed():
    """Where 1 is no and 2 is yes, 0 may be anything: a serious event would be lost."""
    toml = events_toml(
        fields='serious = "SER"', tables='[file.codes.serious]\n"1" = "no"\n"2" = "yes"'
    )

    assert event(toml, SER="2").serious == "yes"
    assert refusals(toml, SER="0") == [("unknown_code", "SER")]


def test_an_unknown_code_of_each_field_is_named():
    """All of a row's codes are named at once, so that one correction suffices."""
    toml = events_toml(fields='severity = "SEV"\noutcome = "OUT"')

    assert refusals(toml, SEV="Schwer", OUT="weg") == [
        ("unknown_code", "SEV"),
        ("unknown_code", "OUT"),
    ]


def test_criteria_are_those_whose_column_says_yes():
    """A check box of its own for each criterion, with the words of the export."""
    toml = events_toml(
        fields='criteria = { death = "DTH", hospitalisation = "HOSP" }',
        tables='[file.codes.criteria]\n"Checked" = "yes"\n"Unchecked" = "no"',
    )

    assert event(toml, DTH="unchecked", HOSP="Checked").criteria == ("hospitalisation",)
    assert event(toml, DTH="Y", HOSP="").criteria == ("death",)
    assert refusals(toml, DTH="perhaps") == [("unknown_code", "DTH")]


SUBJECTS = """\
[arms]
"Xan High" = "high"
"Screen Failure" = ""
[[file]]
name = "dm"
path = "ae.csv"
record = "subject"
fields = { subject = "PATNO", randomised_treatment = "ARM" }
"""


@pytest.mark.parametrize(
    ("cell", "arm"), [("xan  high", "high"), ("Screen Failure", ""), ("", ""), ("high", "high")]
)
def test_arms_become_treatments_of_the_plan(cell: str, arm: str):
    """Words are compared without case and white space; the plan's own names pass."""
    (row,) = map_cells(SUBJECTS, {"PATNO": "P-1", "ARM": cell})

    assert isinstance(row, SubjectRow)
    assert row.arm == arm


def test_an_arm_outside_the_table_is_refused():
    """A new arm must not become a treatment of its own without a word."""
    report = IngestReport()

    assert map_cells(SUBJECTS, {"PATNO": "P-1", "ARM": "Xan Low"}, report) == []
    assert [(each.problem.code, each.column) for each in report.groups()] == [
        ("unknown_arm", "ARM")
    ]


TREATMENTS = """\
[[file]]
name = "tx"
path = "ae.csv"
record = "treatment"
fields = {{ subject = "PATNO", treatment = {treatment}, start = "START" }}
"""


def test_the_randomised_treatment_is_left_to_the_rules():
    """A treatment without a name is that to which the subject was randomised."""
    toml = TREATMENTS.format(treatment='{ randomised = "PATNO" }')
    (row,) = map_cells(toml, {"PATNO": "P-1", "START": "2026-03-02"})

    assert isinstance(row, TreatmentRow)
    assert row.treatment == ""


def test_a_treatment_without_a_name_is_refused_where_a_column_has_it():
    """An empty cell would become the randomised treatment, which nobody stated."""
    report = IngestReport()
    toml = TREATMENTS.format(treatment='"DRUG"')

    assert map_cells(toml, {"PATNO": "P-1", "START": "2026-03-02", "DRUG": ""}, report) == []
    assert [each.problem.code for each in report.groups()] == ["no_treatment"]


def test_only_the_subject_of_the_row_was_randomised():
    """Another column could not be looked up."""
    with pytest.raises(MappingError, match="not the column of the subject"):
        StudyMapping.parse(TREATMENTS.format(treatment='{ randomised = "OTHER" }'))
