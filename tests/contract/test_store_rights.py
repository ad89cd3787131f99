"""A worker checks every right that it needs, in functions and outside, before it begins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from streams.local.redis_server import RedisServer
from streams.store import StoreMisconfigured, StoreNotWritable
from streams.store.function import load_library
from streams.store.redis import RedisStore
from tests.contract.processes import patient_client
from tests.contract.stores import apply_all, make_request, own_keys, row_fields
from tests.contract.test_store_users import PASSWORD, RIGHTS

pytestmark = pytest.mark.redis

SCRIPT_RIGHTS = {
    "+hget": "HGET", "+hgetall": "HGETALL", "+hscan": "HSCAN", "+hlen": "HLEN", "+hset": "HSET",
    "+hdel": "HDEL", "+del": "DEL", "+rename": "RENAME", "+scan": "SCAN",
}  # fmt: skip
"""By right, the command of a function that the server refuses without it."""


@pytest.fixture(scope="module")
def server(redis_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server for the tests of this module."""
    with RedisServer(tmp_path_factory.mktemp("store")) as server:
        yield server


@asynccontextmanager
async def store_with_rights(
    server: RedisServer, *rights: str
) -> AsyncIterator[tuple[Any, RedisStore]]:
    """A client with all rights, and the store of a user with only these *rights*."""
    owner = patient_client(server.url)
    await load_library(owner)
    user = ("worker", "reset", "on", f">{PASSWORD}", "~tocsin:*", "-@all", *rights)
    await owner.execute_command("ACL", "SETUSER", *user)
    store = RedisStore(
        patient_client(f"unix://worker@{server.socket_path}?password={PASSWORD}"), own_keys()
    )
    try:
        yield owner, store
    finally:
        await owner.config_set("maxmemory", 0)
        await store.close()
        await owner.aclose()


@pytest.mark.parametrize("missing", SCRIPT_RIGHTS)
async def test_a_missing_right_is_reported_by_the_first_check(server: RedisServer, missing: str):
    """The check names the command, even where only a function or a rebuild needs the right."""
    message = rf"lacks a right \(.* may not {SCRIPT_RIGHTS[missing]} .*`ACL SETUSER`"
    async with store_with_rights(server, *(each for each in RIGHTS if each != missing)) as (
        _,
        store,
    ):
        with pytest.raises(StoreMisconfigured, match=message):
            await store.check()


async def test_a_check_of_rights_writes_nothing(server: RedisServer):
    """The server counts no change, so a check cannot disturb the worker of the partition."""
    async with store_with_rights(server, *RIGHTS) as (owner, store):
        await apply_all(store, make_request(0, 1, rows=row_fields(0)))
        await store.stage_row("A", b"0", {"pos": b"0"}, begin=True)
        before, changes = await all_keys(owner), await change_count(owner)

        for _ in range(3):
            await store.check()
        assert (await all_keys(owner), await change_count(owner)) == (before, changes)
        await apply_all(store, make_request(1, 2, pos="0", rows=row_fields(1)))
        assert await change_count(owner) > changes


async def test_a_full_store_is_not_a_missing_right(server: RedisServer):
    """A full store is transient and retried; a missing right needs an operator."""
    async with store_with_rights(server, *RIGHTS) as (owner, store):
        await owner.config_set("maxmemory", 1)
        with pytest.raises(StoreNotWritable, match="memory"):
            await store.check()
        await owner.config_set("maxmemory", 0)
        await store.check()


async def all_keys(owner: Any) -> dict[bytes, dict[bytes, bytes]]:
    """All keys of the server with their fields."""
    return {key: await owner.hgetall(key) async for key in owner.scan_iter()}


async def change_count(owner: Any) -> int:
    """The number of changes that the server has counted since its last save."""
    return (await owner.info("persistence"))["rdb_changes_since_last_save"]
