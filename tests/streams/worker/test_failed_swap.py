"""After a row swap that fails, a partition has no position until it is claimed again."""

from __future__ import annotations

from tests.streams.processor.damaged_rows import drop_row
from tests.streams.processor.processors import (
    PRODERM,
    expected_contents,
    log_of,
    store_contents,
)
from tests.streams.worker.workers import WorkerSetup


async def setup_before_the_swap() -> WorkerSetup:
    """Return a worker whose row is to be rebuilt in one step, which the store will not accept."""
    setup = WorkerSetup([log_of(PRODERM[:60])])
    await setup.assign_partitions(0)
    await setup.fetch_and_fold()
    drop_row(setup.stores[0])
    await setup.worker.compare_positions()
    assert setup.worker.partitions[0].processor.needs_rebuild
    while setup.worker.partitions[0].processor.working_set is not None:
        setup.stores[0].commands_left = 0
        _ = await setup.worker.partitions[0].rebuild_step()
    return setup


async def test_a_failed_swap_reports_no_position():
    """Position 0 would be committed to the group, and the whole log would be fetched again."""
    setup = await setup_before_the_swap()

    assert setup.worker.partitions[0].fetch_position is None
    assert setup.worker.commit_positions() == {}
    assert not setup.worker.partitions[0].claimed


async def test_the_next_claim_continues_at_the_cursor():
    """The row is rebuilt again, and the store is that of one pass."""
    setup = await setup_before_the_swap()
    setup.stores[0].commands_left = None

    assert await setup.worker.fetch_positions() == {0: 60}
    while await setup.worker.rebuild_rows():
        pass
    assert setup.worker.commit_positions() == {0: 60}
    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])
