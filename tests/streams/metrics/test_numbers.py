"""The numbers are those of the tables; series begin at zero and go with their partition."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from monitor.tables.tabulate import ALL_PERIODS, rate_rows
from streams.metrics import catalogue as c
from streams.metrics.figures import SECONDS_A_DAY
from tests.scenarios.commands import clot_record, small_log
from tests.streams.metrics.exported import NOON, MeteredWorker, folded_worker, log_of, series
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE, single_pass

SMALL = [orjson.dumps(line) for line in small_log()]


def test_events_and_exposure_are_those_of_the_tables():
    """Every named group, by treatment, as a replay counts them."""
    desk = folded_worker(PRODERM, STUDY)
    events, exposure = (
        series(desk.closed_page(), c.EVENTS),
        series(desk.closed_page(), c.EVENT_EXPOSURE),
    )

    pipeline, _ = single_pass(desk.logs[0])
    groups = {group.name for group in pipeline.studies[STUDY].plan.groups}
    table = [each for each in rate_rows(pipeline.studies[STUDY]) if each.period == ALL_PERIODS]
    for row in table:
        if row.term.kind == "group" or row.term.kind == "system_organ_class":
            labels = (STUDY, row.treatment, row.term.kind.value, row.term.name)
            assert events[labels] == row.cell.events
            assert exposure[labels] == row.person_days * SECONDS_A_DAY
            groups.discard(row.term.name)
    assert groups == set()


def test_alerts_are_counted_as_they_stand():
    """ProDERM's: one signal, one watch and what else was raised, by the state."""
    desk = folded_worker(PRODERM, STUDY)
    _, alerts = single_pass(desk.logs[0])

    highest = {each.id: each.level for each in alerts if each.tracked}
    active = series(desk.closed_page(), c.SIGNALS_ACTIVE)
    assert active == {(STUDY, level): list(highest.values()).count(level) for level in c.LEVELS}
    assert series(desk.closed_page(), c.SIGNALS_RAISED) == {(STUDY,): len(highest)}


def test_evidence_is_shown_beside_its_boundary():
    """The thromboembolic watch stands above it; a watch without events stands at 1."""
    desk = folded_worker(PRODERM, STUDY)
    found, limits = series(desk.closed_page(), c.E_VALUE), series(desk.closed_page(), c.BOUNDARY)

    watch = (STUDY, "tee-general-population")
    assert found[watch] > limits[watch] > 1
    begun = folded_worker(PRODERM[:2], STUDY)
    assert set(series(begun.closed_page(), c.E_VALUE).values()) == {1.0}
    assert set(series(begun.closed_page(), c.LOOKS).values()) <= {0.0, float(len(limits))}


def test_a_study_begins_with_every_series_at_zero():
    """A missing series is a missing worker, and never an outcome that has not happened yet."""
    desk = folded_worker(SMALL[:1], "S")

    records = series(desk.open_page(), c.RECORDS)
    assert set(records) == {(study, each) for study in ("S", "none") for each in c.OUTCOMES}
    assert sum(records.values()) == records["S", "folded"] == 1
    assert series(desk.closed_page(), c.SIGNALS_ACTIVE) == {("S", level): 0 for level in c.LEVELS}
    assert set(series(desk.closed_page(), c.EVENTS).values()) == {0}


def test_records_count_once_by_study_and_outcome():
    """One of each: a duplicate, a conflict, an older version, one refused, one unreadable."""
    again = orjson.dumps(clot_record("A", "2020-01-20", verbatim="other"))
    newer = orjson.dumps(clot_record("A", "2020-01-20", version=2))
    strange = orjson.dumps({**clot_record("A", "2020-01-20"), "study": "X"})
    values = [*SMALL, SMALL[4], again, newer, SMALL[4], UNREADABLE, strange, SMALL[5]]

    records = series(folded_worker(values, "S").open_page(), c.RECORDS)
    assert records["S", "folded"] == len(SMALL) + 1
    assert records["S", "duplicate"] == 2
    assert (records["S", "conflict"], records["S", "stale"]) == (1, 1)
    assert (records["none", "quarantined"], records["none", "refused"]) == (1, 1)


