"""The product as the independent tests use it: a log of wire records in, plain values out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from monitor.evidence.summary import watch_summaries
from monitor.state.digest import state_digest
from monitor.state.study import Study
from monitor.tables.tabulate import rate_rows
from streams.processor.pipeline import Pipeline
from streams.replay.replay import Replay
from streams.replay.result import count_outcomes

Record = dict[str, Any]
Verdicts = list[tuple[Any, ...]]


def lines_of(log: Iterable[Record]) -> Iterator[bytes]:
    """Yield the lines of the log as bytes."""
    return (json.dumps(record).encode() for record in log)


def replay_log(log: Iterable[Record], *, shortcuts: bool = True) -> tuple[Replay, Verdicts]:
    """Return the replay of the log and all alerts that it raises."""
    replay = Replay(pipeline=Pipeline(shortcuts=shortcuts))
    alerts = [
        (alert.line, alert.id, alert.watch, alert.level, alert.revision, alert.e_value)
        for alert in replay.run(lines_of(log))
    ]
    return replay, alerts


def study_of(log: Iterable[Record]) -> Study | None:
    """Return the study of the log, or None if no plan opens one."""
    studies = replay_log(log)[0].studies
    return studies[0] if studies else None


def tables_of(log: Iterable[Record]) -> dict[tuple[str, str, str, str], dict[str, int]]:
    """Return the rows of every seen term by (period, treatment, kind, term)."""
    study = study_of(log)
    case_counts = ("subjects", "events", "versions", "serious_subjects", "serious_events")
    related_counts = ("related_subjects", "related_events")
    exposure_fields = ("subjects_exposed", "person_days", "person_days_to_first")
    return {
        (row.period, row.treatment, row.term.kind.value, row.term.name): {
            **{name: getattr(row.cell, name) for name in (*case_counts, *related_counts)},
            **{name: getattr(row, name) for name in exposure_fields},
        }
        for row in (rate_rows(study) if study else ())
    }


def outcome_counts_of(log: Iterable[Record]) -> dict[str, int]:
    """Return how many lines have which outcome."""
    replay, _ = replay_log(log)
    if replay.studies:
        return count_outcomes(replay, replay.studies[0])
    return {outcome.value: count for outcome, count in replay.outcomes.items()}


def evidence_of(log: Iterable[Record]) -> dict[tuple[str, ...], float]:
    """Return the current log E of named watches as (id,), of tier 2 as (kind, term, treatment)."""
    study = study_of(log)
    log_e_by_watch: dict[tuple[str, ...], float] = {}
    for summary in watch_summaries(study) if study else ():
        watch = summary.watch
        name = (watch.term.kind.value, watch.term.name, watch.treatment)
        log_e_by_watch[name if watch.tier == 2 else (watch.id,)] = summary.log_e
    return log_e_by_watch


def digest_of(log: Iterable[Record]) -> str:
    """Return the digest of the final state; it is empty without a study."""
    study = study_of(log)
    return state_digest(study) if study else ""


def verdicts_of(log: Iterable[Record], *, shortcuts: bool) -> Verdicts:
    """Return every alert as it was raised, and the final verdict of each watch."""
    replay, alerts = replay_log(log, shortcuts=shortcuts)
    verdicts = (
        (name, active_watch.verdict.level, active_watch.verdict.reason)
        for study in replay.studies
        for name, active_watch in sorted(study.watches_by_id.items())
        if active_watch.verdict is not None
    )
    return [*alerts, *verdicts]
