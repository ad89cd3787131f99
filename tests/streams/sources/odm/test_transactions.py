"""Checks transactional files: what a transaction does not state remains, and removals remove."""

from __future__ import annotations

from pathlib import Path

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.odm.reader import OdmReader
from streams.sources.report import IngestReport
from streams.sources.rows import EventRow
from tests.streams.sources.found import codes
from tests.streams.sources.odm.exports import (
    MAPPING,
    export,
    form,
    group,
    read_events,
    subject,
)

FIRST = group(
    {"AETERM": "Fever", "AESTDTC": "2026-11-01", "AESER": "N"}, kind="Insert", time="2026-11-02"
)


def transactions(folder: Path, *contents: str) -> list[EventRow]:
    """The events of one transactional file in which each of *contents* is one transaction."""
    text = export("".join(map(subject, contents)), file_type="Transactional")
    return read_events(folder, text)[0]


def test_an_update_keeps_the_items_that_it_does_not_state(tmp_path: Path):
    """A transaction lists only the items that changed: the others are as before, not empty."""
    update = group({"AESER": "Y"}, kind="Update", time="2026-11-20")

    first, second = transactions(tmp_path, form(FIRST), form(update))

    assert (first.serious, first.known) == ("no", "2026-11-02")
    assert (second.term, second.onset, second.serious) == ("Fever", "2026-11-01", "yes")
    assert (second.known, second.key) == ("2026-11-20", first.key)


def test_a_removed_group_keeps_its_key_and_says_that_it_is_gone(tmp_path: Path):
    """Its last items stand in the row, so that keys made of items are found."""
    removal = group({}, kind="Remove", time="2026-11-20")

    first, second = transactions(tmp_path, form(FIRST), form(removal))

    assert (first.removed, second.removed) == (False, True)
    assert (second.term, second.key, second.known) == ("Fever", first.key, "2026-11-20")


def test_a_removed_form_removes_its_groups(tmp_path: Path):
    """Also where the transaction does not list them."""
    second_group = group({"AETERM": "Rash", "AESTDTC": "2026-11-02"}, repeat="2", kind="Insert")

    rows = transactions(
        tmp_path, form(FIRST + second_group), form("", kind="Remove", time="2026-11-20")
    )

    assert [(row.term, row.removed) for row in rows] == [
        ("Fever", False),
        ("Rash", False),
        ("Fever", True),
        ("Rash", True),
    ]


def test_a_removed_subject_removes_only_its_own_groups(tmp_path: Path):
    """A key that begins with the same characters is another subject."""
    text = export(
        subject(form(FIRST), key="P-1")
        + subject(form(FIRST), key="P-10")
        + subject("", key="P-1", kind="Remove"),
        file_type="Transactional",
    )

    rows, _ = read_events(tmp_path, text)

    assert [(row.subject, row.removed) for row in rows] == [
        ("P-1", False),
        ("P-10", False),
        ("P-1", True),
    ]


def test_a_removed_item_is_empty(tmp_path: Path):
    """The group remains."""
    content = (
        '<ItemGroupData ItemGroupOID="AE" ItemGroupRepeatKey="1" TransactionType="Update">'
        '<ItemData ItemOID="AESER" TransactionType="Remove" Value="Y"/></ItemGroupData>'
    )

    _, second = transactions(tmp_path, form(FIRST), form(content))

    assert (second.serious, second.term, second.removed) == ("", "Fever", False)


def test_transactions_go_on_from_file_to_file(tmp_path: Path):
    """An EDC sends a snapshot once, and then what changed."""
    update = group({"AESER": "Y"}, kind="Update", time="2026-11-20")

    rows, _ = read_events(
        tmp_path,
        export(subject(form(FIRST))),
        export(subject(form(update)), file_type="Transactional"),
    )

    assert [(row.term, row.serious) for row in rows] == [("Fever", "no"), ("Fever", "yes")]


def test_a_group_of_a_snapshot_is_whole(tmp_path: Path):
    """An item that a later snapshot does not state is empty there, and not as before."""
    later = group({"AETERM": "Fever", "AESTDTC": "2026-11-01"})

    rows, _ = read_events(tmp_path, *(export(subject(form(each))) for each in (FIRST, later)))

    assert [row.serious for row in rows] == ["no", ""]


def test_a_group_that_nobody_has_filled_in_is_no_event(tmp_path: Path):
    """A blank form, or a transaction that only names where another one is."""
    blank = group({"AETERM": "", "AESER": ""}, repeat="2")
    context = group({}, repeat="3", kind="Context")

    rows, report = read_events(tmp_path, export(subject(form(FIRST + blank + context))))

    assert [row.term for row in rows] == ["Fever"]
    assert codes(report) == {"odm_empty_group": 2}


def test_a_group_that_is_emptied_is_not_lost(tmp_path: Path):
    """A site that clears a form has not said that there was no event."""
    blank = group({"AETERM": "", "AESTDTC": "", "AESER": ""}, kind="Update")

    rows = transactions(tmp_path, form(FIRST), form(blank))

    assert [(row.term, row.removed) for row in rows] == [("Fever", False), ("", False)]


def test_an_event_of_two_groups_stays_when_one_is_removed(tmp_path: Path):
    """Under a key of the mapping a removal withdraws one part, and the last one the event."""
    mapping = MAPPING.replace("[file.fields]", 'key = ["AESPID"]\n[file.fields]')
    items = {"AESPID": "7", "AETERM": "Fever", "AESTDTC": "2026-11-01", "AESER": "Y"}
    parts = [group(items, repeat=number, kind="Insert") for number in ("1", "2")]
    removals = [group({}, repeat=number, kind="Remove") for number in ("1", "2")]

    rows, report = read_events(
        tmp_path,
        export(subject(form("".join(parts + removals[:1]))), file_type="Transactional"),
        mapping=mapping,
    )
    assert [row.removed for row in rows] == [False]
    assert codes(report) == {"odm_part_removed": 1}

    rows, _ = read_events(
        tmp_path,
        export(subject(form("".join(parts + removals))), file_type="Transactional"),
        mapping=mapping,
    )
    assert [row.removed for row in rows] == [False, True]


def test_a_subject_of_two_groups_stays_when_one_is_removed(tmp_path: Path):
    """A form of demographics that is entered anew must not remove the subject."""
    mapping = """
[[file]]
name = "dm"
path = "*.xml"
record = "subject"
where = { ItemGroupOID = ["DM", "RAND"] }
fields = { subject = "SubjectKey", randomised_treatment = "ARM" }
"""
    both = group({"SEX": "F"}, oid="DM", kind="Insert") + group({"ARM": "A"}, oid="RAND")
    removal = group({}, oid="DM", kind="Remove")
    path = tmp_path / "e.xml"
    path.write_text(export(subject(form(both + removal)), file_type="Transactional"))
    reader = OdmReader(path=path, mapping=StudyMapping.parse(mapping))

    rows = list(reader.study_rows(IngestReport()))

    assert [row.removed for row in rows] == [False, False]
