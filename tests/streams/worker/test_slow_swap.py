"""The checks of the cursors return while a rebuilt row is written, however long that takes."""

from __future__ import annotations

import asyncio

from tests.streams.processor.damaged_rows import drop_row
from tests.streams.processor.processors import PRODERM, expected_contents, log_of, store_contents
from tests.streams.worker.workers import WorkerSetup


async def test_no_check_waits_for_the_swap_of_a_row():
    """A study may have a million entities: the guard would take the wait for a blocked loop."""
    setup = WorkerSetup([log_of(PRODERM[:60])])
    await setup.assign_partitions(0)
    await setup.fetch_and_fold()
    drop_row(setup.stores[0])
    await setup.worker.compare_positions()
    assert setup.worker.partitions[0].processor.needs_rebuild
    setup.stores[0].barrier = asyncio.Barrier(2)

    async with asyncio.timeout(2):
        for _ in range(3):
            await setup.check()

    setup.stores[0].barrier = None
    while await setup.worker.rebuild_rows():
        pass
    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])
