"""One run of one contender: started on an emptied store, watched to the last count, ended.

The clock starts when the first counts are seen in Redis, and the records that were in by then are
left out: starting, joining a group and the first fetch are nobody's rate.  It stops when the last
record of every partition shows.  Both are seen by polling every 10 ms, so nothing runs inside a
contender to measure it, and the product is measured by the means that its peers are.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live.contender import ROOT, Contender
from benchmarks.live.watch import POLL_SECONDS, Counts, Eye, Moment
from streams.services.process import Process
from streams.topics import LOG

BEGIN_SECONDS, END_SECONDS = 60, 600
"""How long a contender may take to its first count, and from there to its last."""

SETTLE_SECONDS = 0.3
"""Between the last count and the check: a count too many may still be on its way."""


class Rejected(Exception):
    """The contender did not do the job: the message says how that shows."""


@dataclass(frozen=True, slots=True)
class Result:
    """One run: *records* were folded in *seconds* and *cpu* seconds of the contender's own.

    *commands* are those that Redis executed for it, over the whole log of *length* records.
    """

    records: int
    seconds: float
    cpu: float
    commands: int
    length: int


@dataclass(frozen=True, slots=True)
class Course:
    """What a run needs: the broker that holds the log, our eye on the store, a folder."""

    broker: str
    eye: Eye
    folder: Path

    def run(self, contender: Contender, counts: Counts, length: int) -> Result:
        """Run *contender*, accept what it leaves only if it is right, and say what it took."""
        process = Process(self.folder / contender.name)
        self.eye.empty()
        process.start(["env", *self.surroundings(), *contender.command], attended=True)
        try:
            result = self.watched(process, counts, length)
        finally:
            process.stop()
        return result

    def watched(self, process: Process, counts: Counts, length: int) -> Result:
        """What the run took, from the first counts seen to the last."""
        pid = process.pid or 0
        early = until(process, lambda: counts.begun(self.eye), BEGIN_SECONDS)
        begin = Moment.now(pid)
        until(process, lambda: counts.done(self.eye), END_SECONDS)
        end, commands = Moment.now(pid), self.eye.commands()
        time.sleep(SETTLE_SECONDS)
        if fault := counts.fault(self.eye):
            raise Rejected(fault)
        seconds, cpu = end.at - begin.at, end.cpu - begin.cpu
        return Result(length - early, seconds, cpu, commands, length)

    def surroundings(self) -> list[str]:
        """The environment of a contender: where it finds what, and a group nobody has used."""
        found = {
            "PYTHONPATH": ROOT,
            "BENCH_BROKER": self.broker,
            "BENCH_STORE": self.eye.url,
            "BENCH_TOPIC": LOG,
            "BENCH_GROUP": f"bench-{uuid.uuid4().hex}",
            "TOCSIN_BROKER": self.broker,
            "TOCSIN_STORE": self.eye.url,
        }
        return [f"{name}={value}" for name, value in found.items()]


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
