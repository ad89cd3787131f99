"""Writes folders with ADSL and ADAE as Dataset-JSON, from rows of cells by column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

ADSL: dict[str, str | None] = {
    "USUBJID": "S-1",
    "SITEID": "701",
    "ARM": "Placebo",
    "TRT01A": "Placebo",
    "TRTSDT": "2014-01-02",
    "TRTEDT": "2014-03-01",
    "EOSSTT": "COMPLETED",
    "EOSDT": "2014-03-05",
}
ADAE: dict[str, str | None] = {
    "USUBJID": "S-1",
    "AESEQ": "1",
    "AETERM": "headache",
    "AEDECOD": "HEADACHE",
    "AEBODSYS": "NERVOUS SYSTEM DISORDERS",
    "ASTDT": "2014-02-01",
    "AESER": "N",
    "AESEV": "MILD",
}

Row = dict[str, str | None]


def write_adam(folder: Path, adsl: Sequence[Row] = (ADSL,), adae: Sequence[Row] = (ADAE,)) -> Path:
    """Write both data sets to *folder*, with the columns of all their rows, and return it."""
    for name, rows in (("ADSL", adsl), ("ADAE", adae)):
        columns = list(dict.fromkeys(column for row in rows for column in row))
        header = {
            "datasetJSONVersion": "1.1.0",
            "name": name,
            "records": len(rows),
            "columns": [{"name": column, "dataType": "string"} for column in columns],
        }
        lines = [header, *([row.get(column) for column in columns] for row in rows)]
        text = "\n".join(json.dumps(line) for line in lines)
        (folder / f"{name.lower()}.ndjson").write_text(text)
    return folder
