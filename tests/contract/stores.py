"""The stores that one suite is run on, each empty: in memory, in fakeredis, in a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import Any

import pytest
from fakeredis import FakeAsyncRedis

from streams.store import ApplyRequest, ApplyResult, Fields, Store
from streams.store.function import load_library
from streams.store.keys import Keys
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore
from tests.contract.processes import patient_client

TOPIC = "trial.log.v1"
NEXT_PARTITION = count()
"""A real server is shared by all tests: each has keys of its own."""

StoreFactory = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens an empty store, and closes it in the end."""


@asynccontextmanager
async def in_memory() -> AsyncIterator[Store]:
    """A store in this process."""
    yield MemoryStore()


@asynccontextmanager
async def in_fakeredis() -> AsyncIterator[Store]:
    """The same function as in a server, in fakeredis."""
    store = RedisStore(FakeAsyncRedis(), own_keys(), embedded=True)
    await load_library(store.client)
    yield store
    await store.close()


def in_redis(url: str) -> StoreFactory:
    """The function in the server at *url*."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        store = RedisStore(patient_client(url), own_keys())
        await load_library(store.client)
        yield store
        await store.close()

    return opened


@pytest.fixture(params=["memory", "fakeredis", pytest.param("redis", marks=pytest.mark.redis)])
def store_factory(request: pytest.FixtureRequest) -> StoreFactory:
    """Opens an empty store of each kind."""
    if request.param == "redis":
        return in_redis(request.getfixturevalue("redis_url"))
    return {"memory": in_memory, "fakeredis": in_fakeredis}[request.param]


def own_keys() -> Keys:
    """Keys that no other test has."""
    return Keys("test", TOPIC, next(NEXT_PARTITION))


def make_request(
    first: int, next: int, *, pos: str = "", rows: dict[str, Fields] | None = None, **more: Any
):
    """An apply that moves the cursor from *first* to *next*; study A's row must be at *pos*."""
    cursor = {"next": b"%d" % next, "code": b"1", **more.pop("cursor", {})}
    positions = more.pop("positions", {"A": pos.encode()})
    return ApplyRequest(
        first=first, next=next, fold_version=more.pop("code", "1"), positions=positions,
        rows=rows or {}, cursor=cursor, **more,
    )  # fmt: skip


def row_fields(pos: int, **fields: bytes) -> dict[str, Fields]:
    """Study A's row at *pos*."""
    return {"A": {"pos": b"%d" % pos, **fields}}


async def store_state(store: Store) -> tuple[Fields, Fields, Fields]:
    """All that can be changed: cursor, row of A, outbox."""
    return await store.cursor(), await store.row("A"), await store.outbox()


async def apply_all(store: Store, *writes: ApplyRequest) -> None:
    """Apply each; all must be done."""
    for one in writes:
        assert await store.apply(one) is ApplyResult.DONE
