"""Checks that deploy/redis/users.acl gives each store user only the rights that it needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import redis

from deploy.make_secrets import STORE_USERS
from streams.local.redis_server import RedisServer
from streams.store import Store, StoreMisconfigured
from streams.store.client import run_command
from streams.store.function import check_server, load_library
from streams.store.redis import RedisStore, connect
from tests.contract import test_store
from tests.contract.stores import (
    TOPIC,
    StoreFactory,
    apply_all,
    make_request,
    own_keys,
    row_fields,
    store_state,
)
from tests.deploy.vault import Vault

pytestmark = pytest.mark.redis

USERS = ("worker", "reader", "intake", "deploy", "deliver")
KEY = f"tocsin:live:{{{TOPIC}/0}}:cursor"

ALLOWED: dict[tuple[str, ...], set[str]] = {
    ("PING",): {"worker", "reader", "intake", "deploy", "deliver"},
    ("INFO", "memory"): {"worker", "reader", "deploy"},
    ("ACL", "WHOAMI"): {"worker", "reader", "deploy", "deliver"},
    ("FUNCTION", "LIST"): {"worker", "reader", "deploy"},
    ("HGETALL", KEY): {"worker", "reader"},
    ("HSCAN", KEY, "0"): {"worker", "reader"},
    ("HMGET", KEY, "next"): {"worker", "reader", "intake"},
    ("HGET", KEY, "next"): {"worker", "reader", "intake"},
    ("HGET", "elsewhere", "next"): set(),
    ("HSET", KEY, "a", "1"): {"worker"},
    ("SCAN", "0"): {"worker"},
    ("HDEL", KEY, "a"): {"worker"},
    ("DEL", KEY): {"worker"},
    ("RENAME", KEY, KEY): {"worker"},
    ("FCALL", "tocsin_apply", "1", KEY): {"worker"},
    ("FUNCTION", "LOAD", "code"): {"deploy"},
    ("SAVE",): {"deploy"},
    # No user may submit code, watch other clients, list all keys or change the server.
    ("EVAL", "return 1", "0"): set(),
    ("EVALSHA", "0" * 40, "0"): set(),
    ("SCRIPT", "LOAD", "return 1"): set(),
    ("FUNCTION", "FLUSH"): set(),
    ("FUNCTION", "DUMP"): set(),
    ("KEYS", "*"): set(),
    ("MONITOR",): set(),
    ("SLOWLOG", "GET"): set(),
    ("CONFIG", "GET", "*"): set(),
    ("CONFIG", "SET", "maxmemory", "1"): set(),
    ("DEBUG", "SLEEP", "0"): set(),
    ("FLUSHALL",): set(),
    ("FLUSHDB",): set(),
    ("SHUTDOWN",): set(),
    ("REPLICAOF", "other", "6379"): set(),
    ("ACL", "SETUSER", "worker"): set(),
    ("ACL", "LIST"): set(),
    ("DUMP", KEY): set(),
    ("GET", "elsewhere"): set(),
    ("HGETALL", "elsewhere"): set(),
    ("HSET", "elsewhere", "a", "1"): set(),
    ("SUBSCRIBE", "news"): set(),
    ("PUBLISH", "news", "x"): set(),
}
"""The users that may run each command."""


PROBE_USER = "user probe on nopass ~* &* +@all\n"
"""A test user that asks the server for the rights of the others."""


@pytest.fixture(scope="module")
def server(
    redis_program: str, vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer]:
    """Run a server with the users of the deployment and the probe user."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "users.acl").write_text((vault.folder / "users.acl").read_text() + PROBE_USER)
    login = ("worker", vault.secret("store-worker"))
    with RedisServer(folder, {"aclfile": "users.acl"}, login=login) as server:
        yield server


@pytest.fixture(scope="module")
def probe(server: RedisServer) -> Iterator[redis.Redis]:
    """Connect as the probe user."""
    with redis.Redis(
        unix_socket_path=str(server.socket_path), username="probe", password=""
    ) as client:
        yield client


