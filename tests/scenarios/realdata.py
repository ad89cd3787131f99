"""Reads real trials from the shared data, as table rows and as logs to replay."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from streams.sources.sdtm import SdtmReader
from tests.paths import shared
from tests.streams.sources.ingested import Ingested, ingest

WireRecord = dict[str, Any]

CDISC = "CDISCPILOT01"
ARMS = {
    "Placebo": "placebo",
    "Xanomeline Low Dose": "xanomeline_low_dose",
    "Xanomeline High Dose": "xanomeline_high_dose",
}


def shared_table(*parts: str) -> list[dict[str, str]]:
    """Return the rows of the shared CSV file at the path *parts*."""
    with shared("data", *parts).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tabulation_folder() -> Path:
    """Return the folder with the transport files of the CDISC pilot."""
    return shared("data", "cdiscpilot01", "raw_xpt")


@cache
def cdisc_ingested() -> Ingested:
    """Ingest the CDISC pilot with the drawn-up plan and what its report needs besides.

    The report counts an onset in a month from its first day, and the dermatologic terms of its
    ADaM as a group.
    """
    dermatologic_terms = {
        row["AEDECOD"] for row in shared_table("cdiscpilot01", "adae.csv") if row["CQ01NAM"]
    }
    plan = ingest(SdtmReader(tabulation_folder()), CDISC).plan
    assert 'partial = "treatment_start"' in plan
    plan = plan.replace('partial = "treatment_start"', 'partial = "first_day"')
    plan += f"\n[groups.dermatologic]\npreferred_terms = {json.dumps(sorted(dermatologic_terms))}\n"
    return ingest(SdtmReader(tabulation_folder()), CDISC, plan=plan)


def cdisc_records() -> tuple[WireRecord, ...]:
    """Return the records of the CDISC pilot."""
    return cdisc_ingested().records


def log_bytes(wire_records: Iterable[WireRecord]) -> bytes:
    """Return *wire_records* as the bytes of a log."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in wire_records)


def wire_record(
    kind: str, study: str, entity: str, known: str, version: int = 1, **content: Any
) -> WireRecord:
    """Return a wire record that became known at midnight of the day *known*."""
    return {
        "schema": "trial.log/1",
        "type": kind,
        "study": study,
        "source": {"system": "test", "id": entity, "version": version},
        "known_at": f"{known}T00:00:00Z",
        **content,
    }


def plan_record(study: str, toml: str, known: str) -> WireRecord:
    """Return the plan of *study* as a record."""
    return wire_record(
        "plan", study, "plan", known, toml=toml, sha256=sha256(toml.encode()).hexdigest()
    )


def in_order(wire_records: Iterable[WireRecord]) -> list[WireRecord]:
    """Sort *wire_records* by arrival; records of one instant keep their given order."""
    return sorted(wire_records, key=lambda record: record["known_at"])


def day_after(day: str, days: int = 1) -> str:
    """Return the day *days* after *day*."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def days_between(first: str, last: str) -> int:
    """Return the number of days from *first* to *last*, both included."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
