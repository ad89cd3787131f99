"""Alerts as JSON: one line for each revision, and the register at the end of a replay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from alerts.alert import Alert
from alerts.dictionary import dictionary_of
from alerts.register.history import AlertEntry, HistoryEntry
from alerts.register.register import AlertRegister
from monitor.dates import iso
from monitor.state.study import Study

Json = dict[str, Any]


def alert_line(alert: Alert, *, hypothetical: bool, dictionary: str = "") -> Json:
    """The line of one alert revision, with whether a what-if plan made it.

    *dictionary* is that of its term, and left out where the plan names none.
    """
    line = {"type": "alert"} | alert_json(alert) | {"hypothetical": hypothetical}
    return line | _dictionary_json(dictionary)


def alert_json(alert: Alert) -> Json:
    """The fields of one alert revision."""
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
        "known_at": format_instant(alert.known_at),
        "line": alert.line,
        "case": alert.thing,
        "version": alert.version,
        "plan_sha256": alert.plan_sha256,
        "pages": alert.pages,
        "tracked": alert.tracked,
        "due": [{"clock": clock, "date": day} for clock, day in alert.due],
    }


def register_json(study: Study) -> list[Json]:
    """All alerts of *study* with their histories, in the order in which they were raised."""
    if not isinstance(study.extension, AlertRegister):
        return []
    entries = sorted(study.extension.entries.values(), key=_raised_order)
    return [entry_json(entry, dictionary_of(study.plan, entry.alert.watch)) for entry in entries]


def _dictionary_json(dictionary: str) -> Json:
    return {"dictionary": dictionary} if dictionary else {}


def entry_json(entry: AlertEntry, dictionary: str = "") -> Json:
    """An alert at its latest revision, with its history and the *dictionary* of its term."""
    history = {"history": list(_history_json(entry))}
    return alert_json(entry.alert) | history | _dictionary_json(dictionary)


def format_instant(seconds: int) -> str:
    """*seconds* since 1970-01-01 UTC as an ISO 8601 timestamp.

    >>> format_instant(0)
    '1970-01-01T00:00:00Z'
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _raised_order(entry: AlertEntry) -> tuple[int, str]:
    return entry.history[0].line, entry.alert.id


def _history_json(entry: AlertEntry) -> Iterator[Json]:
    for item in entry.history:
        yield {
            "revision": item.revision,
            "state": item.state.value,
            "level": item.level,
            "move": item.move,
            "known_at": format_instant(item.known_at),
            "line": item.line,
            "case": item.thing,
            "version": item.version,
            "refused": None if item.refused is None else item.refused.word,
            "review": _review_json(item),
        }


def _review_json(item: HistoryEntry) -> Json | None:
    review = item.review
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
