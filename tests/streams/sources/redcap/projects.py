"""Builds flat records of the REDCap instrument in the shared data, and reads them."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.redcap.reader import RedcapReader
from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow
from tests.paths import shared

MAPPING = """
system = "redcap"
missing = ["", "NI", "UNK"]
[[file]]
name = "ae"
path = "*.json"
record = "adverse_event"
where = { redcap_repeat_instrument = "adverse_events" }
key = ["record_id", "redcap_repeat_instance"]
[file.fields]
subject = "record_id"
preferred_term = "ae_code"
system_organ_class = { const = "UNKNOWN" }
onset = "ae_start"
serious = "ae_severity"
"""


def event(instance: str = "1", record: str = "P-001", **fields: str) -> dict[str, str]:
    """One record of the instrument, as a flat export has it."""
    return {
        "record_id": record,
        "redcap_repeat_instrument": "adverse_events",
        "redcap_repeat_instance": instance,
        "ae_code": "Headache",
        "ae_start": "2026-03-02",
        "ae_severity": "0",
        "ae_modified": "2026-03-05",
        **fields,
    }


def write_export(path: Path, records: Sequence[object]) -> Path:
    """Write *records* to *path* as a flat JSON export."""
    path.write_text(json.dumps(records))
    return path


def sample_records() -> list[dict[str, str]]:
    """The records of the shared flat export."""
    path = shared("data", "listings", "redcap", "redcap_flat_synthetic.csv")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_rows(path: Path, mapping: str = MAPPING) -> tuple[list[AnyRow], IngestReport]:
    """The rows of the export or exports at *path*, and what was found."""
    report = IngestReport()
    reader = RedcapReader(path=path, mapping=StudyMapping.parse(mapping))
    return list(reader.study_rows(report)), report
