"""How the consumer ends: told to, it is no crash, whatever its group does meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest
from faust.transport.consumer import Fetcher

from streams.worker.consumer import Consumer
from tests.streams.worker.consumers import ListConsumer


class SilentConsumer(ListConsumer):
    """A broker that does not answer: whoever asks it waits until he is cancelled."""

    async def _wait_next_records(self, seconds: float) -> tuple[Any, Any]:
        return await asyncio.Future[tuple[Any, Any]]()


@dataclass
class RebalancingApp:
    """What a fetcher sees of its app amid a rebalance."""

    consumer: Consumer
    rebalancing: bool = True


def test_a_worker_that_is_told_to_end_amid_a_rebalance_has_not_crashed():
    """Of two that end one after the other, the second hears of the first as it ends itself."""

    async def main() -> None:
        fetcher: Any = Fetcher(cast(Any, RebalancingApp(SilentConsumer())))
        await fetcher.start()
        await asyncio.sleep(0.01)
        await fetcher.stop()
        assert not fetcher.crashed and fetcher.crash_reason is None

    asyncio.run(main())


def test_whoever_else_cancels_a_fetcher_is_heard():
    """Only that of a fetcher which is being stopped has no more to say."""

    async def main() -> None:
        drain = asyncio.create_task(SilentConsumer().run_fetcher())
        await asyncio.sleep(0.01)
        drain.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drain

    asyncio.run(main())
