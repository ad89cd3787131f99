"""Reads flat JSON exports of REDCap: one, and several of a growing study."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from streams.sources.report import UnreadableSource
from streams.sources.rows import EventRow
from tests.paths import shared
from tests.streams.sources.found import codes
from tests.streams.sources.mutations import mutated
from tests.streams.sources.redcap.projects import (
    MAPPING,
    event,
    read_rows,
    sample_records,
    write_export,
)


def test_the_sample_names_its_two_unknown_codes_and_passes_the_impossible_date_on(tmp_path: Path):
    """A seriousness of 2 and a relatedness of 9 stop the ingest; the rules report 30 February."""
    mapping = shared("data", "listings", "redcap", "mapping_example.toml").read_text()
    path = write_export(tmp_path / "export.json", sample_records())

    rows, report = read_rows(path, mapping)

    refused = [(each.column, each.rows) for each in report.groups() if each.refused]
    assert refused == [("ae_severity", (7,)), ("ae_related", (7,))]
    events = [row for row in rows if isinstance(row, EventRow)]
    assert [(row.subject, row.term, row.onset) for row in events] == [
        ("P-001", "Headache", "2026-03-02"),
        ("P-001", "Chest pain", "2026-03-20"),
        ("P-002", "Nausea", "2026-03"),
        ("P-002", "Fall", "2026-02-30"),
    ]
    assert events[2].verbatim == "Übelkeit"


def test_missing_data_codes_are_no_values(tmp_path: Path):
    """A project's codes for missing data stand in dates and choices alike."""
    path = write_export(tmp_path / "e.json", [event(ae_start="UNK", ae_severity="NI")])

    ((row,), report) = read_rows(path)

    assert isinstance(row, EventRow)
    assert (row.onset, row.serious) == ("", "")
    assert not report.refused


def test_an_export_taken_again_gives_rows_only_where_content_changed(tmp_path: Path):
    """The first one is known when it was pulled first, the change when it was pulled."""
    first = [event("1"), event("2", ae_code="Rash")]
    write_export(tmp_path / "pull-20260306T000000Z.json", first)
    write_export(tmp_path / "pull-20260307T000000Z.json", first)
    write_export(tmp_path / "pull-20260308T000000Z.json", [event("1", ae_severity="1"), first[1]])

    rows, _ = read_rows(tmp_path)

    assert [(row.key, row.known, row.version) for row in rows] == [
        (("1",), "2026-03-06T00:00:00Z", "000000001"),
        (("2",), "2026-03-06T00:00:00Z", "000000001"),
        (("1",), "2026-03-08T00:00:00Z", "000000003"),
    ]


def test_without_a_key_the_instance_is_the_key(tmp_path: Path):
    """A row without a key would be a new case in every export."""
    mapping = MAPPING.replace('key = ["record_id", "redcap_repeat_instance"]\n', "")
    for day in ("06", "07"):
        write_export(tmp_path / f"pull-202603{day}T000000Z.json", [event("1"), event("2")])

    rows, _ = read_rows(tmp_path, mapping)

    assert [row.key for row in rows] == [
        ("", "adverse_events", "1"),
        ("", "adverse_events", "2"),
    ]


def test_a_value_that_goes_back_is_a_version_of_its_own(tmp_path: Path):
    """Each export is compared with the last one, not with all before."""
    for day, serious in (("06", "0"), ("07", "1"), ("08", "0")):
        name = f"pull-202603{day}T000000Z.json"
        write_export(tmp_path / name, [event(ae_severity=serious)])

    rows, _ = read_rows(tmp_path)

    assert [row.serious for row in rows if isinstance(row, EventRow)] == ["no", "yes", "no"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"record_id": "1"', "cut short"),
        ('{"error": "no"}', "cannot be read here"),
        (json.dumps([event()]) + " x", "something stands after its records"),
        ('[{"record": "1", "field_name": "a", "value": "b"}]', "type eav"),
        ('[{"record_id": "1"}]', "has no column"),
        (json.dumps([event(), 7]), "something else than records"),
        ('[{"record_id": ' + "[" * 10_000 + "]" * 10_000 + "}]", "nested too deep|cannot be read"),
        ("record_id,ae_ae\n1,x\n", "tocsin ingest csv"),
    ],
)
def test_what_is_no_flat_export_is_refused(tmp_path: Path, text: str, message: str):
    """With what it is, and what to export."""
    path = tmp_path / "e.json"
    path.write_text(text)

    with pytest.raises(UnreadableSource, match=message):
        read_rows(path)


def test_a_list_in_a_mapped_field_is_refused(tmp_path: Path):
    """Another field may hold anything."""
    records = [{**event(), "ae_code": ["a"], "files": ["b"]}]

    rows, report = read_rows(write_export(tmp_path / "e.json", records))

    assert rows == []
    assert [(each.problem.code, each.column) for each in report.groups()] == [
        ("redcap_not_a_text", "ae_code")
    ]


def test_a_term_of_a_megabyte_is_refused(tmp_path: Path):
    """As in every format."""
    _, report = read_rows(write_export(tmp_path / "e.json", [event(ae_code="x" * 1_000_000)]))

    assert codes(report) == {"oversized_text": 1}
    assert report.refused


def test_an_empty_export_and_an_empty_folder_differ(tmp_path: Path):
    """A range without changes gives an export without records; an empty folder is a wrong one."""
    with pytest.raises(UnreadableSource, match="--pull"):
        read_rows(tmp_path)

    _, report = read_rows(write_export(tmp_path / "e.json", []))

    assert codes(report) == {"redcap_no_record": 1}


def test_the_time_of_the_pull_can_stand_after_a_field_of_the_project(tmp_path: Path):
    """A project that keeps the time of each change says more than the pull."""
    mapping = MAPPING.replace(
        "[file.fields]", 'known_at = ["ae_modified", "pulled_at"]\n[file.fields]'
    )
    records = [event("1"), event("2", ae_modified="")]
    write_export(tmp_path / "pull-20260306T000000Z.json", records)

    rows, _ = read_rows(tmp_path, mapping)

    assert [row.known for row in rows] == ["2026-03-05", "2026-03-06T00:00:00Z"]


def test_two_thousand_damaged_exports_raise_no_other_error(tmp_path: Path):
    """Some are refused, some are read: a traceback is a defect."""
    data = json.dumps([event("1"), event("2", ae_code="Übelkeit"), event("3")]).encode()
    path = tmp_path / "e.json"
    random = Random(0)
    counts: list[int] = []

    for _ in range(2_000):
        path.write_bytes(mutated(data, random, header=200))
        try:
            counts.append(len(read_rows(path)[0]))
        except UnreadableSource:
            counts.append(-1)

    assert {-1, 3} <= set(counts)
