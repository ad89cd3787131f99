"""A wiped Redis refolded from the log by `tocsin rebuild`: how long a lost store is missed."""

from __future__ import annotations

import time

from benchmarks.live.contender import EVERYTHING
from benchmarks.live.ground import Ground
from benchmarks.live.load import draw, fill
from benchmarks.live.run import Rejected
from benchmarks.live.tables import TableCounts
from benchmarks.report import Table, section

SECONDS_MAX, RECORDS_OF_MUST = 90, 1_000_000
HEAD = ["records", "trials", "seconds", "CPU seconds", "records/s", "per CPU second", ""]


def rebuild(ground: Ground, records: int, trials: int) -> Table:
    """Fold *records* of *trials* from the first on into an empty store; check what it holds."""
    load = fill(ground.broker(EVERYTHING.log), draw(ground.folder, records, trials))
    ground.eye.empty()
    began = time.monotonic()
    cpu = ground.tocsin("rebuild", log=EVERYTHING.log)
    seconds = time.monotonic() - began
    if fault := TableCounts(load).fault(ground.eye):
        raise Rejected(fault)
    return table(load.records, trials, seconds, cpu)


def table(records: int, trials: int, seconds: float, cpu: float) -> Table:
    """The one row, and what it must be."""
    rate, by_cpu = f"{records / seconds:,.0f}", f"{records / cpu:,.0f}"
    sizes, times = [f"{records:,}", f"{trials:,}"], [f"{seconds:.1f}", f"{cpu:.1f}"]
    row = [*sizes, *times, rate, by_cpu, must(records, seconds)]
    return section("Rebuild (a wiped Redis, from the log, one process)", HEAD, [row])


def must(records: int, seconds: float) -> str:
    """What a rebuild of a million must take, for one of a million."""
    if records != RECORDS_OF_MUST:
        return f"must at most {SECONDS_MAX} s for {RECORDS_OF_MUST:,}"
    return f"must at most {SECONDS_MAX} s: {'met' if seconds <= SECONDS_MAX else 'NOT MET'}"
