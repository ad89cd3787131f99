"""The docket as fields of a row: each alert with its history, each answer to a member's move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson

from alerts.alert import Alert, Kind
from alerts.detection.overdue import heard_field, waiting_field
from alerts.lifecycle import Move, State
from alerts.register.history import Entry, Objection, Step
from alerts.register.register import Answer, Docket
from alerts.register.update import alert_field, answer_field, docket_of
from monitor.records import Review
from monitor.state.study import Study


def docket_fields(study: Study) -> Iterator[tuple[str, bytes]]:
    """Every field of the docket: `l|<alert id>`, `r|<thing>` of a member's move, and its vigil's.

    `u|<thing>` is since when a case waits for its subject, `h|<site>` when a site was last heard
    of, as days.
    """
    if isinstance(docket := study.beside, Docket):
        for name, entry in docket.entries.items():
            yield alert_field(name), entry_value(entry)
        for name, answer in docket.answers.items():
            yield answer_field(name), answer_value(answer)
        for thing, day in docket.vigil.waiting.items():
            yield waiting_field(thing), orjson.dumps(day)
        for site, day in docket.vigil.heard.items():
            yield heard_field(site), orjson.dumps(day)


def duty_value(study: Study, field: str) -> bytes:
    """The value of one *field* of the docket."""
    kind, name = field[:2], field[2:]
    docket = docket_of(study)
    if kind == "l|":
        return entry_value(docket.entries[name])
    if kind == "r|":
        return answer_value(docket.answers[name])
    days = docket.vigil.waiting if kind == "u|" else docket.vigil.heard
    return orjson.dumps(days[name]) if name in days else b""


def entry_value(entry: Entry) -> bytes:
    """The alert at its latest revision, as it is announced, and its `history`."""
    history = [_step_json(step) for step in entry.history]
    return orjson.dumps(asdict(entry.alert) | {"history": history})


def answer_value(answer: Answer) -> bytes:
    """What a member is told of a move; `objection` is the reason as a word."""
    return orjson.dumps(asdict(answer) | {"objection": _word(answer.objection)})


def entry_from(value: bytes) -> Entry:
    """The entry that ``entry_value`` wrote."""
    said: dict[str, Any] = orjson.loads(value)
    history = [_step_from(step) for step in said.pop("history")]
    return Entry(alert_from(said), history)


def alert_from(said: dict[str, Any]) -> Alert:
    """The alert whose fields *said* are, from JSON."""
    said["kind"], said["state"] = Kind(said["kind"]), State(said["state"])
    said["move"] = Move(said["move"])
    said["due"] = tuple((clock, day) for clock, day in said["due"])
    return Alert(**said)


def answer_from(value: bytes) -> Answer:
    """The answer that ``answer_value`` wrote."""
    said: dict[str, Any] = orjson.loads(value)
    said["state"] = said["state"] and State(said["state"])
    said["objection"] = _objection(said["objection"])
    return Answer(**said)


def _step_json(step: Step) -> dict[str, Any]:
    return asdict(step) | {"refused": _word(step.refused)}


def _step_from(said: dict[str, Any]) -> Step:
    said["state"], said["refused"] = State(said["state"]), _objection(said["refused"])
    said["review"] = said["review"] and Review(**said["review"])
    return Step(**said)


def _word(objection: Objection | None) -> str | None:
    return None if objection is None else objection.word


def _objection(word: str | None) -> Objection | None:
    return None if word is None else Objection[word.upper()]
