"""A rewind that is cut in the middle keeps the offset that an operator released."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from fakeredis import FakeAsyncRedis

from streams.store import Fields
from streams.store.function import load_library
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore
from tests.contract.stores import apply_all, make_request, own_keys, row_fields

WRITES = ("set", "drop", "move", "hset", "hdel", "delete")


class Cut(Exception):
    """The process ends here."""


@dataclass
class Scissors:
    """Counts writes; the next one after *left* more raises Cut."""

    left: int = 1_000

    def snip(self) -> None:
        """Count one write."""
        if self.left == 0:
            raise Cut
        self.left -= 1


class CutClient:
    """A client of fakeredis whose writes are counted by *scissors*."""

    def __init__(self, scissors: Scissors) -> None:
        self.client, self.scissors = FakeAsyncRedis(), scissors

    def __getattr__(self, name: str) -> Any:
        if name in WRITES:
            self.scissors.snip()
        return getattr(self.client, name)


class CutStore(MemoryStore):
    """A store in memory whose changes are counted by *scissors*."""

    def __init__(self, scissors: Scissors) -> None:
        super().__init__()
        self.scissors = scissors

    def set(self, name: str, fields: Fields) -> None:
        self.scissors.snip()
        MemoryStore.set(self, name, fields)

    def drop(self, name: str) -> None:
        self.scissors.snip()
        MemoryStore.drop(self, name)

    def drop_fields(self, name: str, fields: Iterable[str]) -> None:
        self.scissors.snip()
        MemoryStore.drop_fields(self, name, fields)


async def filled_store(kind: str, scissors: Scissors) -> RedisStore | CutStore:
    """Return a store with a cursor, a row and a release."""
    if kind == "memory":
        store = CutStore(scissors)
    else:
        store = RedisStore(CutClient(scissors), own_keys(), embedded=True)
        await load_library(store.client.client)
    await apply_all(store, make_request(0, 5, rows=row_fields(4), cursor={"pos|A": b"4"}))
    await store.release(3)
    return store


@pytest.mark.parametrize("kind", ["memory", "fakeredis"])
async def test_a_rewind_cut_at_any_write_keeps_the_release(kind: str):
    """Otherwise the partition stops again before records that were judged already."""
    cuts = 0
    while True:
        scissors = Scissors()
        store = await filled_store(kind, scissors)
        scissors.left = cuts
        try:
            await store.rewind(None)
            break
        except Cut:
            scissors.left = 1_000
            assert (await store.cursor())["released"] == b"3"
        await store.rewind(None)
        cursor = {name: value for name, value in (await store.cursor()).items() if value}
        assert (cursor, await store.row("A")) == ({"released": b"3"}, {})
        cuts += 1
    assert cuts >= 2
