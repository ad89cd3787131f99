"""Measures the time from a report's due time in Kafka until its counts are in Redis.

The load is open loop: a record's latency counts from its due time even where earlier records are
late, so a stall is charged to every record that waits in it.  A record is applied when the cursor
of its partition is past it.  The cursors are read every few milliseconds: a measured latency is too
long by at most the time between two readings, and never too short.  Each run begins with an empty
store and an empty log.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from multiprocessing import Pipe
from multiprocessing import Process as Child
from statistics import median
from typing import Any

from benchmarks.live.contender import EVERYTHING
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.load import PARTITIONS, Load, Message, draw_log, make_topics, send_messages
from benchmarks.live.probe import CpuReading, StoreProbe
from benchmarks.live.run import Rejected, contender_variables, poll_until
from benchmarks.live.table_counts import TableCounts
from benchmarks.report import Table, section
from streams.local.process import Process

WARM_UP_RECORDS = 5_000
"""Records that are folded before the first one whose latency counts."""

LEAD_SECONDS = 1.0
SLEEP_SECONDS = 0.004
TIMEOUT_SECONDS = 60
P99_MAX_MS = 100
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "longest": 1.0}


@dataclass(slots=True)
class LatencySample:
    """Due times of the records of each partition, and their latencies in seconds."""

    due: list[list[float]]
    applied: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    latencies: list[float] = field(default_factory=list[float])
    reading_times: list[float] = field(default_factory=list[float])

    @property
    def quantiles_ms(self) -> dict[str, float]:
        """The latencies at QUANTILES, in milliseconds."""
        ordered = sorted(1000 * each for each in self.latencies)
        return {name: quantile(ordered, share) for name, share in QUANTILES.items()}

    @property
    def reading_gaps_ms(self) -> list[float]:
        """The times between two readings of the cursors, in milliseconds."""
        return [1000 * (later - earlier) for earlier, later in pairwise(self.reading_times)]

    @property
    def is_complete(self) -> bool:
        """Whether every record is applied."""
        return self.applied == [len(times) for times in self.due]

    def add_reading(self, applied: list[int], now: float) -> None:
        """Add a reading at *now*: *applied* counts the applied records of each partition."""
        for partition, number in enumerate(applied):
            self.latencies += [
                now - due for due in self.due[partition][self.applied[partition] : number]
            ]
        self.applied = applied
        self.reading_times.append(now)


@dataclass(frozen=True, slots=True)
class LatencyRun:
    """One run: its sample, the worker's share of a core, the longest sending delay in seconds."""

    sample: LatencySample
    cpu_share: float
    lateness: float


def measure_latency(
    environment: BenchmarkEnvironment, rate: int, seconds: int, rounds: int
) -> Table:
    """Send *rate* reports a second for *seconds* to a worker with everything on, *rounds* times.

    Raises `Rejected` where the worker ends, does not keep up, or leaves a wrong table.
    """
    runs: list[LatencyRun] = []
    for number in range(1, rounds + 1):
        with environment.with_new_brokers(f"round-{number}") as round_environment:
            runs.append(run_round(round_environment, rate, seconds))
        print(f"round {number}: {runs[-1].sample.quantiles_ms}", file=sys.stderr)
    return latency_table(runs, rate)


def run_round(environment: BenchmarkEnvironment, rate: int, seconds: int) -> LatencyRun:
    """Run one round and return its latencies."""
    broker, probe = environment.broker_address(EVERYTHING.log), environment.probe
    make_topics(broker)
    load = Load(draw_log(environment.folder, WARM_UP_RECORDS + rate * seconds))
    messages = list(load.messages())
    counts = TableCounts(load)
    probe.flush()
    worker = environment.start(EVERYTHING, **contender_variables(environment, EVERYTHING))
    our_end, sender_end = Pipe()
    sender = Child(target=send_messages, args=(broker, pace_messages(messages, rate, sender_end)))
    try:
        sender.start()
        poll_until(worker, lambda: counts.count_folded(probe) == WARM_UP_RECORDS, TIMEOUT_SECONDS)
        before = CpuReading.measure(worker.pid or 0)
        begin = time.monotonic() + LEAD_SECONDS
        our_end.send(begin)
        sample = read_until_complete(
            worker, counts, probe, LatencySample(due_times(messages[WARM_UP_RECORDS:], begin, rate))
        )
        after = CpuReading.measure(worker.pid or 0)
        if fault := counts.first_difference(probe):
            raise Rejected(fault)
        lateness = our_end.recv()
    finally:
        worker.stop()
        sender.kill()
    return LatencyRun(
        sample, (after.cpu_seconds - before.cpu_seconds) / (after.time - before.time), lateness
    )


