"""Checks evidence over time on both clocks against replays of ProDERM."""

from __future__ import annotations

import random
from functools import cache
from math import log

import pytest

from board.follower.from_log import facts_from_log
from board.follower.occurred import crossing_day, delay_days, occurred_trajectory
from board.follower.recorder import EvidenceRecorder
from board.views.facts import StudyFacts, Trajectory
from monitor.evidence.evaluate import likelihood_of
from monitor.records import Record
from monitor.state.study import Study
from monitor.stats.e_value import log_e
from streams.processor.pipeline import Pipeline
from streams.records.decode import decode
from streams.replay.replay import Replay, WhatIf
from tests.streams.processor.processors import PRODERM, STUDY

DAYS_AND_RECORDS = 50
TOLERANCE = 1e-9


@cache
def facts() -> StudyFacts:
    """The facts of ProDERM."""
    (known,) = facts_from_log(PRODERM)
    return known


def value_on(trajectory: Trajectory, day: int) -> float:
    """The evidence on *day*: that of the last point by then."""
    return [point.log_e for point in trajectory if point.day <= day][-1]


def value_at(trajectory: Trajectory, position: int) -> float:
    """The evidence after the record at *position*."""
    return [point.log_e for point in trajectory if point.position <= position][-1]


def evidence_of(study: Study) -> dict[str, float]:
    """Log E of each tier 1 and tier 3 watch, each evaluated anew."""
    return {
        watch.id: log_e(likelihood_of(study, watch).log_likelihood)
        for watch in study.active_watches()
        if watch.design.watch.tier != 2
    }


def test_evidence_as_known_is_that_of_a_replay_of_the_records_so_far():
    """At random records the recorded evidence is that of the log's prefix."""
    replay = Replay()
    chosen = set(random.sample(range(200, len(PRODERM)), DAYS_AND_RECORDS))
    for position, record in enumerate(records()):
        replay.process_line(record, position + 1)
        if position in chosen:
            for watch, expected in evidence_of(replay.studies[0]).items():
                recorded = value_at(facts().known[watch], position)
                assert recorded == pytest.approx(expected, abs=TOLERANCE), (watch, position)


@cache
def records() -> tuple[Record, ...]:
    """The records of ProDERM."""
    decoded = tuple(map(decode, PRODERM))
    assert all(isinstance(record, Record) for record in decoded)
    return decoded  # pyright: ignore[reportReturnType]


def test_skipped_evaluations_would_not_have_changed_the_evidence():
    """After each record, the recorded evidence equals an evaluation of every watch."""
    pipeline, recorder = Pipeline(), EvidenceRecorder()
    start = random.randrange(200, len(PRODERM) - 400)
    for position, record in enumerate(records()):
        pipeline.process(record, position)
        study = pipeline.studies[STUDY]
        recorder.record(study, record.body, position)
        if start <= position < start + 400 and study.as_of is not None:
            for watch, expected in evidence_of(study).items():
                latest = recorder.trajectories[watch][-1].log_e
                assert latest == pytest.approx(expected, abs=TOLERANCE), (watch, position)


def test_evidence_as_occurred_is_that_of_a_replay_with_an_onset_horizon():
    """On random days it equals `tocsin replay --onset-until DAY`, for every watch."""
    study = facts().study
    assert study.as_of is not None
    trajectories = {watch: occurred_trajectory(study, watch) for watch in facts().known}
    first = min(points[0].day for points in trajectories.values())
    for day in random.sample(range(first, study.as_of + 1), DAYS_AND_RECORDS):
        replay = Replay(WhatIf(onsets_until=day))
        for line, record in enumerate(records(), 1):
            replay.process_line(record, line)
        replay.extend_to_horizon()
        for watch, expected in evidence_of(replay.studies[0]).items():
            value = value_on(trajectories[watch], day)
            assert value == pytest.approx(expected, abs=TOLERANCE), (watch, day)


def test_the_boundary_was_crossed_37_days_before_it_was_known():
    """All of the delay is adjudication; the study itself is left as it was."""
    watch = "tee-general-population"
    study = facts().study
    plan_watch = study.watches_by_id[watch].design.watch
    boundary = log(plan_watch.signal_level(study.plan.alpha))
    before = evidence_of(study)
    occurred = occurred_trajectory(study, watch)
    assert delay_days(facts().known[watch], occurred, boundary) == 37
    assert crossing_day(occurred, boundary + 100) is None
    assert delay_days(facts().known[watch], occurred, boundary + 100) is None
    assert evidence_of(study) == before
    assert occurred_trajectory(study, "no such watch") == ()
