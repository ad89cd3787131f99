"""Writes records of the fold as a source sends them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from benchmarks.growth_records import STUDY
from monitor import records
from monitor.records import Record
from streams.records.encode import encode_record
from tests.independent.builders import DAY_0 as BUILDERS_DAY_0
from tests.independent.builders import iso_date

DATES = ("start", "end", "first_date", "last_date", "onset")
"""Fields of bodies that are days; on the wire they are dates."""

WIRE_TYPES: dict[type, str] = {
    records.PlanRecord: "plan",
    records.Treatment: "treatment",
    records.AdverseEvent: "adverse_event",
    records.Dose: "dose",
    records.Merge: "merge",
    records.Collection: "collection",
}


def wire_bytes(record: Record, study: str) -> bytes:
    """Return *record* as a source sends it, as a record of *study*."""
    body: Any = record.body
    system, _, name = record.entity_id.partition("/")
    names = getattr(body, "_fields", None) or body.__slots__
    fields = {each: wire_value(each, getattr(body, each)) for each in names}
    if isinstance(body, records.PlanRecord):
        toml = body.toml.replace(STUDY, study)
        fields = {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    if isinstance(body, records.Collection):
        fields["from"] = fields.pop("start")
    return encode_record(
        {
            "schema": "trial.log/1",
            "type": WIRE_TYPES[type(body)],
            "study": study,
            "source": {"system": system, "id": name, "version": record.version},
            "known_at": f"{wire_value('start', record.known_at // 86_400 + 719_163)}T00:00:00Z",
            **{each: value for each, value in fields.items() if value not in (None, (), False)},
        }
    )


def wire_value(name: str, value: Any) -> Any:
    """Return the value of the field *name* of a body as it stands in JSON."""
    return iso_date(value - BUILDERS_DAY_0) if name in DATES and value is not None else value
