"""Alerts as a replay prints them: each revision as it is made, and the docket at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from alerts.alert import Alert
from alerts.register.history import Entry, Step
from alerts.register.register import Docket
from monitor.dates import iso
from monitor.state.study import Study

Json = dict[str, Any]


def alert_line(alert: Alert, *, hypothetical: bool) -> Json:
    """One line as an alert rings, and as often as it moves."""
    return {"type": "alert"} | told(alert) | {"hypothetical": hypothetical}


def told(alert: Alert) -> Json:
    """A revision of an alert."""
    return {
        "id": alert.id,
        "revision": alert.revision,
        "study": alert.study,
        "kind": alert.kind.value,
        "watch": alert.watch,
        "term": alert.term,
        "about": alert.about,
        "level": alert.level,
        "e_value": alert.e_value,
        "as_of": iso(alert.as_of),
        "state": alert.state.value,
        "move": alert.move.value,
        "member": alert.member,
        "known_at": instant(alert.known_at),
        "line": alert.line,
        "case": alert.thing,
        "version": alert.version,
        "plan_sha256": alert.plan_sha256,
        "pages": alert.pages,
        "tracked": alert.tracked,
        "due": [{"clock": clock, "date": day} for clock, day in alert.due],
    }


def docket_json(study: Study) -> list[Json]:
    """Every alert of the study at its latest revision, with its history, as they first rang."""
    if not isinstance(study.beside, Docket):
        return []
    entries = sorted(study.beside.entries.values(), key=_rang)
    return [entry_json(entry) for entry in entries]


def entry_json(entry: Entry) -> Json:
    """An alert at its latest revision, and its history."""
    return told(entry.alert) | {"history": list(_history(entry))}


def instant(seconds: int) -> str:
    """An instant, as a record says it.

    >>> instant(0)
    '1970-01-01T00:00:00Z'
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rang(entry: Entry) -> tuple[int, str]:
    return entry.history[0].line, entry.alert.id


def _history(entry: Entry) -> Iterator[Json]:
    for step in entry.history:
        yield {
            "revision": step.revision,
            "state": step.state.value,
            "level": step.level,
            "move": step.move,
            "known_at": instant(step.known_at),
            "line": step.line,
            "case": step.thing,
            "version": step.version,
            "refused": None if step.refused is None else step.refused.word,
            "review": _review_json(step),
        }


def _review_json(step: Step) -> Json | None:
    review = step.review
    if review is None:
        return None
    return {
        "member": review.member,
        "reason": review.reason,
        "meaning": review.meaning,
        "revision": review.revision,
        "shown": review.shown,
        "key": review.key,
    }
