"""Writes data sets of Dataset-JSON 1.1, as one object or line by line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COLUMNS: list[dict[str, Any]] = [
    {"itemOID": "IT.AE.USUBJID", "name": "USUBJID", "label": "Subject", "dataType": "string"},
    {
        "itemOID": "IT.AE.AETERM",
        "name": "AETERM",
        "label": "Term",
        "dataType": "string",
        "length": 9,
    },
    {"itemOID": "IT.AE.AESEQ", "name": "AESEQ", "label": "Number", "dataType": "integer"},
    {"itemOID": "IT.AE.ASTDT", "name": "ASTDT", "label": "Start", "dataType": "date"},
]
ROWS: list[list[Any]] = [
    ["S-1", "Headache", 1, "2014-01-02"],
    ["S-1", "Œdème", 2, None],
    ["S-2", "", 10.0, "2014-02"],
]


def header(**attributes: Any) -> dict[str, Any]:
    """Return the attributes of AE, of which *attributes* replace or add some."""
    return {
        "datasetJSONCreationDateTime": "2026-11-30T08:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.AE",
        "records": len(ROWS),
        "name": "AE",
        "label": "Adverse Events",
        "columns": COLUMNS,
    } | attributes


def as_json(rows: Sequence[Any] = ROWS, **attributes: Any) -> str:
    """Return the data set as one object."""
    return json.dumps(header(records=len(rows)) | attributes | {"rows": rows}, ensure_ascii=False)


def as_ndjson(rows: Sequence[Any] = ROWS, **attributes: Any) -> str:
    """Return the data set line by line."""
    lines = [header(records=len(rows)) | attributes, *rows]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def write(path: Path, text: str | bytes) -> Path:
    """Write *text* to *path*, and return it."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
