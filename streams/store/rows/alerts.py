"""The alert register as fields of a row: alerts with their history, and results of reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

import orjson

from alerts.alert import Alert, AlertKind
from alerts.detection.overdue import site_field, unallocated_field
from alerts.lifecycle import Move, State
from alerts.register.history import AlertEntry, HistoryEntry, ReviewRefusal
from alerts.register.register import AlertRegister, ReviewResult
from alerts.register.update import alert_field, register_of, review_result_field
from monitor.records import Review
from monitor.state.study import Study

ALERT_FIELDS = tuple(each.name for each in fields(Alert))
HISTORY_FIELDS = tuple(each.name for each in fields(HistoryEntry))


def register_fields(study: Study) -> Iterator[tuple[str, bytes]]:
    """Yield every field of the study's alert register.

    They are `l|<alert id>`, `r|<entity id>` of a review's result (with the version of a later
    one), `u|<case>` with the day since which a case is unallocated, and `h|<site>` with the day of
    a site's last record.  Days are proleptic Gregorian ordinals.
    """
    if isinstance(register := study.extension, AlertRegister):
        for name, entry in register.entries.items():
            yield alert_field(name), entry_value(entry)
        for name, result in register.review_results.items():
            yield review_result_field(name), review_result_value(result)
        for case_id, day in register.overdue_tracker.unallocated_since.items():
            yield unallocated_field(case_id), orjson.dumps(day)
        for site, day in register.overdue_tracker.last_record_day.items():
            yield site_field(site), orjson.dumps(day)


def register_value(study: Study, field: str) -> bytes:
    """Return the value of one *field* of the register; empty if a day is no longer recorded."""
    prefix, name = field[:2], field[2:]
    register = register_of(study)
    if prefix == "l|":
        return entry_value(register.entries[name])
    if prefix == "r|":
        return review_result_value(register.review_results[name])
    days = (
        register.overdue_tracker.unallocated_since
        if prefix == "u|"
        else register.overdue_tracker.last_record_day
    )
    return orjson.dumps(days[name]) if name in days else b""


def entry_value(entry: AlertEntry) -> bytes:
    """Encode the latest revision of the alert, as published, with its `history`."""
    history = [_history_entry_json(step) for step in entry.history]
    return orjson.dumps(alert_fields(entry.alert) | {"history": history})


def alert_fields(alert: Alert) -> dict[str, Any]:
    """Return what ``asdict`` returns, in a tenth of its time: the values need no copies."""
    return {name: getattr(alert, name) for name in ALERT_FIELDS}


def review_result_value(result: ReviewResult) -> bytes:
    """Encode the result of a review; `objection` is the name of its refusal in lower case."""
    return orjson.dumps(asdict(result) | {"objection": _refusal_word(result.objection)})


def entry_from(value: bytes) -> AlertEntry:
    """Decode an entry that ``entry_value`` encoded."""
    fields: dict[str, Any] = orjson.loads(value)
    history = [_history_entry_from(step) for step in fields.pop("history")]
    return AlertEntry(alert_from(fields), history)


def alert_from(fields: dict[str, Any]) -> Alert:
    """Return the alert with *fields* as decoded from JSON; changes *fields* in place."""
    fields["kind"], fields["state"] = AlertKind(fields["kind"]), State(fields["state"])
    fields["move"] = Move(fields["move"])
    fields["due"] = tuple((clock, day) for clock, day in fields["due"])
    return Alert(**fields)


def review_result_from(value: bytes) -> ReviewResult:
    """Decode a result that ``review_result_value`` encoded."""
    fields: dict[str, Any] = orjson.loads(value)
    fields["state"] = fields["state"] and State(fields["state"])
    fields["objection"] = _refusal_from(fields["objection"])
    return ReviewResult(**fields)


def _history_entry_json(entry: HistoryEntry) -> dict[str, Any]:
    step = {name: getattr(entry, name) for name in HISTORY_FIELDS}
    return step | {"refused": _refusal_word(entry.refused)}


def _history_entry_from(fields: dict[str, Any]) -> HistoryEntry:
    fields["state"], fields["refused"] = State(fields["state"]), _refusal_from(fields["refused"])
    fields["review"] = fields["review"] and Review(**fields["review"])
    return HistoryEntry(**fields)


def _refusal_word(refusal: ReviewRefusal | None) -> str | None:
    return None if refusal is None else refusal.word


def _refusal_from(word: str | None) -> ReviewRefusal | None:
    return None if word is None else ReviewRefusal[word.upper()]
