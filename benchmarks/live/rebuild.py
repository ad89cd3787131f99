"""Measures how long `tocsin rebuild` takes to fold the log again into an emptied Redis."""

from __future__ import annotations

import time

from benchmarks.live.contender import EVERYTHING
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.load import draw_log, write_to_kafka
from benchmarks.live.run import Rejected
from benchmarks.live.table_counts import TableCounts
from benchmarks.report import Table, section

SECONDS_MAX, GOAL_RECORDS = 90, 1_000_000
HEADER = ["records", "trials", "seconds", "CPU seconds", "records/s", "per CPU second", ""]


def measure_rebuild(environment: BenchmarkEnvironment, records: int, trials: int) -> Table:
    """Rebuild *records* of *trials* into an empty store, and check the tables.

    Raises `Rejected` where a table is wrong.
    """
    load = write_to_kafka(
        environment.broker_address(EVERYTHING.log), draw_log(environment.folder, records, trials)
    )
    environment.probe.flush()
    started = time.monotonic()
    cpu = environment.run_tocsin("rebuild", log=EVERYTHING.log)
    seconds = time.monotonic() - started
    if fault := TableCounts(load).first_difference(environment.probe):
        raise Rejected(fault)
    return rebuild_table(load.records, trials, seconds, cpu)


def rebuild_table(records: int, trials: int, seconds: float, cpu: float) -> Table:
    """Return the table of the one measurement, with its requirement."""
    rate, cpu_rate = f"{records / seconds:,.0f}", f"{records / cpu:,.0f}"
    sizes, times = [f"{records:,}", f"{trials:,}"], [f"{seconds:.1f}", f"{cpu:.1f}"]
    row = [*sizes, *times, rate, cpu_rate, goal_text(records, seconds)]
    return section("Rebuild (a wiped Redis, from the log, one process)", HEADER, [row])


def goal_text(records: int, seconds: float) -> str:
    """Return the requirement; for GOAL_RECORDS records, also whether it is met."""
    if records != GOAL_RECORDS:
        return f"must at most {SECONDS_MAX} s for {GOAL_RECORDS:,}"
    return f"must at most {SECONDS_MAX} s: {'met' if seconds <= SECONDS_MAX else 'NOT MET'}"
