"""The kinds of store for one suite: in memory, in fakeredis and in a real server, each empty."""

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
"""All tests share one real server; a partition number of its own gives each its own keys."""

StoreFactory = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens an empty store, and closes it at the end of the block."""


@asynccontextmanager
async def in_memory() -> AsyncIterator[Store]:
    """A store in this process."""
    yield MemoryStore()


@asynccontextmanager
async def in_fakeredis() -> AsyncIterator[Store]:
    """A store in fakeredis with the same functions as a server."""
    store = RedisStore(FakeAsyncRedis(), own_keys(), embedded=True)
    await load_library(store.client)
    yield store
    await store.close()


def in_redis(url: str) -> StoreFactory:
    """A factory of stores in the server at *url*."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        store = RedisStore(patient_client(url), own_keys())
        await load_library(store.client)
        yield store
        await store.close()

    return opened


@pytest.fixture(params=["memory", "fakeredis", pytest.param("redis", marks=pytest.mark.redis)])
def store_factory(request: pytest.FixtureRequest) -> StoreFactory:
    """A factory for each kind of store."""
    if request.param == "redis":
        return in_redis(request.getfixturevalue("redis_url"))
    return {"memory": in_memory, "fakeredis": in_fakeredis}[request.param]


def own_keys() -> Keys:
    """Keys of a partition that no other test uses."""
    return Keys("test", TOPIC, next(NEXT_PARTITION))


def make_request(
    first: int, next: int, *, pos: str = "", rows: dict[str, Fields] | None = None, **more: Any
):
    """A request to move the cursor from *first* to *next*, with the row of study A at *pos*."""
    cursor = {"next": b"%d" % next, "code": b"1", **more.pop("cursor", {})}
    positions = more.pop("positions", {"A": pos.encode()})
    return ApplyRequest(
        first=first, next=next, fold_version=more.pop("code", "1"), positions=positions,
        rows=rows or {}, cursor=cursor, **more,
    )  # fmt: skip


def row_fields(pos: int, **fields: bytes) -> dict[str, Fields]:
    """The row of study A at offset *pos*."""
    return {"A": {"pos": b"%d" % pos, **fields}}


async def store_state(store: Store) -> tuple[Fields, Fields, Fields]:
    """The cursor, the row of study A and the outbox."""
    return await store.cursor(), await store.row("A"), await store.outbox()


async def apply_all(store: Store, *writes: ApplyRequest) -> None:
    """Apply all *writes* in order; each must succeed."""
    for one in writes:
        assert await store.apply(one) is ApplyResult.DONE
