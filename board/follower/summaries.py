"""Short summaries of a study after each change: for the closed push and for the open one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

import orjson

from alerts.register.update import register_of
from board.follower.history import StudyHistory
from board.follower.open_projection import OpenStudy
from board.follower.protocol import AlertSummary, Json
from monitor.dates import iso
from monitor.state.study import Study
from monitor.tables.exposure import ALL_PERIODS, table_keys
from monitor.terms import ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyNote:
    """What changes only when the study does; *version* increases with each change.

    *content* is the part of a ``StudySummary`` that does so, as JSON: it is pushed several times a
    second, with all studies.
    """

    version: int
    alerts: tuple[AlertSummary, ...]
    content: bytes
    open_study: OpenStudy


def study_note(study: Study, history: StudyHistory, version: int) -> StudyNote:
    """Return the note of *study*, which nothing else may read or change meanwhile."""
    as_of = None if study.as_of is None else iso(study.as_of)
    alerts = alert_summaries(study)
    content: Json = {
        "study": study.name,
        "as_of": as_of,
        "known_at": time_text(history.known_at),
        "plan_sha256": study.plan.sha256,
        "title": "",
        "not_included": None,
        "unallocated": None,
        "version": version,
        "alerts": alerts,
        "evidence": dict(tier_1_evidence(study, history)),
    }
    return StudyNote(
        version=version,
        alerts=alerts,
        content=orjson.dumps(content),
        open_study=open_study_of(study, history, as_of),
    )


def tier_1_evidence(study: Study, history: StudyHistory) -> Iterator[tuple[str, float | None]]:
    """Yield log E of each tier 1 watch, None where it is not finite."""
    for watch in study.plan.watches:
        value = history.recorder.latest(watch.id) if watch.tier == 1 else None
        if value is not None:
            yield watch.id, value if isfinite(value) else None


def alert_summaries(study: Study) -> tuple[AlertSummary, ...]:
    """Return the alerts of *study* by id."""
    alerts = (entry.alert for entry in register_of(study).entries.values())
    return tuple(
        AlertSummary(id=each.id, revision=each.revision, state=each.state, level=each.level)
        for each in sorted(alerts, key=lambda each: each.id)
    )


def open_study_of(study: Study, history: StudyHistory, as_of: str | None) -> OpenStudy:
    """Return what blinded people may see of *study*: sums over all treatments."""
    any_case, cases, person_days = study.vocabulary.number_of(ANY), 0, 0
    for number, (period, _) in table_keys(study):
        if period == ALL_PERIODS:
            cell = study.tables[number].get(any_case)
            cases += 0 if cell is None else cell.events
            person_days += study.person_days[number].total_until(study.as_of or 0)
    return OpenStudy(
        plan_sha256=study.plan.sha256,
        as_of=as_of,
        randomised=sum(each.allocated_arm is not None for each in study.subjects.values()),
        cases=cases,
        person_days=person_days,
        dates_ahead=study.days_on_record.ahead_count,
        records=dict(sorted(history.records.items())),
    )


def time_text(seconds: int | None) -> str | None:
    """Return *seconds* since 1970 as ISO text in UTC.

    >>> time_text(0)
    '1970-01-01T00:00:00Z'
    """
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
