"""A store that answers again is logged, once for each outage, like a broker that does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from streams.store import Fields, StoreUnreachable
from tests.streams.processor.processors import PRODERM, FailingStore, log_of
from tests.streams.worker.workers import WorkerSetup

SILENT = "partition 0: The store does not answer: refused"
ANSWERS = "partition 0: the store answers again"


@dataclass(slots=True)
class SilentStore(FailingStore):
    """A store that does not answer while *silent*."""

    silent: bool = False

    async def cursor(self) -> Fields:
        if self.silent:
            raise StoreUnreachable("The store does not answer: refused")
        return await FailingStore.cursor(self)


async def setup_with_store() -> tuple[WorkerSetup, SilentStore]:
    """Return a worker whose store can be silenced."""
    setup, store = WorkerSetup([log_of(PRODERM[:60])]), SilentStore()
    setup.stores[0] = store
    return setup, store


async def test_an_idle_worker_logs_both_ends_of_each_outage(caplog: pytest.LogCaptureFixture):
    """The check of each second finds them; repeated failures add no line."""
    setup, store = await setup_with_store()
    await setup.assign_partitions(0)
    await setup.fetch_and_fold()
    for _ in range(2):
        store.silent = True
        await setup.check()
        await setup.check()
        store.silent = False
        await setup.check()
        await setup.check()

    assert caplog.messages == [SILENT, ANSWERS] * 2


async def test_a_claim_that_succeeds_after_an_outage_is_logged(caplog: pytest.LogCaptureFixture):
    """The store is silent from the start; nothing is logged for a store that always answers."""
    setup, store = await setup_with_store()
    store.silent = True
    await setup.assign_partitions(0)
    assert await setup.worker.fetch_positions() == {}
    store.silent = False
    assert await setup.worker.fetch_positions() == {0: 0}
    assert await setup.worker.fetch_positions() == {0: 0}

    assert caplog.messages == [SILENT, ANSWERS]
