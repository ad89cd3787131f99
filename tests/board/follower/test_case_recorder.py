"""The versions of cases that the follower keeps: each accepted version once, in order."""

from __future__ import annotations

from board.follower.case_recorder import CaseRecorder
from monitor.records import Record
from tests.monitor.builders import case, plan_record, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of
from tests.monitor.trial import Trial, two_arms


def recorded(*records: Record) -> list[tuple[int, int, bool]]:
    """Version, position and whether it counted, of each version of the case c1."""
    trial, recorder = Trial(), CaseRecorder()
    log = [plan_record(plan_of(concurrent_watch())), *two_arms(2), *records]
    for position, record in enumerate(log):
        trial.submit(record)
        recorder.note_record(trial.study, record, position)
    found = recorder.versions.get("safety/c1", [])
    return [(each.version, each.position, bool(each.terms)) for each in found]


def test_each_accepted_version_is_kept_once():
    """A duplicate, an older version and a conflict add nothing."""
    first, second = case("c1", "A1", 3), case("c1", "A1", 4, version=2)
    conflict = case("c1", "A1", 9, version=2)
    versions = recorded(first, first, second, first, conflict, tick_record(20))

    assert [version for version, _, _ in versions] == [1, 2]
    assert versions[1][1] - versions[0][1] == 2
    assert all(counted for _, _, counted in versions)


def test_a_version_that_does_not_count_has_no_terms():
    """Its onset is before treatment; the next version corrects it."""
    versions = recorded(case("c1", "A1", -9), case("c1", "A1", 4, version=2))

    assert [(version, counted) for version, _, counted in versions] == [(1, False), (2, True)]


def test_noting_a_record_again_adds_nothing():
    """A record that is folded again after an error is noted once."""
    trial, recorder = Trial(), CaseRecorder()
    records = [plan_record(plan_of(concurrent_watch())), *two_arms(2), case("c1", "A1", 3)]
    trial.submit(*records)
    for _ in range(2):
        recorder.note_record(trial.study, records[-1], len(records) - 1)

    assert len(recorder.versions["safety/c1"]) == 1
