"""Writes folders with domains of SDTM as Dataset-JSON, from rows of cells by variable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

Row = dict[str, str]

DM: Row = {
    "USUBJID": "S-1", "SITEID": "701", "ARM": "Drug", "RFXSTDTC": "2014-01-02",
    "RFENDTC": "2014-07-02", "DMDTC": "2014-01-01",
}  # fmt: skip
PLACEBO = {**DM, "USUBJID": "S-2", "ARM": "Placebo"}
EX: Row = {
    "USUBJID": "S-1", "EXSEQ": "1", "EXTRT": "DRUG", "EXDOSE": "10", "EXDOSU": "mg",
    "EXSTDTC": "2014-01-02", "EXENDTC": "2014-07-02",
}  # fmt: skip
AE: Row = {
    "USUBJID": "S-1", "AESEQ": "1", "AETERM": "headache", "AEDECOD": "HEADACHE",
    "AEBODSYS": "NERVOUS SYSTEM DISORDERS", "AESTDTC": "2014-02-01", "AEDTC": "2014-02-02",
    "AESER": "N", "AESEV": "MILD",
}  # fmt: skip
DS: Row = {
    "USUBJID": "S-1", "DSDECOD": "COMPLETED", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2014-07-02",
}  # fmt: skip


def write_sdtm(folder: Path, **domains: Sequence[Row]) -> Path:
    """Write *domains* beside a DM with two arms and an AE, and return *folder*."""
    for name, rows in {"dm": (DM, PLACEBO), "ae": (AE,), **domains}.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        header = {
            "datasetJSONVersion": "1.1.0",
            "name": name.upper(),
            "records": len(rows),
            "columns": [{"name": column, "dataType": "string"} for column in columns],
        }
        lines = [header, *([row.get(column, "") for column in columns] for row in rows)]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (folder / f"{name}.ndjson").write_text(text)
    return folder


def supplement(variable: str, value: str, sequence: str = "1") -> Row:
    """A row of SUPPAE about an event of S-1."""
    found = {"IDVAR": "AESEQ", "IDVARVAL": sequence, "QNAM": variable, "QVAL": value}
    return {"USUBJID": "S-1", **found}
