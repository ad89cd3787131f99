"""What a worker says: what was folded is told, and that it does not get on ends it."""

from __future__ import annotations

import logging

import pytest

from streams.lane import Halt
from streams.partition import partition_of
from streams.progress import STALL_SECONDS, Stalled
from tests.streams.benches import Bench
from tests.streams.lanes import PRODERM, STUDY, UNREADABLE, log_of


async def test_what_is_folded_is_told():
    """Alerts and records set aside reach the sender, once each."""
    log = log_of([*PRODERM, UNREADABLE], partitions=12)
    desk = Bench([log])
    await desk.assign(log.partition)
    while desk.worker.held[log.partition].lane.position < log.next:
        await desk.turn(most=500)

    await desk.worker.tell()
    await desk.worker.tell()

    assert [key.partition(":")[2] for key in desk.sent.keys] == ["1", "1", f"8:{len(PRODERM)}", "2"]
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
