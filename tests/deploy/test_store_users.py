"""Each user of the store may do what its process does, and nothing else: deploy/redis/users.acl."""

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

USERS = ("worker", "reader", "deploy", "deliver")
KEY = f"tocsin:live:{{{TOPIC}/0}}:cursor"

ALLOWED: dict[tuple[str, ...], set[str]] = {
    ("PING",): {"worker", "reader", "deploy", "deliver"},
    ("INFO", "memory"): {"worker", "reader", "deploy"},
    ("ACL", "WHOAMI"): {"worker", "reader", "deploy", "deliver"},
    ("FUNCTION", "LIST"): {"worker", "reader", "deploy"},
    ("HGETALL", KEY): {"worker", "reader"},
    ("HSCAN", KEY, "0"): {"worker", "reader"},
    ("HSET", KEY, "a", "1"): {"worker"},
    ("SCAN", "0"): {"worker"},
    ("HDEL", KEY, "a"): {"worker"},
    ("DEL", KEY): {"worker"},
    ("RENAME", KEY, KEY): {"worker"},
    ("FCALL", "tocsin_apply", "1", KEY): {"worker"},
    ("FUNCTION", "LOAD", "code"): {"deploy"},
    ("SAVE",): {"deploy"},
    # What nobody may: submit code, look over a shoulder, learn all names, change the server.
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
"""Who may do each command."""


PROBE_USER = "user judge on nopass ~* &* +@all\n"
"""A user of the tests alone, who asks the server what the others may."""


@pytest.fixture(scope="module")
def server(
    redis_program: str, vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer]:
    """A server with the users of the deployment, and the judge."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "users.acl").write_text((vault.folder / "users.acl").read_text() + PROBE_USER)
    login = ("worker", vault.secret("store-worker"))
    with RedisServer(folder, {"aclfile": "users.acl"}, login=login) as server:
        yield server


@pytest.fixture(scope="module")
def judge(server: RedisServer) -> Iterator[redis.Redis]:
    """Asks what others may."""
    with redis.Redis(
        unix_socket_path=str(server.socket_path), username="judge", password=""
    ) as client:
        yield client


@pytest.fixture
def made(server: RedisServer, vault: Vault) -> StoreFactory:
    """Opens an empty store as the worker does; the functions come from the deploy user."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        deployer = connect(store_url(server, vault, "deploy"), 60)
        await run_command(check_server(deployer))
        await run_command(load_library(deployer))
        await deployer.aclose()
        store = RedisStore(connect(store_url(server, vault, "worker")), own_keys())
        yield store
        await store.close()

    return opened


def store_url(server: RedisServer, vault: Vault, user: str) -> str:
    """The address by which *user* comes."""
    return f"unix://{user}@{server.socket_path}?password={vault.secret(f'store-{user}')}"


def test_nobody_comes_without_a_name(server: RedisServer):
    """The user `default` is off: to know the address is not enough."""
    client = redis.Redis(unix_socket_path=str(server.socket_path))
    with client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_committed_file_holds_no_password(vault: Vault):
    """The digests are in the file that `make secrets` writes, and only there."""
    committed, written = STORE_USERS.read_text(), (vault.folder / "users.acl").read_text()

    assert "#" not in committed and ">" not in committed and "nopass" not in committed
    assert [line.count(" #") for line in written.splitlines()] == [0, 1, 1, 1, 1]
    assert not any(vault.secret(f"store-{user}") in written for user in USERS)


@pytest.mark.parametrize("command", list(ALLOWED), ids=" ".join)
def test_every_command_of_every_user_is_decided(judge: redis.Redis, command: tuple[str, ...]):
    """The server itself says who may do what, command by command."""
    told = {user: judge.execute_command("ACL DRYRUN", user, *command) for user in USERS}

    assert {user for user, said in told.items() if said == b"OK"} == ALLOWED[command], told


async def test_the_reader_reads_what_the_worker_wrote_and_changes_nothing(
    made: StoreFactory, server: RedisServer, vault: Vault
):
    """The board's tables come by the reader; a page of it can alter no row."""
    async with made() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4, n=b"1")))
        assert isinstance(store, RedisStore)
        reading = RedisStore(connect(store_url(server, vault, "reader")), store.keys)
        assert await store_state(reading) == await store_state(store)
        with pytest.raises(StoreMisconfigured):
            await reading.check()  # It asks whether it may write.
        with pytest.raises(StoreMisconfigured, match="lacks a right"):
            await reading.apply(make_request(5, 6, pos="4"))
        with pytest.raises(StoreMisconfigured, match="lacks a right"):
            await reading.rewind(None)
        await reading.close()


async def test_who_delivers_reads_no_row(made: StoreFactory, server: RedisServer, vault: Vault):
    """What it tells comes by its topic: a table by treatment is not for its eyes."""
    async with made() as store:
        assert isinstance(store, RedisStore)
        delivering = RedisStore(connect(store_url(server, vault, "deliver")), store.keys)
        with pytest.raises(StoreMisconfigured, match="lacks a right"):
            await delivering.cursor()
        await delivering.close()


# The whole contract of a store, kept by the worker's user: a right that it lacks fails here.
test_empty = test_store.test_an_empty_store_is_fit_and_empty
test_apply = test_store.test_an_apply_writes_all_that_it_says
test_fullest = test_store.test_the_fullest_apply_is_taken
test_aside = test_store.test_a_row_prepared_aside_is_swapped_in
test_two = test_store.test_no_row_is_made_of_two
test_told = test_store.test_what_is_told_leaves_the_outbox
test_release = test_store.test_a_release_needs_no_cursor
test_rewound = test_store.test_one_study_is_rewound
test_rewound_whole = test_store.test_the_whole_partition_is_rewound