def test_time_is_told_in_whole_seconds():
    """When a record was put into the store, and when the log was seen folded to its end."""
    desk = MeteredWorker([log_of(SMALL, "S")], now=NOON + 0.75)
    asyncio.run(desk.assign_and_fold(0))

    assert series(desk.open_page(), c.LAST_PROCESSED) == {("S",): NOON}
    assert series(desk.open_page(), c.LAST_CAUGHT_UP) == {("0",): NOON}
    assert series(desk.open_page(), c.CONSUMER_LAG) == {("0",): 0}


def test_a_partition_that_stands_still_says_so():
    """And it is not caught up: the hour is that of before."""
    desk = folded_worker([UNREADABLE] * 12, "S")

    assert series(desk.open_page(), c.PARTITION_STOPPED) == {("0",): 1}
    assert series(desk.open_page(), c.LAST_CAUGHT_UP) == {("0",): 0}


def test_series_go_with_the_partition_and_come_back_at_zero():
    """Another worker shows them now; two that show one study would count it twice."""
    second = log_of([], "T", 1)
    second.partitions = 1

    async def main() -> tuple[bytes, bytes, bytes]:
        desk = MeteredWorker([log_of(SMALL, "S"), second])
        await desk.assign_and_fold(0)
        both = desk.open_page() + desk.closed_page()
        await desk.setup.assign_partitions(1)
        lost = desk.open_page() + desk.closed_page()
        await desk.assign_and_fold(0)
        return both, lost, desk.open_page()

    had, lost, again = asyncio.run(main())
    assert b'study="S"' in had and b'partition="0"' in had
    assert b'study="S"' not in lost and b'partition="0"' not in lost
    assert series(again, c.RECORDS)["S", "folded"] == 0
    assert series(again, c.CASES) == {("S",): 2}


def test_a_study_that_is_not_in_memory_is_read_from_the_store():
    """A worker that has just started shows what stands, without waiting for a record."""
    log = log_of(SMALL, "S")

    async def main() -> tuple[bytes, bytes]:
        desk = MeteredWorker([log])
        await desk.assign_and_fold(0)
        other = MeteredWorker([log])
        other.setup.stores = desk.setup.stores
        await other.assign_and_fold(0)
        return desk.closed_page(), other.closed_page()

    first, second = asyncio.run(main())
    assert series(second, c.EVENTS) == series(first, c.EVENTS)
    assert series(second, c.SIGNALS_ACTIVE) == series(first, c.SIGNALS_ACTIVE)


def test_figures_that_cannot_be_made_are_counted_and_end_nothing():
    """A row that was altered in the store is no study: it is tried again, and nothing is shown."""

    async def main() -> MeteredWorker:
        log = log_of(SMALL, "S")
        desk, other = MeteredWorker([log]), MeteredWorker([log])
        await desk.assign_and_fold(0)
        other.setup.stores = desk.setup.stores
        other.setup.stores[0].hashes["s:S"]["digest"] = b"0"
        await other.setup.assign_partitions(0)
        await other.setup.worker.fetch_positions()
        for _ in range(2):
            await other.figure_cache.refresh()
        return other

    desk = asyncio.run(main())
    assert series(desk.closed_page(), c.FIGURE_FAILURES) == {(): 2}
    assert series(desk.closed_page(), c.EVENTS) == {}


@pytest.mark.parametrize("name", [each.name for each in c.CATALOGUE])
def test_names_say_what_they_count(name: str):
    """One prefix, base units, `_total` for what is counted: Prometheus' own conventions."""
    (metric,) = [each for each in c.CATALOGUE if each.name == name]

    assert name.startswith("safety_") and metric.help.endswith(".")
    assert name.endswith("_total") == (metric.kind is c.MetricKind.COUNTER)
    assert ("seconds" in metric.unit) == ("_seconds" in name)
    assert not {"term", "subject", "case", "verbatim"} & set(metric.labels)
