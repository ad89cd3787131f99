"""The store of views: what is read often is asked for again before a reader waits for it."""

from __future__ import annotations

import asyncio

from board.web.view_store import HOT_SECONDS, REFRESH_SECONDS, ViewStore
from tests.board.web.facts_client import STUDY, FactsClient
from tests.simulation.virtual_loop import run_virtual

VIEW = "subjects"


def store_of(client: FactsClient) -> ViewStore:
    """A store whose clock is that of the running loop."""
    return ViewStore(client, lambda: asyncio.get_running_loop().time())


def test_a_view_that_is_read_is_refreshed_as_soon_as_there_is_another():
    """Readers get it from memory; what nobody has read for a while is not asked for."""

    async def run() -> None:
        client = FactsClient(fresh_seconds=1.0)
        store = store_of(client)
        first = await store.find(STUDY, VIEW, {})
        client.change()
        assert await store.find(STUDY, VIEW, {}) is first
        await asyncio.sleep(1.1)
        assert len(client.asked) == 2
        second = await store.find(STUDY, VIEW, {})
        assert second is not first and len(client.asked) == 2
        for _ in range(20):
            client.change()
            await asyncio.sleep(1.0)
        assert len(client.asked) <= 3 + HOT_SECONDS

    run_virtual(run())


def test_a_reader_waits_only_where_the_view_is_too_old():
    """While the next one is built the earlier one is shown, for half a second at most."""

    async def run() -> None:
        client = FactsClient(fresh_seconds=1.0)
        store = store_of(client)
        first = await store.find(STUDY, VIEW, {})
        client.change()
        client.delay = 3.0
        await asyncio.sleep(1.0 + REFRESH_SECONDS / 2)
        assert await store.find(STUDY, VIEW, {}) is first
        await asyncio.sleep(REFRESH_SECONDS)
        assert (await store.find(STUDY, VIEW, {})).answer.version == client.version
        assert len(client.asked) == 2

    run_virtual(run())


def test_a_view_that_has_not_changed_is_not_asked_for_again():
    """A study at rest costs nothing, however often it is read."""

    async def run() -> None:
        client = FactsClient(fresh_seconds=1.0)
        store = store_of(client)
        for _ in range(10):
            await store.find(STUDY, VIEW, {})
            await asyncio.sleep(1.0)
        assert len(client.asked) == 1

    run_virtual(run())


def test_the_versions_of_another_follower_are_not_those_of_the_last():
    """A follower that has started again counts from the beginning."""

    async def run() -> None:
        client = FactsClient(version=7, fresh_seconds=1.0)
        store = store_of(client)
        await store.find(STUDY, VIEW, {})
        client.version = 3
        assert (await store.find(STUDY, VIEW, {})).answer.version == 3

    run_virtual(run())
