"""The follower: folds all partitions, makes the states that are pushed, and answers asks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

from board.follower.builder import ViewBuilder
from board.follower.open_projection import OpenPartition, OpenState
from board.follower.partition import MOVED_BACK_SECONDS, PartitionFollower
from board.follower.protocol import Ask, Json, PartitionSummary
from board.follower.summaries import StudyNote, study_note
from streams.kafka.partitioner import partition_of
from streams.log import LogUnreachable, RecordsGone
from streams.store import StoreMisconfigured, StoreUnreachable

logger = logging.getLogger("tocsin.board.follower")

POLL_SECONDS, PAUSE_SECONDS = 0.2, 0.02
"""From one look at a partition to the next, and from the end of one at least."""

RETRY_SECONDS = 0.5

SERVICE_ERRORS = (LogUnreachable, RecordsGone, StoreUnreachable, StoreMisconfigured)

SILENT_SECONDS = 8.0
"""A partition that is silent for so long is silent on the open board."""


@dataclass(slots=True)
class Follower:
    """Follows *partitions*, by number, of a log with *partition_count* partitions.

    *on_change* is called after each change of a study.  *problems* has by partition why
    it cannot be followed now.
    """

    partitions: Mapping[int, PartitionFollower]
    builder: ViewBuilder
    partition_count: int
    on_change: Callable[[], None] = lambda: None
    notes: dict[str, StudyNote] = field(default_factory=dict[str, StudyNote])
    problems: dict[int, str] = field(default_factory=dict[int, str])

    def __post_init__(self) -> None:
        turn = asyncio.Lock()
        for partition in self.partitions.values():
            partition.on_change, partition.turn = self._note_changes, turn

    async def run(self) -> None:
        """Follow all partitions until cancelled."""
        await asyncio.gather(*map(self._run_partition, self.partitions.values()))

    async def answer(self, ask: Ask) -> Json:
        """Return the fields of an answer.  Raises ViewNotFoundError."""
        partition = self.partition_with(ask.study)
        view = await self.builder.find_view(partition, ask)
        return view.to_answer()

    def partition_with(self, study: str) -> PartitionFollower | None:
        """Return the partition that has the records of *study*; None where it is not followed."""
        return self.partitions.get(partition_of(study, self.partition_count))

    def make_state(self, sequence: int) -> Json:
        """Return the message of a ``FollowerState`` as it is now."""
        return {
            "type": "state",
            "sequence": sequence,
            "time": time.time(),
            "studies": {
                name: self._summary(name, note) for name, note in sorted(self.notes.items())
            },
            "partitions": {
                f"{number}": partition_summary(each) for number, each in self._ordered()
            },
            "fault": "; ".join(self.faults()) or None,
        }

    def make_open_state(self, sequence: int) -> Json:
        """Return the message with the open projection as it is now."""
        state = OpenState(
            sequence=sequence,
            time=time.time(),
            studies={name: note.open_study for name, note in sorted(self.notes.items())},
            partitions={
                number: OpenPartition(
                    lag=sum(offset >= each.cursor.next for offset in each.liveness.waiting),
                    silent=each.liveness.silent_without_reviews > SILENT_SECONDS,
                    stopped=bool(each.stopped or each.stored_stop),
                )
                for number, each in self._ordered()
            },
        )
        return state.to_message()

    def faults(self) -> list[str]:
        """Return what is wrong, one sentence each."""
        by_text = dict[str, list[int]]()
        for number, text in sorted(self.problems.items()):
            by_text.setdefault(text, []).append(number)
        faults = [f"{partition_names(numbers)}: {text}" for text, numbers in by_text.items()]
        for number, each in self._ordered():
            if each.stopped is not None:
                faults.append(f"Partition {number}: {each.stopped}")
            if each.moved_back and time.monotonic() - each.moved_back_at < MOVED_BACK_SECONDS:
                faults.append(each.moved_back)
            faults += [f"{name}: store and own fold disagree" for name in each.check.disagreeing]
        return faults

    def _ordered(self) -> list[tuple[int, PartitionFollower]]:
        return sorted(self.partitions.items())

    def _summary(self, name: str, note: StudyNote) -> orjson.Fragment:
        """Return the ``StudySummary`` of a study as JSON."""
        partition = self.partition_with(name)
        assert partition is not None
        row = partition.rows.get(name)
        changing: Json = {
            "position": partition.processor.position,
            "end": partition.end,
            "digest": "" if row is None else self.builder.known_digest(name, row.last_offset),
            "store_agrees": partition.check.result_of(name),
        }
        return orjson.Fragment(note.content[:-1] + b"," + orjson.dumps(changing)[1:])

    def _note_changes(self, partition: PartitionFollower, studies: list[str]) -> None:
        for name in studies:
            row, history = partition.rows[name], partition.histories[name]
            self.notes[name] = study_note(row.study, history, partition.versions[name])
        self.on_change()

    async def _run_partition(self, partition: PartitionFollower) -> None:
        number = partition.partition
        while True:
            began = time.monotonic()
            try:
                await partition.follow()
                if self.problems.pop(number, None) is not None:
                    self.on_change()
                took = time.monotonic() - began
                await asyncio.sleep(max(PAUSE_SECONDS, POLL_SECONDS - took))
                continue
            except SERVICE_ERRORS as error:
                problem = problem_text(error)
                if self.problems.get(number) != problem:
                    logger.warning("partition %d: %s", number, error)
            except Exception as error:  # A defect: fold again, and say so meanwhile.
                logger.exception("partition %d cannot be followed", number)
                problem = f"The follower failed: {type(error).__name__}."
                partition.begin()
            if self.problems.get(number) != problem:
                self.problems[number] = problem
                self.on_change()
            await asyncio.sleep(RETRY_SECONDS)


def problem_text(error: Exception) -> str:
    """Return what a page says of *error*: of what does not answer the setting, and no address.

    >>> problem_text(LogUnreachable("no Kafka broker answers at 10.0.0.7:9092"))
    'The broker does not answer: see TOCSIN_BROKER, and the log of the follower.'
    """
    if isinstance(error, LogUnreachable):
        return "The broker does not answer: see TOCSIN_BROKER, and the log of the follower."
    if isinstance(error, StoreUnreachable):
        return "The store does not answer: see TOCSIN_STORE, and the log of the follower."
    return f"{error}"


def partition_names(numbers: list[int]) -> str:
    """Return the name of one partition or of several.

    >>> partition_names([3]), partition_names([0, 1, 5])
    ('Partition 3', 'Partitions 0, 1, 5')
    """
    return f"Partition{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def partition_summary(partition: PartitionFollower) -> PartitionSummary:
    """Return how far *partition* is folded, and what is silent."""
    seconds, name = partition.liveness.silent
    return PartitionSummary(
        position=partition.processor.position,
        end=partition.end,
        cursor=partition.cursor.next,
        silent_seconds=round(seconds, 2),
        silent=name,
        stopped=partition.stopped or partition.stored_stop or None,
    )
