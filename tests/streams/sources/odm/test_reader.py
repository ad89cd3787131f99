"""Reads ODM files: samples, snapshots, and what goes wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.odm.reader import OdmReader
from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.rows import EventRow
from tests.paths import shared
from tests.streams.sources.found import codes
from tests.streams.sources.odm.exports import (
    MAPPING,
    audit,
    export,
    form,
    group,
    read_events,
    subject,
)

FEVER = {"AETERM": "Fever", "AESTDTC": "2026-11-01", "AESER": "N"}
SNAPSHOT_MAPPING = """
[[file]]
name = "ae"
path = "odm-data-snapshot.xml"
record = "adverse_event"
where = { ItemGroupOID = "IG.AE.AE_ARRAY1" }
[file.fields]
subject = "SubjectKey"
preferred_term = "IT.AETERM"
system_organ_class = { const = "UNKNOWN" }
onset = { const = "" }
"""


def test_the_snapshot_with_clinical_data_is_read():
    """Sixty item groups, of which twenty are adverse events; the others are named as left out."""
    path = shared("data", "listings", "odm", "odm-data-snapshot.xml")
    report = IngestReport()

    rows = list(
        OdmReader(path=path, mapping=StudyMapping.parse(SNAPSHOT_MAPPING)).study_rows(report)
    )

    terms = [row.term for row in rows if isinstance(row, EventRow) and row.subject == "SS_0001"]
    assert len(rows) == 20
    assert terms[:3] == ["Constipation", "Diarrhea", "Anal Pain"]
    assert codes(report) == {"odm_not_mapped": 35, "odm_empty_group": 5}


def test_the_fragment_of_two_visits_is_read():
    """Its groups have no repeat keys; the visit tells them apart."""
    path = shared("data", "listings", "odm", "test_clinical_data_01.xml")
    mapping = StudyMapping.parse(MAPPING.replace('serious = "AESER"\n', ""))

    (row,) = OdmReader(path=path, mapping=mapping).study_rows(IngestReport())

    assert isinstance(row, EventRow)
    assert (row.subject, row.term, row.onset) == ("1000", "Fever", "2006-08-21")
    assert row.key == ("VISIT_1", "", "AENONSER", "", "AE", "")


def test_metadata_alone_are_refused():
    """A form library has no subject: the message says which export is needed."""
    path = shared("data", "listings", "odm", "cdash-odm-test.xml")
    reader = OdmReader(path=path, mapping=StudyMapping.parse(MAPPING))

    with pytest.raises(UnreadableSource, match="only metadata"):
        list(reader.study_rows(IngestReport()))


def test_audit_records_say_when_a_group_was_known(tmp_path: Path):
    """The latest of the group and its items; else that of the nearest element around it."""
    item = f'<ItemData ItemOID="AETERM" Value="A">{audit("2026-11-05T09:00:00Z")}</ItemData>'
    inner = (
        f'<ItemGroupData ItemGroupOID="AE" ItemGroupRepeatKey="1">{item}'
        '<ItemData ItemOID="AESTDTC" Value="2026-11-01"/></ItemGroupData>'
    )
    outer = group(FEVER, repeat="2")

    rows, _ = read_events(
        tmp_path, export(subject(form(inner + outer, time="2026-11-03T00:00:00Z")))
    )

    assert [row.known for row in rows] == ["2026-11-05T09:00:00Z", "2026-11-03T00:00:00Z"]


def test_audit_records_are_found_by_their_id(tmp_path: Path):
    """Exports of typed items keep them at the end of the file."""
    item = (
        '<ItemDataString ItemOID="AETERM" AuditRecordID="A.1">Fever</ItemDataString>'
        '<ItemDataDate ItemOID="AESTDTC">2026-11-01</ItemDataDate>'
    )
    record = (
        '<AuditRecord ID="A.1"><DateTimeStamp>2026-11-04T00:00:00Z</DateTimeStamp></AuditRecord>'
    )
    content = f'<ItemGroupData ItemGroupOID="AE">{item}</ItemGroupData>'

    ((row,), _) = read_events(
        tmp_path, export(subject(form(content)) + f"<AuditRecords>{record}</AuditRecords>")
    )

    assert (row.term, row.onset, row.known) == ("Fever", "2026-11-01", "2026-11-04T00:00:00Z")


def test_a_null_item_has_no_value(tmp_path: Path):
    """`IsNull` says that the site left it empty; it must not become a term."""
    item = (
        '<ItemData ItemOID="AETERM" Value="x" IsNull="Yes"/>'
        '<ItemData ItemOID="AESTDTC" Value="2026-11-01"/>'
    )
    content = f'<ItemGroupData ItemGroupOID="AE">{item}</ItemGroupData>'

    ((row,), _) = read_events(tmp_path, export(subject(form(content))))

    assert row.term == ""


def test_a_misspelt_item_is_refused_where_the_metadata_show_it(tmp_path: Path):
    """An item that is never there would leave its field, such as seriousness, empty unseen."""
    text = export(subject(form(group(FEVER))), items="AETERM AESTDTC AESERIOUS")
    mapping = MAPPING.replace('"AESER"', '"AESRE"')

    _, with_metadata = read_events(tmp_path, text, mapping=mapping)
    _, without = read_events(tmp_path, export(subject(form(group(FEVER)))), mapping=mapping)

    assert codes(with_metadata) == {"odm_unknown_item": 1}
    assert with_metadata.refused
    assert codes(without) == {"odm_item_never_seen": 1}
    assert not without.refused


def test_a_mapping_that_selects_nothing_is_a_finding(tmp_path: Path):
    """Its `where` may be misspelt, and then all its events are missing."""
    _, report = read_events(tmp_path, export(subject(form(group(FEVER, oid="XX")))))

    assert codes(report) == {"odm_not_mapped": 1, "odm_never_selected": 1}


def test_data_of_several_studies_are_refused_until_the_mapping_names_one(tmp_path: Path):
    """An EDC exports all studies of a sponsor at once."""
    one, other = (export(subject(form(group(FEVER))), study=name) for name in ("S", "T"))
    where = MAPPING.replace('"AE" }', '"AE", StudyOID = "S" }')

    _, undecided = read_events(tmp_path, one, other)
    rows, decided = read_events(tmp_path, one, other, mapping=where)

    assert undecided.refused
    assert len(rows) == 1
    assert not decided.refused


def test_a_term_of_a_megabyte_is_refused(tmp_path: Path):
    """The file is read, and the cell is named."""
    _, report = read_events(
        tmp_path, export(subject(form(group({**FEVER, "AETERM": "x" * 999_999}))))
    )

    assert [(each.problem.code, each.column) for each in report.groups()] == [
        ("oversized_text", "AETERM")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<MCCI_IN200100UV01><a/></MCCI_IN200100UV01>", r"this is E2B\(R3\)"),
        ('<ODM ODMVersion="2.0"><ClinicalData><SubjectData/></ClinicalData></ODM>', "is ODM 2"),
        ("<ODM", "not well-formed"),
    ],
)
def test_what_is_no_odm_export_is_refused(tmp_path: Path, text: str, message: str):
    """With what it is, or where it ends."""
    with pytest.raises(UnreadableSource, match=message):
        read_events(tmp_path, text)
