"""What a worker says: what was folded is told, and that it does not get on ends it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest

from streams.health.probes import partition_findings
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message, Undelivered
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.processor import StopReason
from streams.processor.pipeline import Pipeline
from streams.worker.figure_cache import FigureCache
from streams.worker.metrics import ClosedCollector
from streams.worker.progress import STALL_SECONDS, Stalled
from tests.streams.list_sender import ListSender
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE, log_of
from tests.streams.worker.workers import WorkerSetup


async def test_what_is_folded_is_told():
    """Alerts and records set aside reach the sender, once each."""
    log = log_of([*PRODERM, UNREADABLE], partition_count=12)
    desk = WorkerSetup([log])
    await desk.assign_partitions(log.partition)
    while desk.worker.partitions[log.partition].processor.position < log.next:
        await desk.fetch_and_fold(most=500)

    await desk.worker.publish_outboxes()
    await desk.worker.publish_outboxes()

    pipeline = Pipeline()
    told = [pipeline.process_bytes(raw, line) for line, raw in enumerate(PRODERM)]
    rung = [f"{alert.id}:{alert.revision}" for each in told for alert in each.alerts]
    assert sorted(desk.sender.keys) == sorted([*rung, f"{LOG}:8:{len(PRODERM)}"])
    assert partition_of(STUDY, 12) == log.partition == 8


async def test_a_worker_whose_store_is_gone_ends_after_a_while():
    """A new process may find what this one does not."""
    desk = WorkerSetup([log_of(PRODERM[:60])])
    await desk.assign_partitions(0)  # And no claim ever succeeds.
    await desk.check()
    desk.now += STALL_SECONDS + 1

    with pytest.raises(Stalled):
        await desk.check()


async def test_a_partition_that_stands_still_says_why_and_once(caplog: pytest.LogCaptureFixture):
    """Another log under the same store: whoever reads what the worker said, learns what to do."""
    log = log_of(PRODERM[:60])
    desk = WorkerSetup([log])
    await desk.assign_partitions(0)
    await desk.fetch_and_fold()
    log.cluster = "another"
    desk.worker.invalidate(RuntimeError())

    with caplog.at_level(logging.WARNING, "tocsin"):
        await desk.fetch_and_fold()
        desk.worker.invalidate(RuntimeError())
        await desk.fetch_and_fold()

    (said,) = [each for each in caplog.messages if "stands still" in each]
    assert said.startswith("partition 0 stands still at offset 60: The log is in cluster another")
    assert StopReason.OTHER_LOG.remedy in said


async def test_a_store_that_is_read_and_not_written_is_one_trouble(
    caplog: pytest.LogCaptureFixture,
):
    """It may be claimed ten times a second and refuse each batch: said once, and until it ends."""
    desk = WorkerSetup([log_of(PRODERM[:60])])
    await desk.assign_partitions(0)
    with caplog.at_level(logging.WARNING, "tocsin"):
        for _ in range(3):
            desk.stores[0].commands_left = 0
            await desk.fetch_and_fold()
        await desk.worker.fetch_positions()
        refused = desk.worker.partitions[0].status(0)
        await desk.fetch_and_fold()
    now = desk.worker.partitions[0].status(0)

    assert (refused.claimed, refused.write_error) == (True, "cut short")
    assert (now.claimed, now.write_error, desk.position(0)) == (True, "", 60)
    assert caplog.messages == ["partition 0: cut short", "partition 0: the store takes it again"]


async def test_what_was_written_although_no_answer_came_is_no_trouble():
    """A time-out proves nothing: once the claim finds it there, nothing was refused."""
    desk = WorkerSetup([log_of(PRODERM[:60])])
    await desk.assign_partitions(0)
    batch = await desk.fetch()
    held = desk.worker.partitions[0]
    other = desk.open_partition(0, 1)
    await other.ensure_claimed()
    desk.stores[0].commands_left = 0
    await desk.worker.dispatch(batch)
    assert held.write_error
    assert await other.process(batch.records[0])

    await desk.worker.fetch_positions()
    assert (held.claimed, held.write_error, held.fetch_position) == (True, "", 60)


@dataclass
class RefusingSender(ListSender):
    """A broker that takes no message of some topics."""

    refused_topics: tuple[str, ...] = (ALERTS,)

    async def send(self, message: Message) -> int:
        if message.topic in self.refused_topics:
            raise Undelivered(f"{message.topic}: told to be deaf")
        return await super().send(message)


async def test_that_an_alert_cannot_be_told_is_said_on_the_closed_page_alone(
    caplog: pytest.LogCaptureFixture,
):
    """No line, no finding of the probe: where nothing rings there would be none.

    That a broken record cannot be set aside is said to everybody.
    """
    log = log_of([*PRODERM, UNREADABLE])
    deaf = RefusingSender()
    desk = WorkerSetup([log], sender=deaf)
    await desk.assign_partitions(0)
    with caplog.at_level(logging.WARNING, "tocsin"):
        while desk.worker.partitions[0].processor.position < log.next:
            await desk.fetch_and_fold(most=500)
        held = desk.worker.partitions[0]
        assert held.relay is not None
        held.relay.clock = lambda: desk.now
        await desk.worker.publish_outboxes()
        desk.now += 100
        await desk.worker.publish_outboxes()
        untold = dict(ClosedCollector(desk.worker, FigureCache(desk.worker)).outbox_waits())
        assert (caplog.messages, list(partition_findings([held.status(0)], 0))) == ([], [])
        assert untold == {("0",): 100}

        deaf.refused_topics = (ALERTS, DEAD_LETTERS)
        log.append(UNREADABLE, STUDY.encode())
        await desk.fetch_and_fold()
        await desk.worker.publish_outboxes()
        desk.now += 100
    assert caplog.messages == [f"partition 0: nothing told: {DEAD_LETTERS}: told to be deaf"]
    (found,) = partition_findings([held.status(0)], 0)
    says = "something to tell has been waiting for 100 s"
    assert found.what == f"{says}: {DEAD_LETTERS}: told to be deaf"
