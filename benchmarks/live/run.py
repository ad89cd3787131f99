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
from benchmarks.live.ground import Ground
from benchmarks.live.watch import POLL_SECONDS, Counts, Eye, Moment
from streams.kafka.topics import LOG
from streams.local.process import Process

BEGIN_SECONDS, END_SECONDS = 60, 600
"""How long a contender may take to its first count, and from there to its last."""

SETTLE_SECONDS = 0.3
"""Between the last count and the check: a count too many may still be on its way."""


class Rejected(Exception):
    """The contender did not do the job: the message says how that shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run: *records* were folded in *seconds* and *cpu* seconds of the contender's own.

    *commands* is how many Redis executed for it per 1,000 records, over the whole log.
    """

    records: int
    seconds: float
    cpu: float
    commands: float

    @property
    def by_wall(self) -> float:
        """Records a second of wall time."""
        return self.records / self.seconds

    @property
    def by_cpu(self) -> float:
        """Records a CPU second."""
        return self.records / self.cpu if self.cpu else float("inf")


def run(ground: Ground, contender: Contender, counts: Counts, length: int) -> Result:
    """Run *contender* on a log of *length* records; what it leaves must be right."""
    ground.eye.empty()
    process = ground.start(contender, **surroundings(ground, contender))
    try:
        return watched(process, ground.eye, counts, length)
    finally:
        process.stop()


def watched(process: Process, eye: Eye, counts: Counts, length: int) -> Result:
    """What the run took, from the first counts seen to the last."""
    pid = process.pid or 0
    early = until(process, lambda: counts.begun(eye), BEGIN_SECONDS)
    begin = Moment.now(pid)
    until(process, lambda: counts.done(eye), END_SECONDS)
    end, commands = Moment.now(pid), eye.commands()
    time.sleep(SETTLE_SECONDS)
    if fault := counts.fault(eye):
        raise Rejected(fault)
    return Result(
        records=length - early,
        seconds=end.at - begin.at,
        cpu=end.cpu - begin.cpu,
        commands=1_000 * commands / length,
    )


def until(process: Process, seen: Callable[[], int], patience: float) -> int:
    """Poll until something is *seen*, and say what; reject who ends or takes too long."""
    deadline = time.monotonic() + patience
    while not (found := seen()):
        if not process.running:
            raise Rejected(f"ended by itself: {process.last_words()}")
        if time.monotonic() > deadline:
            raise Rejected(f"not done after {patience:.0f} s: {process.last_words()}")
        time.sleep(POLL_SECONDS)
    return found


def surroundings(ground: Ground, contender: Contender) -> dict[str, str]:
    """What a contender is told: where it finds what, and a group that nobody has used."""
    return ground.ours(contender.log) | {
        "PYTHONPATH": str(ROOT),
        "BENCH_BROKER": ground.broker(contender.log),
        "BENCH_STORE": ground.eye.url,
        "BENCH_TOPIC": LOG,
        "BENCH_GROUP": f"bench-{uuid.uuid4().hex}",
    }
