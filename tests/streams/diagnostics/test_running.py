"""`tocsin doctor` says when nobody folds, delivers or ticks, and names unknown variables."""

from __future__ import annotations

from dataclasses import dataclass

from streams.diagnostics.doctor import check_variables
from streams.diagnostics.finding import CheckState
from streams.diagnostics.running import (
    TICK_SECONDS,
    PartitionWork,
    delivery_finding,
    find_silent,
    find_stuck,
    partition_work,
    tick_findings,
    worker_findings,
)
from streams.store.memory import CURSOR, MemoryStore
from tests.streams.list_log import ListLog, ListRecord

NOW = 1_700_000_000.0

IDLE = PartitionWork(position=5, has_lag=False, stopped=False)
LAGGING = PartitionWork(position=5, has_lag=True, stopped=False)


@dataclass(frozen=True)
class TimedRecord(ListRecord):
    """A record with a timestamp in milliseconds."""

    timestamp: int = 0


def test_nobody_folds():
    """It is a fault where records wait; an idle installation only names the command."""
    (idle,) = worker_findings([], {0: IDLE, 1: IDLE}, [])
    (waiting,) = worker_findings([], {0: IDLE, 1: LAGGING}, [1])

    assert (idle.state, idle.next) == (CheckState.ABSENT, "tocsin run")
    assert (waiting.state, waiting.next) == (CheckState.WRONG, "tocsin run")
    assert "nobody folds the log, and records wait in partition 1" in waiting.says


def test_a_partition_without_worker_and_one_that_does_not_move_are_named():
    """Lag that moves is no fault; with every partition owned all is well."""
    unowned, stuck = worker_findings([0, 1], {0: IDLE, 1: LAGGING, 2: IDLE}, [1])
    (well,) = worker_findings([0, 1], {0: IDLE, 1: LAGGING}, [])

    assert unowned.says.startswith("no worker owns partition 2") and unowned.state == "wrong"
    assert stuck.says.startswith("partition 1 lags, and no record was folded in 5 s")
    assert (well.state, well.next) == (CheckState.WELL, "")


async def test_lag_is_a_record_that_waits_and_does_not_move():
    """A transaction marker at the end of the log is no lag, and neither is a cursor that moves."""
    log, store = ListLog(partitions=1), MemoryStore()
    log.append(b"{}", b"S")
    log.append_marker()
    store.set(CURSOR, {"next": b"0"})
    before = await partition_work(log, store)
    store.set(CURSOR, {"next": b"1"})
    after = await partition_work(log, store)

    assert (before.has_lag, after.has_lag) == (True, False)
    assert await find_stuck({0: before}, [store], wait=0.01) == []
    assert await find_stuck({0: LAGGING}, [MemoryStore()], wait=0.01) == []
    store.set(CURSOR, {"next": b"5"})
    assert await find_stuck({0: LAGGING}, [store], wait=0.01) == [0]


def test_nobody_delivers():
    """It is a fault where a delivery file is configured, or a part of the alerts is unowned."""
    assert delivery_finding([], 4, None).state is CheckState.ABSENT
    assert delivery_finding([], 4, "delivery.toml").state is CheckState.WRONG
    assert (
        delivery_finding([0, 1, 3], 4, None).says == "no deliverer owns partition 2 of the alerts"
    )
    assert delivery_finding(range(4), 4, None).state is CheckState.WELL


async def test_nobody_ticks():
    """A study whose last record is older than a day is named; a tick is a record."""
    log = ListLog(partitions=1)
    for study, age in ((b"OLD", TICK_SECONDS + 1), (b"NEW", 60), (b"OLD", TICK_SECONDS + 1)):
        at = log.next
        log.records[at] = TimedRecord(at, study, b"{}", timestamp=int((NOW - age) * 1_000))

    silent = await find_silent(log, ["NEW", "OLD", "GONE"], NOW)
    work = PartitionWork(position=3, has_lag=False, stopped=False, silent_studies=silent)
    (finding,) = tick_findings({0: work, 1: IDLE})

    assert silent == ["OLD", "GONE"]
    assert finding.says.startswith("nobody ticks GONE, OLD: ")
    assert finding.next == "tocsin tick GONE --every 1h"


def test_an_unknown_variable_is_named():
    """It would be ignored without a word; its value is not shown."""
    names = ["TOCSIN_BROKER", "TOCSIN_MEMBER", "PATH", "TOCSIN_LOG_PARTITION", "TOCSIN_XYZZY"]
    misspelt, other = check_variables(names)

    assert "TOCSIN_LOG_PARTITION is no setting" in misspelt.says
    assert "is TOCSIN_LOG_PARTITIONS meant?" in misspelt.says
    assert (other.state, other.next) == (CheckState.WRONG, "unset TOCSIN_XYZZY")
