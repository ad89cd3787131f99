"""A store with users: which rights are enough, and what is said where one is missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from streams.kafka.topics import apply_topics, required_topics
from streams.local.kafka_server import KafkaServer
from streams.local.ports import free_ports
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from tests.contract.commands import tocsin
from tests.contract.worker_sites import load_functions

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

RIGHTS = (
    "+ping", "+hello", "+auth", "+info", "+function|list", "+fcall", "+scan",
    "+hget", "+hgetall", "+hscan", "+hlen", "+hset", "+hdel", "+del", "+rename",
)  # fmt: skip
"""All that a worker asks of its store, by itself and in its functions."""

PASSWORD = "open-sesame"

Client: Any = redis.Redis
"""The client's types differ from one version to the next."""


@dataclass
class StoreWithUser:
    """A broker with the topics, and a store with the functions and a user ``worker``."""

    broker: str
    server: RedisServer

    def address(self, password: str = PASSWORD) -> str:
        """Where the store is, for its user."""
        return f"redis://worker:{password}@127.0.0.1:{self.server.port}/0"

    def allow(self, *rights: str, keys: str = "~tocsin:*") -> None:
        """Give the user these rights and no others."""
        with Client(unix_socket_path=str(self.server.socket_path)) as client:
            user = ("worker", "reset", "on", f">{PASSWORD}", keys, "-@all", *rights)
            client.execute_command("ACL", "SETUSER", *user)

    def run(self, store: str) -> tuple[int, str]:
        """How `tocsin run` ends, which it must at once, and its last words."""
        health = f"127.0.0.1:{free_ports(1)[0]}"
        done = tocsin("run", BROKER=self.broker, STORE=store, HEALTH=health)
        assert PASSWORD not in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
        return done.returncode, done.stderr

    def doctor(self, store: str) -> tuple[int, dict[str, tuple[str, str]]]:
        """The exit code, and by thing its state and the next command."""
        done = tocsin("doctor", "--json", BROKER=self.broker, STORE=store)
        assert PASSWORD not in done.stdout + done.stderr
        told = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, {each["what"]: (each["state"], each["next"]) for each in told}


@pytest.fixture
def store_with_user(
    admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path
) -> Iterator[StoreWithUser]:
    """Services with everything in them that a worker needs."""
    apply_topics(admin, required_topics(Settings()), alter=False)
    with RedisServer(tmp_path / "redis", tcp=True) as server:
        asyncio.run(load_functions(server.url))
        yield StoreWithUser(kafka.bootstrap, server)


def test_a_user_with_a_workers_rights_is_enough(store_with_user: StoreWithUser):
    """Nothing but its keys and its few commands: no right to load a script, or to see a setting."""
    store_with_user.allow(*RIGHTS)

    code, found = store_with_user.doctor(store_with_user.address())
    assert (code, found["store"], found["functions"], found["writing"]) == (0, *[("well", "")] * 3)


@pytest.mark.parametrize(
    ("lacking", "keys", "says", "what"),
    [
        ("+fcall", "~tocsin:*", "'fcall'", "writing"),
        ("+function|list", "~tocsin:*", "'function|list'", "functions"),
        ("+info", "~tocsin:*", "'info'", "store"),
        ("", "~other:*", "key", "writing"),
        ("+rename", "~tocsin:*", "RENAME", "writing"),
    ],
)
def test_a_right_that_is_missing_is_named(
    store_with_user: StoreWithUser, lacking: str, keys: str, says: str, what: str
):
    """Exit code 2 before anything is folded, with the right; the doctor finds the same."""
    store_with_user.allow(*(each for each in RIGHTS if each != lacking), keys=keys)

    code, words = store_with_user.run(store_with_user.address())
    assert code == 2 and "lacks a right" in words and says in words and "ACL SETUSER" in words
    code, found = store_with_user.doctor(store_with_user.address())
    assert (code, found[what][0]) == (2, "wrong") and "ACL SETUSER" in found[what][1]


def test_a_wrong_password_is_not_a_store_that_is_not_there(store_with_user: StoreWithUser):
    """Exit code 2, and which setting it is; never "start one"."""
    store_with_user.allow(*RIGHTS)
    wrong = store_with_user.address("wrong")

    code, words = store_with_user.run(wrong)
    assert code == 2 and "refuses the user or the password" in words and "TOCSIN_STORE" in words
    assert "make redis" not in words
    code, found = store_with_user.doctor(wrong)
    assert (code, found["store"]) == (2, ("wrong", "export TOCSIN_STORE=..."))
