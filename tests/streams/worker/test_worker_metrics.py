"""What a worker publishes and logs, and that it ends without progress."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest

from streams.health.probes import partition_findings
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message, Undelivered
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.processor.pipeline import Pipeline
from streams.processor.stop import StopReason
from streams.worker.figure_cache import FigureCache
from streams.worker.metrics import ClosedCollector
from streams.worker.progress import STALL_SECONDS, Stalled
from tests.streams.list_sender import ListSender
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE, log_of
from tests.streams.worker.workers import WorkerSetup


async def test_alerts_and_dead_letters_are_published():
    """Each alert revision and dead letter reaches the sender once."""
    log = log_of([*PRODERM, UNREADABLE], partition_count=12)
    setup = WorkerSetup([log])
    await setup.assign_partitions(log.partition)
    while setup.worker.partitions[log.partition].processor.position < log.next:
        await setup.fetch_and_fold(most=500)

    await setup.worker.publish_outboxes()
    await setup.worker.publish_outboxes()

    pipeline = Pipeline()
    results = [pipeline.process_bytes(raw, line) for line, raw in enumerate(PRODERM)]
    revisions = [f"{alert.id}:{alert.revision}" for each in results for alert in each.alerts]
    assert sorted(setup.sender.keys) == sorted([*revisions, f"{LOG}:8:{len(PRODERM)}"])
    assert partition_of(STUDY, 12) == log.partition == 8


async def test_a_worker_that_never_claims_ends_after_a_while():
    """A new process may reach a store that this one cannot."""
    setup = WorkerSetup([log_of(PRODERM[:60])])
    await setup.assign_partitions(0)  # No claim is attempted, so none succeeds.
    await setup.check()
    setup.now += STALL_SECONDS + 1

    with pytest.raises(Stalled):
        await setup.check()


async def test_the_reason_of_a_stop_is_logged_once(caplog: pytest.LogCaptureFixture):
    """The line for a log of another cluster has the reason, the offset and the remedy."""
    log = log_of(PRODERM[:60])
    setup = WorkerSetup([log])
    await setup.assign_partitions(0)
    await setup.fetch_and_fold()
    log.cluster = "another"
    setup.worker.invalidate(RuntimeError())

    with caplog.at_level(logging.WARNING, "tocsin"):
        await setup.fetch_and_fold()
        setup.worker.invalidate(RuntimeError())
        await setup.fetch_and_fold()

    (message,) = [each for each in caplog.messages if "stopped at offset" in each]
    assert message.startswith("partition 0 stopped at offset 60: The log is in cluster another")
    assert StopReason.OTHER_LOG.remedy in message


async def test_a_store_that_refuses_writes_is_logged_once(
    caplog: pytest.LogCaptureFixture,
):
    """Repeated claims and refused batches give one line, and the end of the error another."""
    setup = WorkerSetup([log_of(PRODERM[:60])])
    await setup.assign_partitions(0)
    with caplog.at_level(logging.WARNING, "tocsin"):
        for _ in range(3):
            setup.stores[0].commands_left = 0
            await setup.fetch_and_fold()
        await setup.worker.fetch_positions()
        status_refused = setup.worker.partitions[0].status(0)
        await setup.fetch_and_fold()
    status_accepted = setup.worker.partitions[0].status(0)

    assert (status_refused.claimed, status_refused.write_error) == (True, "cut short")
    assert (status_accepted.claimed, status_accepted.write_error, setup.position(0)) == (
        True,
        "",
        60,
    )
    assert caplog.messages == [
        "partition 0: cut short",
        "partition 0: the store accepts writes again",
    ]


async def test_a_write_that_succeeded_without_an_answer_is_no_error():
    """After a time-out a claim that finds the records written clears the write error."""
    setup = WorkerSetup([log_of(PRODERM[:60])])
    await setup.assign_partitions(0)
    batch = await setup.fetch()
    owned = setup.worker.partitions[0]
    other_owned = setup.open_partition(0, 1)
    await other_owned.ensure_claimed()
    setup.stores[0].commands_left = 0
    await setup.worker.dispatch(batch)
    assert owned.problems.write_error
    assert await other_owned.process(batch.records[0])

    await setup.worker.fetch_positions()
    assert (owned.claimed, owned.problems.write_error, owned.fetch_position) == (True, "", 60)


@dataclass
class RefusingSender(ListSender):
    """A sender whose broker refuses messages of *refused_topics*."""

    refused_topics: tuple[str, ...] = (ALERTS,)

    async def send(self, message: Message) -> int:
        if message.topic in self.refused_topics:
            raise Undelivered(f"{message.topic}: refused by the test")
        return await super().send(message)


async def test_an_alert_that_cannot_be_published_shows_only_on_the_closed_page(
    caplog: pytest.LogCaptureFixture,
):
    """A log line or probe finding would show blinded people that an alert exists.

    A dead letter that cannot be published is logged, and is a finding of the probe.
    """
    log = log_of([*PRODERM, UNREADABLE])
    sender = RefusingSender()
    setup = WorkerSetup([log], sender=sender)
    await setup.assign_partitions(0)
    with caplog.at_level(logging.WARNING, "tocsin"):
        while setup.worker.partitions[0].processor.position < log.next:
            await setup.fetch_and_fold(most=500)
        owned = setup.worker.partitions[0]
        assert owned.relay is not None
        owned.relay.clock = lambda: setup.now
        await setup.worker.publish_outboxes()
        setup.now += 100
        await setup.worker.publish_outboxes()
        outbox_waits = dict(ClosedCollector(setup.worker, FigureCache(setup.worker)).outbox_waits())
        assert (caplog.messages, list(partition_findings([owned.status(0)], 0))) == ([], [])
        assert outbox_waits == {("0",): 100}

        sender.refused_topics = (ALERTS, DEAD_LETTERS)
        log.append(UNREADABLE, STUDY.encode())
        await setup.fetch_and_fold()
        await setup.worker.publish_outboxes()
        setup.now += 100
    assert caplog.messages == [
        f"partition 0: cannot publish outbox: {DEAD_LETTERS}: refused by the test"
    ]
    (finding,) = partition_findings([owned.status(0)], 0)
    what = "outbox entry pending for 100 s"
    assert finding.what == f"{what}: {DEAD_LETTERS}: refused by the test"
