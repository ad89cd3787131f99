"""Writes ProDERM's log as several studies of their own: the record types of a real trial."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from streams.records.encode import encode_record

LOG = Path(__file__).resolve().parent.parent / "studies" / "proderm" / "log.jsonl"
STUDIES = 22
"""Enough studies for 57,398 records, which take seconds and not tenths of them."""


def write_proderm_log(log: Path, studies: int = STUDIES) -> Path:
    """Write to *log* each record of ProDERM once for each study, side by side; return *log*."""
    with log.open("wb") as file, LOG.open("rb") as lines:
        for line in lines:
            file.writelines(_renamed(line, studies))
    return log


def _renamed(line: bytes, studies: int) -> Iterator[bytes]:
    """Yield the record in *line* for each study."""
    record = json.loads(line)
    own_name, toml = record["study"], record.get("toml")
    for number in range(studies):
        record["study"] = f"{own_name}-{number:02}"
        if toml is not None:
            record["toml"] = toml.replace(f'study = "{own_name}"', f'study = "{record["study"]}"')
            record["sha256"] = sha256(record["toml"].encode()).hexdigest()
        yield encode_record(record) + b"\n"
