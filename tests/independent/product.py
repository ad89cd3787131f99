"""The product as the independent tests see it: a log of wire records in, plain values out."""

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
    """The log as the bytes of its lines."""
    return (json.dumps(record).encode() for record in log)


def replay_log(log: Iterable[Record], *, shortcuts: bool = True) -> tuple[Replay, Verdicts]:
    """The log replayed, and every alert it rang."""
    replay = Replay(pipeline=Pipeline(shortcuts=shortcuts))
    alerts = [
        (alert.line, alert.id, alert.watch, alert.level, alert.revision, alert.e_value)
        for alert in replay.run(lines_of(log))
    ]
    return replay, alerts


def study_of(log: Iterable[Record]) -> Study | None:
    """The one study of the log, or None if it opened none."""
    studies = replay_log(log)[0].studies
    return studies[0] if studies else None


def tables_of(log: Iterable[Record]) -> dict[tuple[str, str, str, str], dict[str, int]]:
    """Rows by (period, treatment, kind, term): every term seen, wherever there is exposure."""
    study = study_of(log)
    counted = ("subjects", "events", "versions", "serious_subjects", "serious_events")
    related = ("related_subjects", "related_events")
    timed = ("subjects_exposed", "person_days", "person_days_to_first")
    return {
        (row.period, row.treatment, row.term.kind.value, row.term.name): {
            **{name: getattr(row.cell, name) for name in (*counted, *related)},
            **{name: getattr(row, name) for name in timed},
        }
        for row in (rate_rows(study) if study else ())
    }


def outcome_counts_of(log: Iterable[Record]) -> dict[str, int]:
    """What became of the lines."""
    replay, _ = replay_log(log)
    if replay.studies:
        return count_outcomes(replay, replay.studies[0])
    return {outcome.value: count for outcome, count in replay.outcomes.items()}


def evidence_of(log: Iterable[Record]) -> dict[tuple[str, ...], float]:
    """Log E now: of named watches as (id,), of tier 2 as (kind, term, treatment)."""
    study = study_of(log)
    found: dict[tuple[str, ...], float] = {}
    for summary in watch_summaries(study) if study else ():
        watch = summary.watch
        name = (watch.term.kind.value, watch.term.name, watch.treatment)
        found[name if watch.tier == 2 else (watch.id,)] = summary.log_e
    return found


def digest_of(log: Iterable[Record]) -> str:
    """The digest of the final state."""
    study = study_of(log)
    return state_digest(study) if study else ""


def verdicts_of(log: Iterable[Record], *, shortcuts: bool) -> Verdicts:
    """Every alert as it rang, and where each watch was left standing."""
    replay, alerts = replay_log(log, shortcuts=shortcuts)
    verdicts = (
        (name, active_watch.verdict.level, active_watch.verdict.reason)
        for study in replay.studies
        for name, active_watch in sorted(study.watches_by_id.items())
        if active_watch.verdict is not None
    )
    return [*alerts, *verdicts]
