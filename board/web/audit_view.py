"""The view of the audit trail: who read or changed what of a study, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from board.views.table import Cell, Column, ColumnKind, Table
from streams.log import Log

ENTRIES_MAX = 2_000
"""Entries at the end of the trail that are read."""

BATCH = 500

COLUMNS = (
    Column(key="at", label="At", unit="UTC"),
    Column(key="who", label="Who"),
    Column(key="role", label="Role"),
    Column(key="act", label="Action"),
    Column(key="what", label="What"),
    Column(key="alert", label="Alert"),
    Column(key="why", label="Purpose or reason"),
    Column(key="outcome", label="Outcome"),
    Column(key="session", label="Session", shown=False),
    Column(key="writer", label="Writer", shown=False),
    Column(key="seq", label="Number", kind=ColumnKind.COUNT, shown=False),
    Column(key="digest", label="Digest", shown=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """The entries that name a study, or no study.

    *read* entries at the end of the trail were looked through, of *total*; *refused* of those
    shown were refused.  *audited* is false where the settings turn auditing off.
    """

    audited: bool
    total: int
    read: int
    refused: int
    readers: int
    tables: tuple[Table, ...]


async def read_audit_view(trail: Log | None, study: str) -> AuditView:
    """Return the view of *study* from *trail*, which is closed then.  Raises LogUnreachable."""
    entries: list[dict[str, Any]] = []
    total = read = 0
    if trail is not None:
        try:
            offsets = await trail.offset_range()
            total = offsets.next - offsets.first
            start = max(offsets.first, offsets.next - ENTRIES_MAX)
            while start < offsets.next and (records := await trail.read(start, BATCH)):
                entries += (_entry_of(record.value) for record in records)
                start = records[-1].offset + 1
        finally:
            await trail.close()
    read = len(entries)
    rows = [_row(entry) for entry in reversed(entries) if _concerns(entry, study)]
    table = Table(
        name="audit",
        caption="Reads and changes, the newest first",
        columns=COLUMNS,
        rows=rows,
        note="The command tocsin verify audit shows that no entry was altered or removed.",
    )
    return AuditView(
        audited=trail is not None,
        total=total,
        read=read,
        refused=sum(row["outcome"] == "refused" for row in rows),
        readers=len({row["who"] for row in rows}),
        tables=(table,),
    )


def _entry_of(value: bytes | None) -> dict[str, Any]:
    try:
        entry: object = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return cast(dict[str, Any], entry) if isinstance(entry, dict) else {}


def _concerns(entry: Mapping[str, Any], study: str) -> bool:
    where = entry.get("where")
    named = cast(dict[str, Any], where).get("study") if isinstance(where, dict) else None
    return bool(entry) and named in (None, "", study)


def _row(entry: Mapping[str, Any]) -> Mapping[str, Cell]:
    return dict(_cells(entry))


def _cells(entry: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    where = entry.get("where")
    places = cast(dict[str, Any], where) if isinstance(where, dict) else {}
    for column in COLUMNS:
        value = entry.get(column.key, places.get(column.key))
        text = value if isinstance(value, int) else str(value or "")
        yield column.key, f"{text}"[:19].replace("T", " ") if column.key == "at" else text