@pytest.fixture
def store_factory(server: RedisServer, vault: Vault) -> StoreFactory:
    """Open empty stores as the worker user; the deploy user loads the functions."""

    @asynccontextmanager
    async def open_store() -> AsyncIterator[Store]:
        deployer = connect(store_url(server, vault, "deploy"), 60)
        await run_command(check_server(deployer))
        await run_command(load_library(deployer))
        await deployer.aclose()
        store = RedisStore(connect(store_url(server, vault, "worker")), own_keys())
        yield store
        await store.close()

    return open_store


def store_url(server: RedisServer, vault: Vault, user: str) -> str:
    """Return the address with which *user* logs in."""
    return f"unix://{user}@{server.socket_path}?password={vault.secret(f'store-{user}')}"


def test_the_default_user_is_disabled(server: RedisServer):
    """Knowing the address is not enough to connect."""
    client = redis.Redis(unix_socket_path=str(server.socket_path))
    with client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_committed_file_holds_no_password(vault: Vault):
    """Only the file that `make secrets` writes contains the password digests."""
    committed, written = STORE_USERS.read_text(), (vault.folder / "users.acl").read_text()

    assert "#" not in committed and ">" not in committed and "nopass" not in committed
    assert [line.count(" #") for line in written.splitlines()] == [0, 1, 1, 1, 1, 1]
    assert not any(vault.secret(f"store-{user}") in written for user in USERS)


@pytest.mark.parametrize("command", list(ALLOWED), ids=" ".join)
def test_each_command_is_allowed_to_the_expected_users_only(
    probe: redis.Redis, command: tuple[str, ...]
):
    """The server decides each command by a dry run of its rules."""
    replies = {user: probe.execute_command("ACL DRYRUN", user, *command) for user in USERS}

    assert {user for user, reply in replies.items() if reply == b"OK"} == ALLOWED[command], replies


async def test_the_reader_can_read_but_not_change_rows(
    store_factory: StoreFactory, server: RedisServer, vault: Vault
):
    """The board reads its tables as the reader, and cannot alter a row."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4, n=b"1")))
        assert isinstance(store, RedisStore)
        reader_store = RedisStore(connect(store_url(server, vault, "reader")), store.keys)
        assert await store_state(reader_store) == await store_state(store)
        with pytest.raises(StoreMisconfigured):
            await reader_store.check()  # The check includes write access.
        with pytest.raises(StoreMisconfigured, match="lacks a right"):
            await reader_store.apply(make_request(5, 6, pos="4"))
        with pytest.raises(StoreMisconfigured, match="lacks a right"):
            await reader_store.rewind(None)
        await reader_store.close()


async def test_the_deliver_user_cannot_read_rows(
    store_factory: StoreFactory, server: RedisServer, vault: Vault
):
    """The deliverer needs only the alerts topic, not the tables by treatment."""
    async with store_factory() as store:
        assert isinstance(store, RedisStore)
        deliver_store = RedisStore(connect(store_url(server, vault, "deliver")), store.keys)
        with pytest.raises(StoreMisconfigured, match="lacks a right"):
            await deliver_store.cursor()
        await deliver_store.close()


# The contract of a store, run as the worker user: a right that it lacks fails a test.
test_empty = test_store.test_an_empty_store_passes_its_check_and_has_no_fields
test_apply = test_store.test_an_apply_writes_cursor_rows_and_outbox
test_fullest = test_store.test_the_largest_apply_is_accepted
test_staged = test_store.test_a_staged_row_replaces_the_row
test_two = test_store.test_a_row_is_never_staged_by_two_workers
test_published = test_store.test_published_entries_are_removed_from_the_outbox
test_release = test_store.test_a_release_needs_no_cursor
test_rewound = test_store.test_one_study_is_rewound
test_rewound_whole = test_store.test_the_whole_partition_is_rewound
