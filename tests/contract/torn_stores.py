"""Stores whose writes end after a given number: what Redis keeps of a script that it lost half of.

The function of a server is the real one; only its calls that write are counted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakeredis import FakeAsyncRedis

from streams.local.redis_server import RedisServer
from streams.store import ApplyRequest, Fields, Store, StoreMisconfigured, StoreUnreachable
from streams.store.function import LIBRARY_CODE
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore
from tests.contract.processes import patient_client
from tests.contract.stores import own_keys

WRITES_LEFT = "tests:writes-left"

COUNTED_CALL = f"""
local function counted_call(name, ...)
  if name == 'HSET' or name == 'DEL' or name == 'RENAME' then
    local left = redis.call('GET', '{WRITES_LEFT}')
    if left == '0' then error('torn') end
    if left then redis.call('SET', '{WRITES_LEFT}', tostring(tonumber(left) - 1)) end
  end
  return redis.call(name, ...)
end
"""

TORN = (StoreUnreachable, StoreMisconfigured)
"""How a torn write ends: in memory, and where a function of the server raises."""


def counted_library() -> str:
    """The library of the product, each call of which is counted."""
    head, _, code = LIBRARY_CODE.partition("\n")
    assert code.count("redis.call('HSET'") == 1, "every write is counted"
    return f"{head}\n{COUNTED_CALL}{code.replace('redis.call(', 'counted_call(')}"


@dataclass(slots=True)
class TornMemoryStore(MemoryStore):
    """A store in memory that makes *writes_left* more writes."""

    writes_left: int | None = None

    def set(self, name: str, fields: Fields) -> None:
        if fields:
            self.count_write()
        MemoryStore.set(self, name, fields)

    def drop(self, name: str) -> None:
        self.count_write()
        MemoryStore.drop(self, name)

    def move(self, old: str, new: str) -> None:
        self.count_write()
        MemoryStore.move(self, old, new)

    def count_write(self) -> None:
        """Count one write; raise StoreUnreachable where none is left."""
        if self.writes_left == 0:
            raise StoreUnreachable("torn")
        if self.writes_left is not None:
            self.writes_left -= 1


class CountedRedisStore(RedisStore):
    """A store whose server has the counted library."""

    async def check(self) -> None:
        """Do nothing: the library is another one by intent."""


async def tear_after(store: Store, writes: int | None) -> None:
    """Let *store* make *writes* more writes; None: any number."""
    if isinstance(store, TornMemoryStore):
        store.writes_left = writes
        return
    assert isinstance(store, RedisStore)
    if writes is None:
        await store.client.delete(WRITES_LEFT)
    else:
        await store.client.set(WRITES_LEFT, writes)


async def apply_torn(store: Store, request: ApplyRequest, writes: int) -> bool:
    """Apply *request* with *writes* writes; return whether they were too few."""
    await tear_after(store, writes)
    try:
        await store.apply(request)
    except TORN:
        return True
    finally:
        await tear_after(store, None)
    return False


TornStoreFactory = Callable[[], AbstractAsyncContextManager[Store]]


@pytest.fixture(params=["memory", "fakeredis", pytest.param("redis", marks=pytest.mark.redis)])
def torn_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TornStoreFactory]:
    """A factory of empty stores of each kind; the server is not shared with other tests."""
    if request.param == "redis":
        request.getfixturevalue("redis_program")
        with RedisServer(tmp_path / "torn") as server:
            yield lambda: _in_redis(patient_client(server.url))
    elif request.param == "fakeredis":
        yield lambda: _in_redis(FakeAsyncRedis())
    else:
        yield _in_memory


@asynccontextmanager
async def _in_memory() -> AsyncIterator[Store]:
    yield TornMemoryStore()


@asynccontextmanager
async def _in_redis(client: Any) -> AsyncIterator[Store]:
    store = CountedRedisStore(client, own_keys(), embedded=True)
    try:
        await client.function_load(counted_library(), replace=True)
        yield store
    finally:
        await store.close()
