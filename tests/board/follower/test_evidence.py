"""Checks evidence over time on both clocks against replays of ProDERM."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from math import log

import numpy as np
import pytest

from board.follower.evidence_series import WAITING_MAX, EvidenceSeries, log_e_values
from board.follower.from_log import facts_from_log
from board.follower.occurred import crossing_day, delay_days, occurred_trajectory
from board.follower.recorder import EvidenceRecorder
from board.views.facts import StudyFacts, Trajectory
from monitor.evidence.evaluate import Likelihood, likelihood_of
from monitor.records import Record
from monitor.state.study import Study
from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.e_value import log_e
from monitor.stats.reference import KnownRate
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
                latest = recorder.latest(watch)
                assert latest == pytest.approx(expected, abs=TOLERANCE), (watch, position)


def test_likelihoods_evaluated_together_have_the_bits_of_each_alone():
    """Whatever their numbers of events, as lists and as arrays, among reference rates."""
    chance = random.Random(11)
    likelihoods: list[Likelihood] = [KnownRate(events=3, expected=0.7)]
    for events in (0, 1, 3, 7, 8, 8, 20, 60, 200) * 40:
        shares = [chance.uniform(0.05, 0.95) for _ in range(events)]
        treated = chance.randint(0, events)
        own = np.array(shares) if events > 20 else shares
        likelihoods.append(PartialLikelihood(treated=treated, events=events, shares=own))
    assert log_e_values(likelihoods) == [log_e(each.log_likelihood) for each in likelihoods]


def test_a_point_that_waits_is_evaluated_once_and_stands_where_the_evidence_changed():
    """Also where its latest value has been read before, and where many wait."""
    series, one = EvidenceSeries(), PartialLikelihood(treated=1, events=1, shares=[0.5])
    two = PartialLikelihood(treated=1, events=2, shares=[0.5, 0.4])
    series.note(10, 1, None)
    series.note(11, 2, None)
    for position in range(3, 3 * WAITING_MAX, 3):
        series.note(position, position, one)
        series.note(position + 1, position + 1, replace(one, shares=[0.5]))
        assert series.last_log_e() == log_e(one.log_likelihood)
        series.note(position + 2, position + 2, two)
    points = series.all_points()
    assert not series.waiting and series.last_log_e() == log_e(two.log_likelihood)
    assert [point.position for point in points[:3]] == [1, 3, 5]
    assert points[0].log_e == 0.0 and points[1].log_e == log_e(one.log_likelihood)
    assert len(points) == 1 + 2 * (WAITING_MAX - 1)


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
