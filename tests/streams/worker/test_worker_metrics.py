"""What a worker says: what was folded is told, and that it does not get on ends it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest

from streams.health.probes import findings
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message, Undelivered
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.processor import Halt
from streams.processor.pipeline import Pipeline
from streams.worker.figure_cache import Survey
from streams.worker.metrics import ClosedNumbers
from streams.worker.progress import STALL_SECONDS, Stalled
from tests.streams.list_sender import Sent
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE, log_of
from tests.streams.worker.workers import Bench


async def test_what_is_folded_is_told():
    """Alerts and records set aside reach the sender, once each."""
    log = log_of([*PRODERM, UNREADABLE], partitions=12)
    desk = Bench([log])
    await desk.assign(log.partition)
    while desk.worker.held[log.partition].lane.position < log.next:
        await desk.turn(most=500)

    await desk.worker.tell()
    await desk.worker.tell()

    pipeline = Pipeline()
    told = [pipeline.advance(raw, line) for line, raw in enumerate(PRODERM)]
    rung = [f"{alert.id}:{alert.revision}" for each in told for alert in each.alerts]
    assert sorted(desk.sent.keys) == sorted([*rung, f"{LOG}:8:{len(PRODERM)}"])
    assert partition_of(STUDY, 12) == log.partition == 8


async def test_a_worker_whose_store_is_gone_ends_after_a_while():
    """A new process may find what this one does not."""
    desk = Bench([log_of(PRODERM[:60])])
    await desk.assign(0)  # And no claim ever succeeds.
    await desk.look()
    desk.hour += STALL_SECONDS + 1

    with pytest.raises(Stalled):
        await desk.look()


async def test_a_partition_that_stands_still_says_why_and_once(caplog: pytest.LogCaptureFixture):
    """Another log under the same store: whoever reads what the worker said, learns what to do."""
    log = log_of(PRODERM[:60])
    desk = Bench([log])
    await desk.assign(0)
    await desk.turn()
    log.cluster = "another"
    desk.worker.doubt(RuntimeError())

    with caplog.at_level(logging.WARNING, "tocsin"):
        await desk.turn()
        desk.worker.doubt(RuntimeError())
        await desk.turn()

    (said,) = [each for each in caplog.messages if "stands still" in each]
    assert said.startswith("partition 0 stands still at offset 60: The log is in cluster another")
    assert Halt.OTHER_LOG.remedy in said


async def test_a_store_that_is_read_and_not_written_is_one_trouble(
    caplog: pytest.LogCaptureFixture,
):
    """It may be claimed ten times a second and refuse each batch: said once, and until it ends."""
    desk = Bench([log_of(PRODERM[:60])])
    await desk.assign(0)
    with caplog.at_level(logging.WARNING, "tocsin"):
        for _ in range(3):
            desk.stores[0].left = 0
            await desk.turn()
        await desk.worker.places()
        refused = desk.worker.held[0].condition(0)
        await desk.turn()
    now = desk.worker.held[0].condition(0)

    assert (refused.claimed, refused.refused) == (True, "cut short")
    assert (now.claimed, now.refused, desk.place(0)) == (True, "", 60)
    assert caplog.messages == ["partition 0: cut short", "partition 0: the store takes it again"]


async def test_what_was_written_although_no_answer_came_is_no_trouble():
    """A time-out proves nothing: once the claim finds it there, nothing was refused."""
    desk = Bench([log_of(PRODERM[:60])])
    await desk.assign(0)
    batch = await desk.fetch()
    held = desk.worker.held[0]
    other = desk.hold(0, 1)
    await other.ensure()
    desk.stores[0].left = 0
    await desk.worker.fold(batch)
    assert held.refused
    assert await other.take(batch.records[0])

    await desk.worker.places()
    assert (held.claimed, held.refused, held.place) == (True, "", 60)


@dataclass
class Deaf(Sent):
    """A broker that takes no message of some topics."""

    topics: tuple[str, ...] = (ALERTS,)

    async def send(self, message: Message) -> int:
        if message.topic in self.topics:
            raise Undelivered(f"{message.topic}: told to be deaf")
        return await super().send(message)


async def test_that_an_alert_cannot_be_told_is_said_on_the_closed_page_alone(
    caplog: pytest.LogCaptureFixture,
):
    """No line, no finding of the probe: where nothing rings there would be none.

    That a broken record cannot be set aside is said to everybody.
    """
    log = log_of([*PRODERM, UNREADABLE])
    deaf = Deaf()
    desk = Bench([log], sent=deaf)
    await desk.assign(0)
    with caplog.at_level(logging.WARNING, "tocsin"):
        while desk.worker.held[0].lane.position < log.next:
            await desk.turn(most=500)
        held = desk.worker.held[0]
        assert held.relay is not None
        held.relay.clock = lambda: desk.hour
        await desk.worker.tell()
        desk.hour += 100
        await desk.worker.tell()
        untold = dict(ClosedNumbers(desk.worker, Survey(desk.worker)).untold())
        assert (caplog.messages, list(findings([held.condition(0)], 0))) == ([], [])
        assert untold == {("0",): 100}

        deaf.topics = (ALERTS, DEAD_LETTERS)
        log.append(UNREADABLE, STUDY.encode())
        await desk.turn()
        await desk.worker.tell()
        desk.hour += 100
    assert caplog.messages == [f"partition 0: nothing told: {DEAD_LETTERS}: told to be deaf"]
    (found,) = findings([held.condition(0)], 0)
    says = "something to tell has been waiting for 100 s"
    assert found.what == f"{says}: {DEAD_LETTERS}: told to be deaf"
