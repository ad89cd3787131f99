"""Adds to a drawn trial what a log must tolerate: repeats, conflicts and refused records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.independent.builders import iso_date, wire_record
from tests.independent.recount_entities import entity_of
from tests.independent.wire_records import Record

FAR_AHEAD_DAY = 420


def add_wrong_records(draw: st.DrawFn, records: list[Record]) -> None:
    """Add up to eight wrong records, each made from a record of the trial."""
    for _ in range(draw(st.integers(0, 8)) if records else 0):
        record = draw(st.sampled_from(records))
        records.append(draw(st.sampled_from(WRONG_RECORDS))(record))


def duplicate(record: Record) -> Record:
    """Return the same version with the same content."""
    return dict(record)


def newer_schema_duplicate(record: Record) -> Record:
    """Return the same content in a newer minor version with an unknown field."""
    return {**record, "schema": "trial.log/1.7", "colour": "red"}


def conflict(record: Record) -> Record:
    """Return other content at the same version, if the type has a field to change."""
    return {**record, **changed_fields(record)}


def changed_fields(record: Record) -> dict[str, Any]:
    """Return a change of content that fits the type of *record*."""
    match record["type"]:
        case "adverse_event":
            return {"preferred_term": "RASH", "onset": iso_date(33)}
        case "treatment":
            return {"start": iso_date(7), "end": iso_date(41)}
        case "dose":
            return {"first_date": iso_date(30), "last_date": iso_date(31)}
        case "disposition" | "tick":
            return {"date": iso_date(66)}
        case "collection":
            return {"from": iso_date(25)}
        case "subject":
            return {"stratum": "another"}
        case "retraction":
            return {"reason": "another reason"}
        case _:
            return {}


def far_ahead(record: Record) -> Record:
    """Return a higher version known so late that it is ahead of all other records."""
    source = {**record["source"], "version": record["source"]["version"] + 4}
    return {**record, "source": source, "known_at": f"{iso_date(FAR_AHEAD_DAY)}T10:00:00Z"}


def another_type(record: Record) -> Record:
    """Return a higher version that gives the entity another type."""
    fields: dict[str, Any] = {"subject": "S1", "status": "lost", "date": iso_date(90)}
    return wire_record("disposition", entity_of(record), known=40, version=9, **fields)


def unknown_field(record: Record) -> Record:
    """Return the record with a field that does not exist in this minor version."""
    return {**record, "seriuos": True}


def version_zero(record: Record) -> Record:
    """Return the record with a version below the first."""
    return {**record, "source": {**record["source"], "version": 0}}


def foreign_schema(record: Record) -> Record:
    """Return the record with an unknown major version."""
    return {**record, "schema": "trial.log/2"}


def end_before_start(record: Record) -> Record:
    """Return an interval that ends before it starts."""
    fields: dict[str, Any] = {
        "treatment": "act",
        "period": "first",
        "start": iso_date(40),
        "end": iso_date(39),
    }
    return wire_record("treatment", "edc/backwards", known=40, subject="S1", **fields)


def unplanned_score(record: Record) -> Record:
    """Return an efficacy score, which is folded only if the plan has a benefit-risk section."""
    fields = {"subject": "S1", "instrument": "TIS", "visit": "week16", "value": 44.0}
    return wire_record("assessment", "edc/score", known=50, **fields)


WRONG_RECORDS: tuple[Callable[[Record], Record], ...] = (
    duplicate,
    duplicate,
    conflict,
    conflict,
    newer_schema_duplicate,
    far_ahead,
    another_type,
    unknown_field,
    version_zero,
    foreign_schema,
    end_before_start,
    unplanned_score,
)
