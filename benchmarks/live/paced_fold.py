"""A worker that folds records as they become due, alone or beside a board, and what both use."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing import Process as Child
from typing import Any

from benchmarks.live.board_readers import PageLoad
from benchmarks.live.board_server import BoardCpu, BoardServer
from benchmarks.live.contender import EVERYTHING
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.latency import LEAD_SECONDS, WARM_UP_RECORDS, pace_messages
from benchmarks.live.load import Message, make_topics, send_messages
from benchmarks.live.memory import folded_records, wait_folded
from benchmarks.live.probe import StoreProbe, cpu_seconds_of
from benchmarks.live.run import contender_variables
from streams.local.process import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldRun:
    """What was folded in a window of time, and the CPU seconds that it and the board used.

    *tail* is the time from when the last record was due until it was folded, and *lateness* the
    longest time by which one was sent late.
    """

    seconds: float
    records: int
    worker_cpu: float
    board_cpu: BoardCpu
    tail: float = 0.0
    lateness: float = 0.0

    @property
    def rate(self) -> float:
        """Records folded in a second of the window."""
        return self.records / self.seconds

    @property
    def cpu_us_a_record(self) -> float:
        """CPU microseconds of the worker for each record."""
        return 1e6 * self.worker_cpu / max(1, self.records)


@dataclass(frozen=True, slots=True)
class Reading:
    """Folded records and used CPU seconds at a time."""

    time: float
    folded: int
    worker: float
    board: BoardCpu


@dataclass(slots=True)
class DueRecords:
    """Offsets of the records of each study in their partition, and when each was due."""

    offsets: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    due: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    @classmethod
    def of(cls, messages: Sequence[Message], begin: float, rate: int) -> DueRecords:
        """Return the records of *messages*, of which those of the warm-up were due at *begin*."""
        records, next_offsets = cls(), dict[int, int]()
        for number, message in enumerate(messages, -WARM_UP_RECORDS):
            offset = next_offsets.get(message.partition, 0)
            next_offsets[message.partition] = offset + 1
            records.offsets.setdefault(message.key, []).append(offset)
            records.due.setdefault(message.key, []).append(begin + max(0, number) / rate)
        return records

    def age_of(self, load: PageLoad) -> float:
        """Return the seconds for which a record that *load* does not show was due.

        >>> records = DueRecords({"S": [0, 3]}, {"S": [5.0, 6.0]})
        >>> load = PageLoad(study="S", view="rates", position=2, answered=7.5, seconds=0.1)
        >>> records.age_of(load)
        1.5
        """
        missing = bisect_left(self.offsets[load.study], load.position)
        due = self.due[load.study][missing:]
        return max(0.0, load.answered - due[0]) if due else 0.0


@dataclass(frozen=True, slots=True)
class PacedFold:
    """A worker that has folded the warm-up; the other *messages* are sent from ``begin`` on."""

    worker: Process
    probe: StoreProbe
    messages: Sequence[Message]
    rate: int
    connection: Any

    def begin(self) -> float:
        """Let the records be sent soon; return the time at which the first one is due."""
        begin = time.monotonic() + LEAD_SECONDS
        self.connection.send(begin)
        return begin

    async def observe(self, begin: float, seconds: int, board: BoardServer | None) -> FoldRun:
        """Return what happens from *begin* on for *seconds*."""
        await asyncio.sleep(begin - time.monotonic())
        first = self.take_reading(board)
        await asyncio.sleep(begin + seconds - time.monotonic())
        last = self.take_reading(board)
        return FoldRun(
            seconds=last.time - first.time,
            records=last.folded - first.folded,
            worker_cpu=last.worker - first.worker,
            board_cpu=last.board.since(first.board),
        )

    def take_reading(self, board: BoardServer | None) -> Reading:
        """Read the progress and the CPU seconds now."""
        return Reading(
            time.monotonic(),
            folded_records(self.probe),
            cpu_seconds_of(self.worker.pid or 0),
            BoardCpu(0.0, 0.0) if board is None else board.read_cpu(),
        )

    def wait_end(self, begin: float) -> tuple[float, float]:
        """Wait until all is folded; return tail and lateness: see ``FoldRun``."""
        wait_folded(self.worker, self.probe, len(self.messages))
        last_due = begin + (len(self.messages) - WARM_UP_RECORDS - 1) / self.rate
        return max(0.0, time.monotonic() - last_due), self.connection.recv()


@contextmanager
def start_fold(
    environment: BenchmarkEnvironment, messages: Sequence[Message], rate: int
) -> Iterator[PacedFold]:
    """Yield a worker that has folded the warm-up of *messages* from an empty log and store."""
    broker, probe = environment.broker_address(EVERYTHING.log), environment.probe
    make_topics(broker)
    probe.flush()
    worker = environment.start(EVERYTHING, **contender_variables(environment, EVERYTHING))
    our_end, sender_end = Pipe()
    sender = Child(target=send_messages, args=(broker, pace_messages(messages, rate, sender_end)))
    try:
        sender.start()
        wait_folded(worker, probe, WARM_UP_RECORDS)
        yield PacedFold(worker, probe, messages, rate, our_end)
    finally:
        worker.stop()
        sender.kill()
