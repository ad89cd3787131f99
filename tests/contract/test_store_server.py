"""Errors of a real server: misconfigured, without the functions, full or unreachable."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from streams.local.redis_server import RedisServer
from streams.store import StoreMisconfigured, StoreUnreachable
from streams.store.function import LIBRARY_NAME, load_library
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.contract.commands import tocsin
from tests.contract.processes import patient_client
from tests.contract.stores import TOPIC, make_request, row_fields

pytestmark = pytest.mark.redis

KEYS = Keys("live", TOPIC, 0)


@asynccontextmanager
async def store_on(server: RedisServer) -> AsyncIterator[RedisStore]:
    """A store on *server*, without any preparation."""
    store = RedisStore(patient_client(server.url), KEYS)
    yield store
    await store.close()


async def test_a_store_that_evicts_is_misconfigured(redis_program: str, tmp_path: Path):
    """A study whose row is evicted would not be monitored."""
    with RedisServer(tmp_path, {"maxmemory-policy": "allkeys-lru"}) as server:
        async with store_on(server) as store:
            await load_library(store.client)
            with pytest.raises(StoreMisconfigured, match="CONFIG SET maxmemory-policy noeviction"):
                await store.check()
        result = tocsin("store", "apply", STORE=server.url, AUDIT="off")
    assert result.returncode == 2 and "noeviction" in result.stderr and not result.stdout


async def test_a_store_without_the_functions_is_not_ready(redis_program: str, tmp_path: Path):
    """The message for missing or different functions names the command that loads them."""
    with RedisServer(tmp_path) as server:
        async with store_on(server) as store:
            with pytest.raises(StoreMisconfigured, match=r"does not have it: `tocsin store apply`"):
                await store.check()
            with pytest.raises(StoreMisconfigured, match="tocsin store apply"):
                await store.apply(make_request(0, 1))
            other = f"#!lua name={LIBRARY_NAME}\nredis.register_function('f', function() end)"
            await store.client.function_load(other)
            with pytest.raises(StoreMisconfigured, match="has another one"):
                await store.check()
            assert await load_library(store.client)
            await store.check()


def test_applying_twice_changes_nothing_and_outlives_the_server(redis_program: str, tmp_path: Path):
    """The functions are saved, so a server that is killed and restarted has them."""
    with RedisServer(tmp_path) as server:
        first = tocsin("store", "apply", STORE=server.url, AUDIT="off")
        server.kill()
        server.start()
        second = tocsin("store", "apply", "--json", STORE=server.url, AUDIT="off")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert (
        first.stdout.startswith(f"function library {LIBRARY_NAME} (") and "loaded" in first.stdout
    )
    assert json.loads(second.stdout)["outcome"] == "unchanged"


async def test_functions_that_cannot_be_saved_are_not_left_behind(
    redis_program: str, tmp_path: Path
):
    """Otherwise the next run would find unsaved functions and report success."""
    with RedisServer(tmp_path, {"dbfilename": "dump.rdb"}) as server:
        (tmp_path / "dump.rdb").mkdir()
        result = tocsin("store", "apply", STORE=server.url, AUDIT="off")
        async with store_on(server) as store:
            with pytest.raises(StoreMisconfigured, match="does not have it"):
                await store.check()
    assert result.returncode == 2 and "The store refuses" in result.stderr


def test_a_missing_store_is_reported_as_unreachable(tmp_path: Path):
    """Exit code 4, with the command that starts one."""
    result = tocsin("store", "apply", STORE=f"unix://{tmp_path}/none.sock")

    assert (
        result.returncode == 4
        and "make redis" in result.stderr
        and "Traceback" not in result.stderr
    )


async def test_a_killed_store_is_unreachable(redis_program: str, tmp_path: Path):
    """No apply is retried: the cursor shows whether it was done."""
    with RedisServer(tmp_path) as server:
        async with store_on(server) as store:
            await load_library(store.client)
            await store.apply(make_request(0, 1, rows=row_fields(0)))
            server.kill()
            with pytest.raises(StoreUnreachable):
                await store.apply(make_request(1, 2, pos="0", rows=row_fields(1)))
            with pytest.raises(StoreUnreachable):
                await store.check()


async def test_a_store_that_is_full_refuses_and_keeps_what_it_has(
    redis_program: str, tmp_path: Path
):
    """The store counts as unreachable while it is full; a refused apply writes nothing."""
    with RedisServer(tmp_path, {"maxmemory": "4mb"}) as server:
        async with store_on(server) as store:
            await load_library(store.client)
            await store.apply(make_request(0, 1, rows=row_fields(0)))
            await store.client.config_set("maxmemory", "1mb")
            with pytest.raises(StoreUnreachable, match="memory"):
                await store.apply(make_request(1, 2, pos="0", rows=row_fields(1)))
            assert await store.row("A") == {"pos": b"0"}


@pytest.mark.parametrize("name", ["", "{x}", "a b", "x\r\n", "x" * 65, "é", "a~", "a/b"])
def test_an_invalid_name_makes_no_key(name: str):
    """A brace would move the key to another slot; a tilde would name another staged row."""
    with pytest.raises(ValueError):
        KEYS.row(name)
    with pytest.raises(ValueError):
        Keys(name, TOPIC, 0)
    with pytest.raises(ValueError):
        Keys("live", f"{name} ", 0)
