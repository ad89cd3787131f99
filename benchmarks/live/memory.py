"""Measures a worker's memory under a steady load of follow-ups to a fixed set of cases.

The worker's cache of rows is smaller than the rows, so rows are evicted and loaded all the time.
Nothing may grow: no case is new.  Beside it stand the bytes that a new case takes in memory.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import Process as Child
from statistics import median

from benchmarks.clocks import resident_bytes
from benchmarks.live.contender import EVERYTHING
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.follow_ups import FollowedTrial, endless_follow_ups, new_cases
from benchmarks.live.load import Message, make_topics, send_messages
from benchmarks.live.probe import CpuReading, StoreProbe
from benchmarks.live.run import Rejected, contender_variables
from benchmarks.report import Table, section
from benchmarks.synthetic import Workload
from streams.kafka.topics import LOG
from streams.local.process import Process
from streams.processor.pipeline import Pipeline
from streams.store import LIVE_SPACE
from streams.store.keys import Keys

TRIALS, REPORTS_A_TRIAL, SEED = 60, 400, 13
MEMORY_MIB = "16"
"""The smallest cache that a worker may have; the rows of all trials take more than twice of it."""

READING_SECONDS = 10
SETTLING_SHARE = 1 / 3
"""The first part of the time is not compared: ten minutes of thirty."""

GROWTH_MAX = 0.05
SLEEP_SECONDS = 0.01
MIB = 1 << 20


@dataclass(slots=True)
class MemoryReadings:
    """Resident bytes of the worker and used bytes of the store, one reading each ten seconds."""

    worker: list[int] = field(default_factory=list[int])
    store: list[int] = field(default_factory=list[int])

    def settled_bytes(self, readings: list[int]) -> tuple[float, float]:
        """Return the medians after the settling time and at the end, of a tenth of all each."""
        start, width = int(len(readings) * SETTLING_SHARE), max(1, len(readings) // 10)
        return median(readings[start : start + width]), median(readings[-width:])


def measure_memory(environment: BenchmarkEnvironment, rate: int, minutes: float) -> Table:
    """Send *rate* follow-ups a second for *minutes* to a worker with everything on.

    Raises `Rejected` where the worker ends or does not keep up.
    """
    workload = Workload(trials=TRIALS, reports=TRIALS * REPORTS_A_TRIAL)
    trials = [FollowedTrial.draw(workload, number) for number in range(TRIALS)]
    broker, probe = environment.broker_address(EVERYTHING.log), environment.probe
    make_topics(broker)
    first = [trial.message(each) for trial in trials for each in trial.records]
    send_messages(broker, first)
    probe.flush()
    variables = contender_variables(environment, EVERYTHING) | {"TOCSIN_MEMORY_MIB": MEMORY_MIB}
    worker = environment.start(EVERYTHING, **variables)
    sent = int(rate * minutes * 60)
    messages = pace_follow_ups(islice(endless_follow_ups(trials, SEED), sent), rate)
    sender = Child(target=send_messages, args=(broker, messages))
    try:
        wait_folded(worker, probe, len(first))
        before = CpuReading.measure(worker.pid or 0)
        sender.start()
        readings = read_memory(worker, probe, minutes * 60)
        after = CpuReading.measure(worker.pid or 0)
        sender.join()
        wait_folded(worker, probe, len(first) + sent)
    finally:
        worker.stop()
        sender.kill()
    cpu_share = (after.cpu_seconds - before.cpu_seconds) / (after.time - before.time)
    return memory_table(readings, sent, rate, cpu_share, bytes_of_new_case(trials))


def pace_follow_ups(messages: Iterable[Message], rate: int) -> Iterator[Message]:
    """Yield *messages* at *rate* a second."""
    begin = time.monotonic()
    for number, message in enumerate(messages):
        while time.monotonic() < begin + number / rate:
            time.sleep(SLEEP_SECONDS)
        yield message


def read_memory(worker: Process, probe: StoreProbe, seconds: float) -> MemoryReadings:
    """Read the memory of *worker* and of the store each ten seconds, for *seconds*."""
    readings, end = MemoryReadings(), time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(READING_SECONDS)
        if not worker.running:
            raise Rejected(f"the worker ended: {worker.output_tail()}")
        readings.worker.append(resident_bytes(str(worker.pid)))
        (memory,) = probe.query(("INFO", "memory"))
        readings.store.append(memory["used_memory"])
        if len(readings.worker) % 6 == 0:
            mib = readings.worker[-1] / MIB, readings.store[-1] / MIB
            shown = "worker {:.1f} MiB, store {:.1f} MiB".format(*mib)
            print(
                f"after {len(readings.worker) * READING_SECONDS / 60:.0f} min: {shown}",
                file=sys.stderr,
                flush=True,
            )
    return readings


def wait_folded(worker: Process, probe: StoreProbe, records: int, seconds: float = 120) -> None:
    """Wait until the cursors have passed *records* records."""
    deadline = time.monotonic() + seconds
    while folded_records(probe) < records:
        if not worker.running or time.monotonic() > deadline:
            raise Rejected(f"{folded_records(probe)} of {records}: {worker.output_tail()}")
        time.sleep(0.2)


def folded_records(probe: StoreProbe) -> int:
    """Return how many offsets all cursors together have passed."""
    partitions = range(12)
    commands = [("HGET", Keys(LIVE_SPACE, LOG, each).cursor, "next") for each in partitions]
    return sum(int(each or 0) for each in probe.query(*commands))


def bytes_of_new_case(trials: list[FollowedTrial]) -> float:
    """Return the resident bytes that one more case of a folded study takes, without a cache."""
    pipeline = Pipeline()
    for trial in trials:
        for value in trial.records:
            pipeline.process_bytes(value, 1)
    messages = list(new_cases(trials))
    gc.collect()
    before = resident_bytes()
    for each in messages:
        pipeline.process_bytes(each.value, 2)
    gc.collect()
    return (resident_bytes() - before) / len(messages)


def memory_table(
    readings: MemoryReadings, sent: int, rate: int, cpu_share: float, new_case: float
) -> Table:
    """Return the memory after the settling time and at the end, and the growth between them."""
    rows: list[list[str]] = []
    for name, values in (("worker, resident", readings.worker), ("store, used", readings.store)):
        settled, last = readings.settled_bytes(values)
        growth = last / settled - 1
        goal = f"must at most {GROWTH_MAX:.0%}: {'met' if growth <= GROWTH_MAX else 'NOT MET'}"
        sizes = [f"{each / MIB:.1f}" for each in (settled, last)]
        rows.append([name, f"{sent:,}", *sizes, f"{growth:+.1%}", goal])
    header = ["memory", "follow-ups", "MiB after a third", "MiB at the end", "growth", ""]
    return section("Memory (a steady load of follow-ups, caches at their limits)", header, rows) + (
        f"\n{rate} follow-ups a second to the cases of {TRIALS} trials; the cache of rows has "
        f"{MEMORY_MIB} MiB, less than half of what they take.  The worker used {cpu_share:.0%} of "
        f"a core.  A new case takes {new_case:,.0f} bytes of memory.\n"
    )
