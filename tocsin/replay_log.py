"""Replays a log file in Python: ``tocsin.replay``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from board.follower.case_recorder import CaseRecorder
from board.follower.from_log import completeness_of
from board.follower.occurred import occurred_trajectory
from board.follower.recorder import EvidenceRecorder
from board.views.facts import StudyFacts
from monitor.plan.plan import read_plan
from monitor.records import Record
from monitor.state.study import Study
from streams.records.decode import decode_in_batches
from streams.replay.replay import Replay, WhatIf
from tocsin.replay_run import ReplayRun

__all__ = ["ReplayRun", "replay"]

Day = date | str | None
"""A day as a date or as the text YYYY-MM-DD; None for no limit."""


def replay(
    log: str | Path,
    /,
    *,
    as_of: Day = None,
    onset_until: Day = None,
    plan: str | Path | None = None,
    study: str | None = None,
) -> ReplayRun:
    """Replay the file *log*, as ``tocsin replay`` does, and return its results.

    Parameters
    ----------
    log
        A file of records, one JSON object per line, in the order of arrival.
    as_of
        Exclude records that became known after this day.
    onset_until
        Exclude events with onset after this day.
    plan
        Monitoring plan (TOML file) that replaces the log's plan.
    study
        The study whose results to return, where the log has several.

    Raises ValueError where the log has no such study.
    """
    what_if = WhatIf(
        plan=None if plan is None else read_plan(Path(plan).read_text(encoding="utf-8")).toml,
        known_until=_ordinal("as_of", as_of),
        onsets_until=_ordinal("onset_until", onset_until),
    )
    recorded = RecordedReplay(Replay(what_if=what_if))
    with Path(log).open("rb") as lines:
        recorded.fold(lines)
    chosen = _choose_study(recorded.replay.studies, study, str(log))
    return ReplayRun(recorded.replay, recorded.facts_of(chosen))


@dataclass(slots=True)
class RecordedReplay:
    """A replay that notes the evidence of each watch, and the versions of each case, by study."""

    replay: Replay
    evidence: dict[str, EvidenceRecorder] = field(default_factory=dict[str, EvidenceRecorder])
    cases: dict[str, CaseRecorder] = field(default_factory=dict[str, CaseRecorder])

    def fold(self, lines: Iterable[bytes]) -> None:
        """Fold *lines*, one record each."""
        studies = self.replay.pipeline.studies
        decoded = decode_in_batches(lines, lambda line: line.rstrip(b"\r\n"))
        for number, (_, record) in enumerate(decoded, start=1):
            left_out = self.replay.lines_after_cutoff
            self.replay.process_line(record, number)
            if not isinstance(record, Record) or self.replay.lines_after_cutoff > left_out:
                continue
            if (study := studies.get(record.study)) is not None:
                evidence = self.evidence.setdefault(study.name, EvidenceRecorder())
                evidence.record(study, record.body, number)
                self.cases.setdefault(study.name, CaseRecorder()).note_record(study, record, number)
        self.replay.extend_to_horizon()

    def facts_of(self, study: Study) -> StudyFacts:
        """Return the facts of *study*, from which its charts are drawn."""
        return StudyFacts(
            study=study,
            completeness=completeness_of(study, self.replay.lines),
            known=self.evidence[study.name].evaluate(),
            occurred=partial(occurred_trajectory, study),
            case_versions=self.cases[study.name].versions,
        )


def _ordinal(name: str, day: Day) -> int | None:
    try:
        parsed = date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise ValueError(f"{name}={day!r}: give a date, or a text as YYYY-MM-DD") from None
    return None if parsed is None else parsed.toordinal()


def _choose_study(studies: list[Study], name: str | None, log: str) -> Study:
    found = [study for study in studies if name in (None, study.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(study.name for study in studies)
    if found:
        raise ValueError(f"{log} has several studies: give study=, one of {names}")
    has = f"it has {names}" if names else "its first record must be a `plan` known by as_of"
    raise ValueError(f"{log} has no study{f' {name}' if name else ''}: {has}")
