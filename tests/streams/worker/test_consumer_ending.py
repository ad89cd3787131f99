"""A consumer that is stopped does not count as crashed, even during a rebalance."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest
from faust.transport.consumer import Fetcher

from streams.worker.consumer import Consumer
from tests.streams.worker.consumers import ListConsumer


class SilentConsumer(ListConsumer):
    """A consumer whose broker never answers: a fetch waits until it is cancelled."""

    async def _wait_next_records(self, seconds: float) -> tuple[Any, Any]:
        return await asyncio.Future[tuple[Any, Any]]()


@dataclass
class RebalancingApp:
    """The parts of an app that a fetcher uses, during a rebalance."""

    consumer: Consumer
    rebalancing: bool = True


def test_a_worker_that_is_stopped_during_a_rebalance_has_not_crashed():
    """When two workers stop in turn, the first causes a rebalance while the second stops."""

    async def main() -> None:
        fetcher: Any = Fetcher(cast(Any, RebalancingApp(SilentConsumer())))
        await fetcher.start()
        await asyncio.sleep(0.01)
        await fetcher.stop()
        assert not fetcher.crashed and fetcher.crash_reason is None

    asyncio.run(main())


def test_any_other_cancellation_of_a_fetcher_is_raised():
    """Only the cancellation of a fetcher that is being stopped is suppressed."""

    async def main() -> None:
        task = asyncio.create_task(SilentConsumer().run_fetcher())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
