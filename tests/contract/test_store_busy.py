"""A row that a worker writes during a read is read consistently, in a bounded number of scans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from fakeredis import FakeAsyncRedis

from streams.store.redis import SCANS_MAX, RedisStore
from tests.contract.stores import own_keys


@dataclass
class BusyClient:
    """A client whose row is written by a worker after each of the first *writes* scans."""

    client: Any
    writes: int
    scans: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    async def hscan(self, key: str, *more: Any) -> Any:
        page = await self.client.hscan(key, *more)
        self.scans += 1
        if self.scans <= self.writes:
            await self.client.hset(key, mapping={"pos": self.scans, "n": self.scans})
        assert self.scans <= 2 * SCANS_MAX, "the number of scans is not bounded"
        return page


@pytest.mark.parametrize("writes", [0, SCANS_MAX - 1, 1_000_000])
async def test_a_row_is_read_however_fast_its_worker_writes(writes: int):
    """`tocsin verify` runs beside workers, so frequent writes must not prevent a read."""
    client = BusyClient(FakeAsyncRedis(), writes)
    store = RedisStore(client, own_keys(), embedded=True)
    await client.hset(store.keys.row("A"), mapping={"pos": 0, "n": 0})

    row = await store.row("A")

    assert row["pos"] == row["n"] and client.scans == min(writes + 1, SCANS_MAX)
    await store.close()
