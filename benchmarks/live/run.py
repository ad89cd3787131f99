"""Runs one contender once: started on an empty store, observed to its last count, stopped.

The clock starts when the first counts appear in Redis, and the records folded by then are not
counted: start-up, joining a group and the first fetch are in no rate.  It stops when the last
record of every partition is counted.  Both are detected by polling every 10 ms, so no measurement
code runs inside a contender, and the product is measured in the same way as its peers.  Records
that a contender had processed but not written when the clock started count as processed within the
time: an advantage of at most one batch.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.live.contender import Contender
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.probe import POLL_SECONDS, CpuReading, ExpectedCounts, StoreProbe
from streams.kafka.topics import LOG
from streams.local.process import Process

BEGIN_TIMEOUT_SECONDS, END_TIMEOUT_SECONDS = 60, 600
"""Time limits until a contender's first count, and from there to its last."""

CHECK_DELAY_SECONDS = 0.3
"""From the last count to the check: a surplus count could arrive late."""


class Rejected(Exception):
    """The contender did not do the job; the message gives the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One run: *records* were folded in *seconds*, with *cpu* CPU seconds of the contender.

    *commands* is the number of Redis commands per 1,000 records, over the whole log.
    """

    records: int
    seconds: float
    cpu: float
    commands: float

    @property
    def wall_rate(self) -> float:
        """Records per second of wall time."""
        return self.records / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Records per CPU second."""
        return self.records / self.cpu if self.cpu else float("inf")


def run_contender(
    environment: BenchmarkEnvironment,
    contender: Contender,
    counts: ExpectedCounts,
    record_count: int,
) -> RunResult:
    """Run *contender* on a log of *record_count* records, and check the counts it leaves.

    Raises `Rejected` where it ends, takes too long or leaves a wrong count.
    """
    environment.probe.flush()
    process = environment.start(contender, **contender_variables(environment, contender))
    try:
        return measure_run(process, environment.probe, counts, record_count)
    finally:
        process.stop()


def measure_run(
    process: Process, probe: StoreProbe, counts: ExpectedCounts, record_count: int
) -> RunResult:
    """Return the cost of the run from its first visible counts to its last."""
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
    """Poll *condition* until it is true, and return its value.

    Raises `Rejected` where *process* ends, or after *timeout* seconds.
    """
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if not process.running:
            raise Rejected(f"ended by itself: {process.output_tail()}")
        if time.monotonic() > deadline:
            raise Rejected(f"not done after {timeout:.0f} s: {process.output_tail()}")
        time.sleep(POLL_SECONDS)
    return value


def contender_variables(environment: BenchmarkEnvironment, contender: Contender) -> dict[str, str]:
    """Return a contender's environment variables: its servers, its topic, and an unused group."""
    return environment.product_variables(contender.log) | {
        "PYTHONPATH": str(contender.root),
        "BENCH_BROKER": environment.broker_address(contender.log),
        "BENCH_STORE": environment.probe.url,
        "BENCH_TOPIC": LOG,
        "BENCH_GROUP": f"bench-{uuid.uuid4().hex}",
    }
