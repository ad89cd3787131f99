"""Measures the time from a report's due time in Kafka until its counts are in Redis, and the CPU.

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
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing import Process as Child
from pathlib import Path
from typing import Any

from benchmarks.live.contender import EVERYTHING, Contender
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.latency_report import base_text, latency_table
from benchmarks.live.latency_run import LatencyRun, LatencySample
from benchmarks.live.load import PARTITIONS, Load, Message, draw_log, make_topics, send_messages
from benchmarks.live.probe import CpuReading, StoreProbe
from benchmarks.live.race import interleaved_rounds
from benchmarks.live.run import Rejected, contender_variables, poll_until
from benchmarks.live.table_counts import TableCounts
from benchmarks.report import Table
from streams.local.process import Process

WARM_UP_RECORDS = 5_000
"""Records that are folded before the first one whose latency counts."""

LEAD_SECONDS = 1.0
SLEEP_SECONDS = 0.004
TIMEOUT_SECONDS = 60


def measure_latency(
    environment: BenchmarkEnvironment,
    rate: int,
    seconds: int,
    rounds: int,
    base: Path | None = None,
) -> Table:
    """Send *rate* reports a second for *seconds* to a worker with everything on, *rounds* times.

    With *base*, a checkout of an earlier commit, its worker runs in turn with this one.  Raises
    `Rejected` where the worker ends, does not keep up, or leaves a wrong table.
    """
    workers = [EVERYTHING]
    if base is not None:
        workers.append(replace(EVERYTHING, name="base", title="base", root=base.resolve()))
    runs: dict[str, list[LatencyRun]] = {worker.name: [] for worker in workers}
    for number, worker in interleaved_rounds(workers, rounds):
        with environment.with_new_brokers(f"round-{number}-{worker.name}") as round_environment:
            run = run_round(round_environment, worker, rate, seconds)
        runs[worker.name].append(run)
        print(
            f"round {number}: {worker.name}: {run.cpu_us_a_record:.0f} us a record, "
            f"{run.sample.quantiles_ms}",
            file=sys.stderr,
        )
    text = latency_table(runs[EVERYTHING.name], rate)
    return text if base is None else text + base_text(runs[EVERYTHING.name], runs["base"], base)


def run_round(
    environment: BenchmarkEnvironment, contender: Contender, rate: int, seconds: int
) -> LatencyRun:
    """Run one round of *contender* and return its latencies."""
    broker, probe = environment.broker_address(EVERYTHING.log), environment.probe
    make_topics(broker)
    load = Load(draw_log(environment.folder, WARM_UP_RECORDS + rate * seconds))
    messages = list(load.messages())
    counts = TableCounts(load)
    probe.flush()
    worker = environment.start(contender, **contender_variables(environment, contender))
    our_end, sender_end = Pipe()
    sender = Child(target=send_messages, args=(broker, pace_messages(messages, rate, sender_end)))
    try:
        sender.start()
        poll_until(worker, lambda: counts.count_folded(probe) == WARM_UP_RECORDS, TIMEOUT_SECONDS)
        before, writes_before = CpuReading.measure(worker.pid or 0), probe.count_function_calls()
        begin = time.monotonic() + LEAD_SECONDS
        our_end.send(begin)
        sample = read_until_complete(
            worker, counts, probe, LatencySample(due_times(messages[WARM_UP_RECORDS:], begin, rate))
        )
        after, writes = CpuReading.measure(worker.pid or 0), probe.count_function_calls()
        if fault := counts.first_difference(probe):
            raise Rejected(fault)
        lateness = our_end.recv()
    finally:
        worker.stop()
        sender.kill()
    return LatencyRun(
        sample,
        seconds=after.time - before.time,
        cpu_seconds=after.cpu_seconds - before.cpu_seconds,
        lateness=lateness,
        writes=writes - writes_before,
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
