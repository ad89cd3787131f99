"""One run of one contender: started on an emptied store, watched to the last count, ended.

The clock starts when the first counts are seen in Redis, and the records that were in by then are
left out: starting, joining a group and the first fetch are nobody's rate.  It stops when the last
record of every partition shows.  Both are seen by polling every 10 ms, so nothing runs inside a
contender to measure it, and the product is measured by the means that its peers are.  What a
contender had worked on but not yet written when the clock started is counted as done within the
time: a gain of at most one of its batches.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.live.contender import ROOT, Contender
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.probe import POLL_SECONDS, CpuReading, ExpectedCounts, StoreProbe
from streams.kafka.topics import LOG
from streams.local.process import Process

BEGIN_TIMEOUT_SECONDS, END_TIMEOUT_SECONDS = 60, 600
"""How long a contender may take to its first count, and from there to its last."""

CHECK_DELAY_SECONDS = 0.3
"""Between the last count and the check: a count too many may still be on its way."""


class Rejected(Exception):
    """The contender did not do the job: the message says how that shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One run: *records* were folded in *seconds* and *cpu* seconds of the contender's own.

    *commands* is how many Redis executed for it per 1,000 records, over the whole log.
    """

    records: int
    seconds: float
    cpu: float
    commands: float

    @property
    def wall_rate(self) -> float:
        """Records a second of wall time."""
        return self.records / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Records a CPU second."""
        return self.records / self.cpu if self.cpu else float("inf")


def run_contender(
    environment: BenchmarkEnvironment,
    contender: Contender,
    counts: ExpectedCounts,
    record_count: int,
) -> RunResult:
    """Run *contender* on a log of *length* records; what it leaves must be right."""
    environment.probe.flush()
    process = environment.start(contender, **contender_variables(environment, contender))
    try:
        return measure_run(process, environment.probe, counts, record_count)
    finally:
        process.stop()


def measure_run(
    process: Process, probe: StoreProbe, counts: ExpectedCounts, record_count: int
) -> RunResult:
    """What the run took, from the first counts seen to the last."""
    pid = process.pid or 0
    folded_before = poll_until(process, lambda: counts.count_folded(probe), BEGIN_TIMEOUT_SECONDS)
    begin = CpuReading.measure(pid)
    poll_until(process, lambda: counts.is_complete(probe), END_TIMEOUT_SECONDS)
    end, commands = CpuReading.measure(pid), probe.count_commands()
    time.sleep(CHECK_DELAY_SECONDS)
    if fault := counts.first_difference(probe):
        raise Rejected(fault)
    return RunResult(
        records=record_count - folded_before,
        seconds=end.time - begin.time,
        cpu=end.cpu_seconds - begin.cpu_seconds,
        commands=1_000 * commands / record_count,
    )


def poll_until(process: Process, condition: Callable[[], int], timeout: float) -> int:
    """Poll until something is *seen*, and say what; reject who ends or takes too long."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if not process.running:
            raise Rejected(f"ended by itself: {process.output_tail()}")
        if time.monotonic() > deadline:
            raise Rejected(f"not done after {timeout:.0f} s: {process.output_tail()}")
        time.sleep(POLL_SECONDS)
    return value


def contender_variables(environment: BenchmarkEnvironment, contender: Contender) -> dict[str, str]:
    """What a contender is told: where it finds what, and a group that nobody has used."""
    return environment.product_variables(contender.log) | {
        "PYTHONPATH": str(ROOT),
        "BENCH_BROKER": environment.broker_address(contender.log),
        "BENCH_STORE": environment.probe.url,
        "BENCH_TOPIC": LOG,
        "BENCH_GROUP": f"bench-{uuid.uuid4().hex}",
    }
