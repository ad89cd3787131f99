"""What two sources of one study are compared by, and a second writer of Dataset-JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pyreadstat

from tests.streams.sources.ingested import Ingested, WireRecord


def follow_up(study: Ingested) -> dict[str, tuple[str, str, str]]:
    """Return treatment, first and last day of follow-up by treated subject."""
    ends = {record["subject"]: record["date"] for record in study.of_type("disposition")}
    return {
        record["subject"]: (record["treatment"], record["start"], ends[record["subject"]])
        for record in study.of_type("treatment")
    }


def events(study: Ingested) -> set[tuple[str, str, str]]:
    """Return subject, term and onset of each event."""
    return {_event(record) for record in study.of_type("adverse_event")}


def serious(study: Ingested) -> set[tuple[str, str, str]]:
    """Return the events that are serious by their flag, a criterion or their outcome."""
    return {
        _event(record)
        for record in study.of_type("adverse_event")
        if record.get("serious") or record.get("criteria") or record.get("outcome") == "fatal"
    }


def endings(study: Ingested) -> dict[str, tuple[str, str]]:
    """Return how and when follow-up ended, by subject."""
    return {
        each["subject"]: (each["status"], each["date"]) for each in study.of_type("disposition")
    }


def _event(record: WireRecord) -> tuple[str, str, str]:
    return record["subject"], record["preferred_term"], record.get("onset", "")


def as_dataset_json(path: Path, folder: Path, suffix: str) -> None:
    """Write the transport file at *path* to *folder* as Dataset-JSON, as pyreadstat reads it."""
    columns, described = pyreadstat.read_xport(str(path), output_format="dict")
    rows = [[_value(value) for value in row] for row in zip(*columns.values(), strict=True)]
    header = {
        "datasetJSONVersion": "1.1.0",
        "name": described.table_name,
        "records": len(rows),
        "columns": [{"name": name, "dataType": "string"} for name in columns],
    }
    lines = [header, *rows] if suffix == ".ndjson" else [header | {"rows": rows}]
    (folder / f"{path.stem}{suffix}").write_text("\n".join(map(json.dumps, lines)))


def _value(value: object) -> object:
    return value if value is None or isinstance(value, str | float) else str(value)