def pace_messages(messages: Sequence[Message], rate: int, connection: Any) -> Iterator[Message]:
    """Yield the warm-up at once, then the rest when due after the begin that *connection* sends.

    Sends the longest delay in seconds over *connection* at the end.
    """
    yield from messages[:WARM_UP_RECORDS]
    begin, latest = connection.recv(), 0.0
    for number, message in enumerate(messages[WARM_UP_RECORDS:]):
        due = begin + number / rate
        while (lateness := time.monotonic() - due) < 0:
            time.sleep(SLEEP_SECONDS)
        latest = max(latest, lateness)
        yield message
    connection.send(latest)


def read_until_complete(
    worker: Process, counts: TableCounts, probe: StoreProbe, sample: LatencySample
) -> LatencySample:
    """Read the cursors until every record is applied; return *sample* with their latencies."""
    first = counts.count_folded_by_partition(probe)
    deadline = max(times[-1] for times in sample.due if times) + TIMEOUT_SECONDS
    while not sample.is_complete:
        applied = counts.count_folded_by_partition(probe)
        sample.add_reading(
            [now - then for now, then in zip(applied, first, strict=True)], time.monotonic()
        )
        if not worker.running or time.monotonic() > deadline:
            raise Rejected(f"the worker does not keep up: {worker.output_tail()}")
        time.sleep(SLEEP_SECONDS)
    return sample


def due_times(messages: Sequence[Message], begin: float, rate: int) -> list[list[float]]:
    """Return by partition the due time of each record, in seconds of the monotonic clock."""
    due: list[list[float]] = [[] for _ in range(PARTITIONS)]
    for number, message in enumerate(messages):
        due[message.partition].append(begin + number / rate)
    return due


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value such that at least *share* of all values do not exceed it.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def latency_table(runs: Sequence[LatencyRun], rate: int) -> Table:
    """Return the latencies, the required p99, and the resolution of the measurement."""
    quantiles = [run.sample.quantiles_ms for run in runs]
    medians = {name: median(each[name] for each in quantiles) for name in QUANTILES}
    met = "met" if medians["p99"] <= P99_MAX_MS else "NOT MET"
    gaps = sorted(chain.from_iterable(run.sample.reading_gaps_ms for run in runs))
    header = ["reports a second", "runs", "reports", *(f"{name} ms" for name in QUANTILES), ""]
    row = [f"{rate:,}", str(len(runs)), f"{len(runs[0].sample.latencies):,}"]
    row += [f"{milliseconds:.1f}" for milliseconds in medians.values()]
    p99_text = ", ".join(f"{each['p99']:.1f}" for each in quantiles)
    goal = f"must p99 at most {P99_MAX_MS} ms: {met}"
    return section("Latency (produced to applied, everything on)", header, [[*row, goal]]) + (
        f"\nMedians of the runs; the runs' p99 were {p99_text} ms.  The cursors were read every "
        f"{quantile(gaps, 0.5):.1f} ms (99% within {quantile(gaps, 0.99):.1f} ms, the longest gap "
        f"{gaps[-1]:.0f} ms): a measured latency is too long by at most one gap.  "
        f"No record was sent more than {1000 * max(run.lateness for run in runs):.0f} ms late; "
        "its latency includes that.  "
        f"The worker used {median(run.cpu_share for run in runs):.0%} of a core.\n"
    )
