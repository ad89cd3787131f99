"""The docket as fields of a row: each alert with its history, each answer to a member's move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
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


def register_fields(study: Study) -> Iterator[tuple[str, bytes]]:
    """Every field of the docket: `l|<alert id>`, `r|<thing>` of a member's move, and its vigil's.

    `u|<thing>` is since when a case waits for its subject, `h|<site>` when a site was last heard
    of, as days.
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
    """The value of one *field* of the docket."""
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
    """The alert at its latest revision, as it is announced, and its `history`."""
    history = [_history_entry_json(step) for step in entry.history]
    return orjson.dumps(asdict(entry.alert) | {"history": history})


def review_result_value(result: ReviewResult) -> bytes:
    """What a member is told of a move; `objection` is the reason as a word."""
    return orjson.dumps(asdict(result) | {"objection": _refusal_word(result.objection)})


def entry_from(value: bytes) -> AlertEntry:
    """The entry that ``entry_value`` wrote."""
    fields: dict[str, Any] = orjson.loads(value)
    history = [_history_entry_from(step) for step in fields.pop("history")]
    return AlertEntry(alert_from(fields), history)


def alert_from(fields: dict[str, Any]) -> Alert:
    """The alert whose fields *said* are, from JSON."""
    fields["kind"], fields["state"] = AlertKind(fields["kind"]), State(fields["state"])
    fields["move"] = Move(fields["move"])
    fields["due"] = tuple((clock, day) for clock, day in fields["due"])
    return Alert(**fields)


def review_result_from(value: bytes) -> ReviewResult:
    """The answer that ``answer_value`` wrote."""
    fields: dict[str, Any] = orjson.loads(value)
    fields["state"] = fields["state"] and State(fields["state"])
    fields["objection"] = _refusal_from(fields["objection"])
    return ReviewResult(**fields)


def _history_entry_json(entry: HistoryEntry) -> dict[str, Any]:
    return asdict(entry) | {"refused": _refusal_word(entry.refused)}


def _history_entry_from(fields: dict[str, Any]) -> HistoryEntry:
    fields["state"], fields["refused"] = State(fields["state"]), _refusal_from(fields["refused"])
    fields["review"] = fields["review"] and Review(**fields["review"])
    return HistoryEntry(**fields)


def _refusal_word(refusal: ReviewRefusal | None) -> str | None:
    return None if refusal is None else refusal.word


def _refusal_from(word: str | None) -> ReviewRefusal | None:
    return None if word is None else ReviewRefusal[word.upper()]
