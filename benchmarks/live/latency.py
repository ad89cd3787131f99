"""Produced to applied: how long after a report was due in Kafka its counts are in Redis.

Open loop: every record has its time, whatever becomes of those before it, and its latency counts
from then, so a stall is charged to every record that waited in it.  Applied is what the cursor of
its partition says, read every few milliseconds: a latency is told too long by at most the time
between two readings, never too short.  Several runs, each from an empty store and an empty log.
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
from benchmarks.live.ground import Ground
from benchmarks.live.load import PARTITIONS, Load, Message, draw, make_topics, send
from benchmarks.live.run import Rejected, surroundings, until
from benchmarks.live.tables import TableCounts
from benchmarks.live.watch import Eye, Moment
from benchmarks.report import Table, section
from streams.local.process import Process

WARM = 5_000
"""Records that are folded before the first whose latency counts."""

HEADWAY_SECONDS = 1.0
NAP_SECONDS = 0.004
PATIENCE_SECONDS = 60
P99_MAX_MS = 100
SHARES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "longest": 1.0}


@dataclass(slots=True)
class Seen:
    """When records were due in each partition, and how late each was seen to be applied."""

    due: list[list[float]]
    applied: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    latencies: list[float] = field(default_factory=list[float])
    readings: list[float] = field(default_factory=list[float])

    @property
    def found(self) -> dict[str, float]:
        """The latencies of SHARES, in milliseconds."""
        ordered = sorted(1000 * each for each in self.latencies)
        return {name: quantile(ordered, share) for name, share in SHARES.items()}

    @property
    def gaps(self) -> list[float]:
        """The times between two readings, in milliseconds."""
        return [1000 * (later - earlier) for earlier, later in pairwise(self.readings)]

    @property
    def complete(self) -> bool:
        """Whether every record was seen to be applied."""
        return self.applied == [len(times) for times in self.due]

    def see(self, applied: list[int], now: float) -> None:
        """Take in how many records of each partition are applied *now*."""
        for part, number in enumerate(applied):
            self.latencies += [now - due for due in self.due[part][self.applied[part] : number]]
        self.applied = applied
        self.readings.append(now)


@dataclass(frozen=True, slots=True)
class Run:
    """What was seen, the share of a core that the worker used, and the latest record's delay."""

    seen: Seen
    busy: float
    late: float


def latency(ground: Ground, rate: int, seconds: int, rounds: int) -> Table:
    """Send *rate* reports a second for *seconds* to a worker with everything on, *rounds* times."""
    runs: list[Run] = []
    for number in range(1, rounds + 1):
        with ground.afresh(f"round-{number}") as here:
            runs.append(run(here, rate, seconds))
        print(f"round {number}: {runs[-1].seen.found}", file=sys.stderr)
    return table(runs, rate)


def run(ground: Ground, rate: int, seconds: int) -> Run:
    """One run."""
    broker, eye = ground.broker(EVERYTHING.log), ground.eye
    make_topics(broker)
    load = Load(draw(ground.folder, WARM + rate * seconds))
    messages = list(load.read())
    counts = TableCounts(load)
    eye.empty()
    worker = ground.start(EVERYTHING, **surroundings(ground, EVERYTHING))
    ours, theirs = Pipe()
    sender = Child(target=send, args=(broker, paced(messages, rate, theirs)))
    try:
        sender.start()
        until(worker, lambda: counts.begun(eye) == WARM, PATIENCE_SECONDS)
        before = Moment.now(worker.pid or 0)
        begin = time.monotonic() + HEADWAY_SECONDS
        ours.send(begin)
        seen = watch(worker, counts, eye, Seen(due_times(messages[WARM:], begin, rate)))
        after = Moment.now(worker.pid or 0)
        if fault := counts.fault(eye):
            raise Rejected(fault)
        late = ours.recv()
    finally:
        worker.stop()
        sender.kill()
    return Run(seen, (after.cpu - before.cpu) / (after.at - before.at), late)


def paced(messages: Sequence[Message], rate: int, orders: Any) -> Iterator[Message]:
    """The first records at once; the rest, from the moment that *orders* bring, at their times.

    In the end *orders* hear how late the latest was.
    """
    yield from messages[:WARM]
    begin, latest = orders.recv(), 0.0
    for number, message in enumerate(messages[WARM:]):
        due = begin + number / rate
        while (late := time.monotonic() - due) < 0:
            time.sleep(NAP_SECONDS)
        latest = max(latest, late)
        yield message
    orders.send(latest)


def watch(worker: Process, counts: TableCounts, eye: Eye, seen: Seen) -> Seen:
    """Read the cursors until all that is due is applied."""
    first = counts.applied(eye)
    deadline = max(times[-1] for times in seen.due if times) + PATIENCE_SECONDS
    while not seen.complete:
        applied = counts.applied(eye)
        seen.see([now - then for now, then in zip(applied, first, strict=True)], time.monotonic())
        if not worker.running or time.monotonic() > deadline:
            raise Rejected(f"the worker does not keep up: {worker.last_words()}")
        time.sleep(NAP_SECONDS)
    return seen


def due_times(messages: Sequence[Message], begin: float, rate: int) -> list[list[float]]:
    """By partition, when each record is to be sent."""
    due: list[list[float]] = [[] for _ in range(PARTITIONS)]
    for number, message in enumerate(messages):
        due[message.partition].append(begin + number / rate)
    return due


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest that at least *share* of all are not above.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def table(runs: Sequence[Run], rate: int) -> Table:
    """The latencies, what they must be, and how finely they were told."""
    found = [each.seen.found for each in runs]
    middle = {name: median(each[name] for each in found) for name in SHARES}
    met = "met" if middle["p99"] <= P99_MAX_MS else "NOT MET"
    gaps = sorted(chain.from_iterable(each.seen.gaps for each in runs))
    head = ["reports a second", "runs", "reports", *(f"{name} ms" for name in SHARES), ""]
    row = [f"{rate:,}", str(len(runs)), f"{len(runs[0].seen.latencies):,}"]
    row += [f"{each:.1f}" for each in middle.values()]
    each = ", ".join(f"{one['p99']:.1f}" for one in found)
    goal = f"must p99 at most {P99_MAX_MS} ms: {met}"
    return section("Latency (produced to applied, everything on)", head, [[*row, goal]]) + (
        f"\nMedians of the runs; their p99 were {each} ms.  The cursors were read every "
        f"{quantile(gaps, 0.5):.1f} ms (99% within {quantile(gaps, 0.99):.1f} ms, the longest gap "
        f"{gaps[-1]:.0f} ms): a latency is told too long by at most that.  "
        f"No record was sent more than {1000 * max(one.late for one in runs):.0f} ms late, "
        "and that is in its latency.  "
        f"The worker used {median(one.busy for one in runs):.0%} of a core.\n"
    )
