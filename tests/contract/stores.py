"""The stores that one suite is run on, each empty: in memory, in fakeredis, in a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import Any

import pytest
from fakeredis import FakeAsyncRedis

from streams.store import Applied, Fields, Store, Write
from streams.store.function import load
from streams.store.keys import Keys
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore
from tests.contract.processes import patient

TOPIC = "trial.log.v1"
PARTITIONS = count()
"""A real server is shared by all tests: each has keys of its own."""

Made = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens an empty store, and closes it in the end."""


@asynccontextmanager
async def in_memory() -> AsyncIterator[Store]:
    """A store in this process."""
    yield MemoryStore()


@asynccontextmanager
async def in_fakeredis() -> AsyncIterator[Store]:
    """The same function as in a server, in fakeredis."""
    store = RedisStore(FakeAsyncRedis(), own_keys(), embedded=True)
    await load(store.client)
    yield store
    await store.close()


def in_redis(url: str) -> Made:
    """The function in the server at *url*."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        store = RedisStore(patient(url), own_keys())
        await load(store.client)
        yield store
        await store.close()

    return opened


@pytest.fixture(params=["memory", "fakeredis", pytest.param("redis", marks=pytest.mark.redis)])
def made(request: pytest.FixtureRequest) -> Made:
    """Opens an empty store of each kind."""
    if request.param == "redis":
        return in_redis(request.getfixturevalue("redis_url"))
    return {"memory": in_memory, "fakeredis": in_fakeredis}[request.param]


def own_keys() -> Keys:
    """Keys that no other test has."""
    return Keys("test", TOPIC, next(PARTITIONS))


def write(
    first: int, next: int, *, pos: str = "", rows: dict[str, Fields] | None = None, **more: Any
):
    """An apply that moves the cursor from *first* to *next*; study A's row must be at *pos*."""
    cursor = {"next": b"%d" % next, "code": b"1", **more.pop("cursor", {})}
    positions = more.pop("positions", {"A": pos.encode()})
    return Write(
        first=first, next=next, code=more.pop("code", "1"), positions=positions,
        rows=rows or {}, cursor=cursor, **more,
    )  # fmt: skip


def row(pos: int, **fields: bytes) -> dict[str, Fields]:
    """Study A's row at *pos*."""
    return {"A": {"pos": b"%d" % pos, **fields}}


async def everything(store: Store) -> tuple[Fields, Fields, Fields]:
    """All that can be changed: cursor, row of A, outbox."""
    return await store.cursor(), await store.row("A"), await store.outbox()


async def apply(store: Store, *writes: Write) -> None:
    """Apply each; all must be done."""
    for one in writes:
        assert await store.apply(one) is Applied.DONE
