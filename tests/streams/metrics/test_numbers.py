"""Checks the exported values against the tables, and when series begin and end."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from monitor.tables.exposure import ALL_PERIODS
from monitor.tables.tabulate import rate_rows
from streams.metrics import catalogue as c
from streams.metrics.figures import SECONDS_A_DAY
from tests.scenarios.commands import clot_record, small_log
from tests.streams.metrics.exported import NOON, MeteredWorker, folded_worker, log_of, series
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE, single_pass

SMALL = [orjson.dumps(line) for line in small_log()]


def test_events_and_exposure_equal_the_tables():
    """Every group and system organ class has the counts of a replay, by treatment."""
    worker = folded_worker(PRODERM, STUDY)
    events, exposure = (
        series(worker.closed_page(), c.EVENTS),
        series(worker.closed_page(), c.EVENT_EXPOSURE),
    )

    pipeline, _ = single_pass(worker.logs[0])
    groups = {group.name for group in pipeline.studies[STUDY].plan.groups}
    table = [each for each in rate_rows(pipeline.studies[STUDY]) if each.period == ALL_PERIODS]
    for row in table:
        if row.term.kind == "group" or row.term.kind == "system_organ_class":
            labels = (STUDY, row.treatment, row.term.kind.value, row.term.name)
            assert events[labels] == row.cell.events
            assert exposure[labels] == row.person_days * SECONDS_A_DAY
            groups.discard(row.term.name)
    assert groups == set()


def test_alerts_are_counted_by_level():
    """The counts equal those of the alerts that a single pass over ProDERM raises."""
    worker = folded_worker(PRODERM, STUDY)
    _, alerts = single_pass(worker.logs[0])

    highest = {each.id: each.level for each in alerts if each.tracked}
    active = series(worker.closed_page(), c.SIGNALS_ACTIVE)
    assert active == {(STUDY, level): list(highest.values()).count(level) for level in c.LEVELS}
    assert series(worker.closed_page(), c.SIGNALS_RAISED) == {(STUDY,): len(highest)}


def test_e_values_are_exported_with_their_boundary():
    """The thromboembolic watch exceeds its boundary; a watch without events has e-value 1."""
    worker = folded_worker(PRODERM, STUDY)
    e_values, boundaries = (
        series(worker.closed_page(), c.E_VALUE),
        series(worker.closed_page(), c.BOUNDARY),
    )

    watch = (STUDY, "tee-general-population")
    assert e_values[watch] > boundaries[watch] > 1
    without_events = folded_worker(PRODERM[:2], STUDY)
    assert set(series(without_events.closed_page(), c.E_VALUE).values()) == {1.0}
    assert set(series(without_events.closed_page(), c.LOOKS).values()) <= {
        0.0,
        float(len(boundaries)),
    }


def test_a_study_begins_with_every_series_at_zero():
    """A missing series then means a missing worker, not an outcome that has not occurred."""
    worker = folded_worker(SMALL[:1], "S")

    records = series(worker.open_page(), c.RECORDS)
    assert set(records) == {(study, each) for study in ("S", "none") for each in c.OUTCOMES}
    assert sum(records.values()) == records["S", "folded"] == 1
    assert series(worker.closed_page(), c.SIGNALS_ACTIVE) == {("S", level): 0 for level in c.LEVELS}
    assert set(series(worker.closed_page(), c.EVENTS).values()) == {0}


def test_each_record_is_counted_once_by_study_and_outcome():
    """The log has duplicates, a conflict, a stale version, a refused and an unreadable record."""
    conflict = orjson.dumps(clot_record("A", "2020-01-20", verbatim="other"))
    newer = orjson.dumps(clot_record("A", "2020-01-20", version=2))
    other_study = orjson.dumps({**clot_record("A", "2020-01-20"), "study": "X"})
    values = [*SMALL, SMALL[4], conflict, newer, SMALL[4], UNREADABLE, other_study, SMALL[5]]

    records = series(folded_worker(values, "S").open_page(), c.RECORDS)
    assert records["S", "folded"] == len(SMALL) + 1
    assert records["S", "duplicate"] == 2
    assert (records["S", "conflict"], records["S", "stale"]) == (1, 1)
    assert (records["none", "quarantined"], records["none", "refused"]) == (1, 1)


def test_timestamps_are_whole_seconds():
    """They are the times of the last stored record and of the last fold to the end."""
    worker = MeteredWorker([log_of(SMALL, "S")], now=NOON + 0.75)
    asyncio.run(worker.assign_and_fold(0))

    assert series(worker.closed_page(), c.LAST_PROCESSED) == {("S",): NOON}
    assert series(worker.open_page(), c.LAST_CAUGHT_UP) == {("0",): NOON}
    assert series(worker.open_page(), c.CONSUMER_LAG) == {("0",): 0}


def test_a_stopped_partition_is_exported_as_stopped():
    """It does not count as caught up, so its timestamp does not advance."""
    worker = folded_worker([UNREADABLE] * 12, "S")

    assert series(worker.open_page(), c.PARTITION_STOPPED) == {("0",): 1}
    assert series(worker.open_page(), c.LAST_CAUGHT_UP) == {("0",): 0}


def test_series_end_with_the_partition_and_restart_at_zero():
    """The new owner exports them; two workers that export one study would count it twice."""
    empty_log = log_of([], "T", 1)
    empty_log.partitions = 1

    async def main() -> tuple[bytes, bytes, bytes]:
        worker = MeteredWorker([log_of(SMALL, "S"), empty_log])
        await worker.assign_and_fold(0)
        owned = worker.open_page() + worker.closed_page()
        await worker.setup.assign_partitions(1)
        revoked = worker.open_page() + worker.closed_page()
        await worker.assign_and_fold(0)
        return owned, revoked, worker.open_page()

    owned, revoked, reassigned = asyncio.run(main())
    assert b'study="S"' in owned and b'partition="0"' in owned
    assert b'study="S"' not in revoked and b'partition="0"' not in revoked
    assert series(reassigned, c.RECORDS)["S", "folded"] == 0
    assert series(reassigned, c.CASES) == {("S",): 2}


def test_figures_after_a_restart_are_read_from_the_store():
    """A worker that has just started exports the figures without a new record."""
    log = log_of(SMALL, "S")

    async def main() -> tuple[bytes, bytes]:
        worker = MeteredWorker([log])
        await worker.assign_and_fold(0)
        restarted = MeteredWorker([log])
        restarted.setup.stores = worker.setup.stores
        await restarted.assign_and_fold(0)
        return worker.closed_page(), restarted.closed_page()

    first, second = asyncio.run(main())
    assert series(second, c.EVENTS) == series(first, c.EVENTS)
    assert series(second, c.SIGNALS_ACTIVE) == series(first, c.SIGNALS_ACTIVE)


def test_failed_figures_are_counted_and_not_exported():
    """A row that was altered in the store fails at each refresh, and the worker continues."""

    async def main() -> MeteredWorker:
        log = log_of(SMALL, "S")
        worker, other = MeteredWorker([log]), MeteredWorker([log])
        await worker.assign_and_fold(0)
        other.setup.stores = worker.setup.stores
        other.setup.stores[0].hashes["s:S"]["digest"] = b"0"
        await other.setup.assign_partitions(0)
        await other.setup.worker.fetch_positions()
        for _ in range(2):
            await other.figure_cache.refresh()
        return other

    worker = asyncio.run(main())
    assert series(worker.closed_page(), c.FIGURE_FAILURES) == {(): 2}
    assert series(worker.closed_page(), c.EVENTS) == {}


@pytest.mark.parametrize("name", [each.name for each in c.CATALOGUE])
def test_metric_names_follow_the_conventions_of_prometheus(name: str):
    """Names have one prefix, base units, and `_total` for counters; no label is a case."""
    (metric,) = [each for each in c.CATALOGUE if each.name == name]

    assert name.startswith("safety_") and metric.help.endswith(".")
    assert name.endswith("_total") == (metric.kind is c.MetricKind.COUNTER)
    assert ("seconds" in metric.unit) == ("_seconds" in name)
    assert not {"term", "subject", "case", "verbatim"} & set(metric.labels)
