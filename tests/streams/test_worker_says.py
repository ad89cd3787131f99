"""What a worker says: what was folded is told, and that it does not get on ends it."""

from __future__ import annotations

import pytest

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
