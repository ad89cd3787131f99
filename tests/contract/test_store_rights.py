"""Each right that a worker needs in its functions and beside them is asked for before it begins."""

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
"""What the server refuses only when it comes to it, and the command that is then named."""


@pytest.fixture(scope="module")
def server(redis_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server of these tests alone."""
    with RedisServer(tmp_path_factory.mktemp("store")) as server:
        yield server


@asynccontextmanager
async def store_with_rights(
    server: RedisServer, *rights: str
) -> AsyncIterator[tuple[Any, RedisStore]]:
    """Who may do everything, and the store by a user who has these *rights* and no others."""
    owner = patient_client(server.url)
    await load_library(owner)
    told = ("worker", "reset", "on", f">{PASSWORD}", "~tocsin:*", "-@all", *rights)
    await owner.execute_command("ACL", "SETUSER", *told)
    store = RedisStore(
        patient_client(f"unix://worker@{server.socket_path}?password={PASSWORD}"), own_keys()
    )
    try:
        yield owner, store
    finally:
        await owner.config_set("maxmemory", 0)
        await store.close()
        await owner.aclose()


@pytest.mark.parametrize("lacking", SCRIPT_RIGHTS)
async def test_a_right_that_is_needed_later_is_missed_at_the_start(
    server: RedisServer, lacking: str
):
    """One that only a function or a rebuild needs, too; the command that it is for is named."""
    says = rf"lacks a right \(.* may not {SCRIPT_RIGHTS[lacking]} .*`ACL SETUSER`"
    async with store_with_rights(server, *(each for each in RIGHTS if each != lacking)) as (
        _,
        store,
    ):
        with pytest.raises(StoreMisconfigured, match=says):
            await store.check()


async def test_asking_for_rights_changes_nothing(server: RedisServer):
    """Not even for a moment: whoever works on the partition meanwhile cannot be disturbed."""
    async with store_with_rights(server, *RIGHTS) as (owner, store):
        await apply_all(store, make_request(0, 1, rows=row_fields(0)))
        await store.stage_row("A", b"0", {"pos": b"0"}, begin=True)
        before, changes = await all_keys(owner), await change_count(owner)

        for _ in range(3):
            await store.check()
        assert (await all_keys(owner), await change_count(owner)) == (before, changes)
        await apply_all(store, make_request(1, 2, pos="0", rows=row_fields(1)))
        assert await change_count(owner) > changes


async def test_a_store_that_is_full_is_told_from_a_right_that_is_missing(server: RedisServer):
    """It refuses for now, and is waited for; a missing right is for somebody to mend."""
    async with store_with_rights(server, *RIGHTS) as (owner, store):
        await owner.config_set("maxmemory", 1)
        with pytest.raises(StoreNotWritable, match="memory"):
            await store.check()
        await owner.config_set("maxmemory", 0)
        await store.check()


async def all_keys(owner: Any) -> dict[bytes, dict[bytes, bytes]]:
    """Every key of the server."""
    return {key: await owner.hgetall(key) async for key in owner.scan_iter()}


async def change_count(owner: Any) -> int:
    """How many changes the server has counted since it was last saved."""
    return (await owner.info("persistence"))["rdb_changes_since_last_save"]
