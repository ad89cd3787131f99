"""Partitions that write in one step of the event loop share a round trip to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fakeredis import FakeAsyncRedis
from redis import exceptions

from streams.store import ApplyRequest, ApplyResult, StoreUnreachable
from streams.store.function import load_library
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from streams.store.shared_calls import SharedCalls

PARTITIONS = 3


@dataclass
class CountingClient:
    """A client that counts the pipelines it executes; *failure* is raised in place of a reply."""

    client: Any = field(default_factory=FakeAsyncRedis)
    executed: list[int] = field(default_factory=list[int])
    failure: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def pipeline(self, *, transaction: bool) -> Any:
        """Return a pipeline of the client that is counted when it is executed."""
        return CountingPipeline(self, self.client.pipeline(transaction=transaction))


@dataclass
class CountingPipeline:
    """A pipeline of a counting client."""

    owner: CountingClient
    pipeline: Any

    def fcall(self, *arguments: Any) -> None:
        """Add a call of a function."""
        self.pipeline.fcall(*arguments)

    async def execute(self, *, raise_on_error: bool) -> Sequence[Any]:
        """Execute the calls, unless the connection fails."""
        self.owner.executed.append(len(self.pipeline))
        if self.owner.failure is not None:
            raise self.owner.failure
        return await self.pipeline.execute(raise_on_error=raise_on_error)


async def new_client() -> CountingClient:
    """Return a client of an empty store with the functions."""
    client = CountingClient()
    await load_library(client)
    return client


def stores(client: CountingClient) -> list[RedisStore]:
    """Return the stores of several partitions, whose calls are sent together."""
    calls = SharedCalls(client)
    keys = [Keys("live", "trial.log.v1", each) for each in range(PARTITIONS)]
    return [RedisStore(client, each, embedded=True, calls=calls) for each in keys]


def request(first: int = 0) -> ApplyRequest:
    """Return an apply of one record at offset *first*."""
    cursor = {"next": b"%d" % (first + 1), "code": b"5"}
    return ApplyRequest(first=first, next=first + 1, fold_version="5", positions={}, cursor=cursor)


async def test_calls_of_one_step_are_sent_together():
    """Each partition has its own reply."""
    client = await new_client()
    opened = stores(client)

    results = await asyncio.gather(*(each.apply(request()) for each in opened))

    assert (results, client.executed) == ([ApplyResult.DONE] * PARTITIONS, [PARTITIONS])
    assert [(await each.cursor())["next"] for each in opened] == [b"1"] * PARTITIONS


async def test_a_refused_call_leaves_the_others_applied():
    """A call is as atomic and as separate as if it were sent alone."""
    client = await new_client()
    opened = stores(client)

    results = await asyncio.gather(
        opened[0].apply(request()), opened[1].apply(request(7)), opened[2].apply(request())
    )

    assert results == [ApplyResult.DONE, ApplyResult.STALE, ApplyResult.DONE]
    assert [await each.cursor() != {} for each in opened] == [True, False, True]


async def test_a_failed_connection_fails_every_call_sent_with_it():
    """The outcome of each is unknown, so each partition must read its cursor."""
    client = await new_client()
    client.failure = exceptions.ConnectionError("gone")

    results = await asyncio.gather(
        *(each.apply(request()) for each in stores(client)), return_exceptions=True
    )

    assert [type(each) for each in results] == [StoreUnreachable] * PARTITIONS


async def test_an_error_reply_fails_only_its_own_call():
    """An unknown function is an error of the server in one reply."""
    client = await new_client()
    calls = SharedCalls(client)

    results = await asyncio.gather(
        calls.call("tocsin_unknown", ["a"], []),
        calls.call("tocsin_prepare", ["b~"], [b"1", "go on", b"[]"]),
        return_exceptions=True,
    )

    assert isinstance(results[0], exceptions.ResponseError)
    assert results[1] == b"stale"


async def test_a_call_whose_caller_is_cancelled_before_the_step_ends_is_not_sent():
    """The calls of the others are sent."""
    client = await new_client()
    opened = stores(client)
    tasks = [asyncio.create_task(each.apply(request())) for each in opened]
    await asyncio.sleep(0)

    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(results[0], asyncio.CancelledError)
    assert (results[1:], client.executed) == ([ApplyResult.DONE] * 2, [2])
    assert await opened[0].cursor() == {}


async def test_calls_of_later_steps_are_sent_separately():
    """A call never waits for those of a later step."""
    client = await new_client()
    first, second, _ = stores(client)

    await first.apply(request())
    await second.apply(request())

    assert client.executed == [1, 1]
