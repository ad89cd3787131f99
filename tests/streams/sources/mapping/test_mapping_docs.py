"""Holds docs/ingest_csv.md to the mapping language: its example parses, its tables are complete."""

from __future__ import annotations

import re

from streams.sources.mapping.dates import DAY_COUNTS, DIRECTIVES
from streams.sources.mapping.kinds import KINDS
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.mapping.tables import FileTable, StudyTable
from streams.sources.report import IngestReport
from streams.sources.rows import EventRow, Place, SourceRow
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "ingest_csv.md").read_text(encoding="utf-8")
EXAMPLE = TEXT.partition("```toml\n")[2].partition("```")[0]


def test_the_example_is_a_mapping_that_reads_a_row():
    """A user copies it: every way to a value in it works."""
    mapping = StudyMapping.parse(EXAMPLE)
    cells = {
        "PATNO": "P-1", "AENO": "7", "FORM": "SAE", "PT": "", "AETERM": "Fell", "SOC": "Injury",
        "ONSETYY": "2026", "ONSETMM": "3", "ONSETDD": "UNK", "ENDDT": "24200", "SAE": "Y",
        "SDEATH": "N", "SHOSP": "Y", "SEV": "3", "REL_DRUG": "No", "REL_DEVICE": "Related",
        "ENTERED": "03-MAR-2026",
    }  # fmt: skip
    row = mapping.file_mappings[2].map_row(SourceRow(Place("ae.csv", 2), cells), IngestReport())

    assert row == EventRow(
        place=Place("ae.csv", 2),
        subject="P-1",
        known="2026-03-03",
        key=("7",),
        term="Fell",
        system_organ_class="Injury",
        verbatim="Fell",
        onset="2026-03",
        end="2026-04-04",
        serious="yes",
        criteria=("hospitalisation",),
        severity="severe",
        relatedness="possible",
    )


def test_the_table_of_fields_is_complete():
    """Each record type has all its fields there, the needed ones in bold."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT.partition("Fields by type")[2], re.MULTILINE)
    needed = {record: set(re.findall(r"\*\*`(\w+)`\*\*", fields)) for record, fields in rows}
    named = {record: set(re.findall(r"`(\w+)`", fields)) for record, fields in rows}

    assert named == {record: set(kind.fields) - {"subject"} for record, kind in KINDS.items()}
    assert needed == {record: set(kind.required) - {"subject"} for record, kind in KINDS.items()}


def test_every_key_and_directive_is_described():
    """What the language has, the page has."""
    keys = {*StudyTable.model_fields, *FileTable.model_fields} - {"file"}
    undescribed = {key for key in keys if f"`{key}`" not in TEXT and f"`[{key}]`" not in TEXT}

    assert undescribed == set()
    assert [each for each in DIRECTIVES if each not in TEXT and each != "%%"] == []
    assert [each for each in DAY_COUNTS if f"`{each}`" not in TEXT] == []
