"""A store with users: the rights that suffice, and the messages for a missing one."""

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
"""All rights that a worker needs, in its functions and outside them."""

PASSWORD = "open-sesame"

Client: Any = redis.Redis
"""Untyped, because the client's types differ between versions."""


@dataclass
class StoreWithUser:
    """A broker with the topics, and a store with the functions and a user ``worker``."""

    broker: str
    server: RedisServer

    def address(self, password: str = PASSWORD) -> str:
        """The address of the store with its user and *password*."""
        return f"redis://worker:{password}@127.0.0.1:{self.server.port}/0"

    def allow(self, *rights: str, keys: str = "~tocsin:*") -> None:
        """Give the user these *rights* and *keys*, and no others."""
        with Client(unix_socket_path=str(self.server.socket_path)) as client:
            user = ("worker", "reset", "on", f">{PASSWORD}", keys, "-@all", *rights)
            client.execute_command("ACL", "SETUSER", *user)

    def run(self, store: str) -> tuple[int, str]:
        """The exit code and the one line of error of `tocsin run`, which must end at once."""
        health = f"127.0.0.1:{free_ports(1)[0]}"
        result = tocsin("run", BROKER=self.broker, STORE=store, HEALTH=health)
        assert PASSWORD not in result.stderr and len(result.stderr.splitlines()) == 1, result.stderr
        return result.returncode, result.stderr

    def doctor(self, store: str) -> tuple[int, dict[str, tuple[str, str]]]:
        """The exit code of `tocsin doctor`, and by check its state and next command."""
        result = tocsin("doctor", "--json", BROKER=self.broker, STORE=store)
        assert PASSWORD not in result.stdout + result.stderr
        checks = [json.loads(line) for line in result.stdout.splitlines()]
        return result.returncode, {each["what"]: (each["state"], each["next"]) for each in checks}


@pytest.fixture
def store_with_user(
    admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path
) -> Iterator[StoreWithUser]:
    """A broker and a store with everything that a worker needs."""
    apply_topics(admin, required_topics(Settings()), alter=False)
    with RedisServer(tmp_path / "redis", tcp=True) as server:
        asyncio.run(load_functions(server.url))
        yield StoreWithUser(kafka.bootstrap, server)


def test_a_user_with_the_rights_of_a_worker_suffices(store_with_user: StoreWithUser):
    """The user has its keys and a few commands; it may not load scripts or read settings."""
    store_with_user.allow(*RIGHTS)

    code, checks = store_with_user.doctor(store_with_user.address())
    assert (code, checks["store"], checks["functions"], checks["writing"]) == (
        0,
        *[("well", "")] * 3,
    )


@pytest.mark.parametrize(
    ("missing", "keys", "expected", "check"),
    [
        ("+fcall", "~tocsin:*", "'fcall'", "writing"),
        ("+function|list", "~tocsin:*", "'function|list'", "functions"),
        ("+info", "~tocsin:*", "'info'", "store"),
        ("", "~other:*", "key", "writing"),
        ("+rename", "~tocsin:*", "RENAME", "writing"),
    ],
)
def test_a_right_that_is_missing_is_named(
    store_with_user: StoreWithUser, missing: str, keys: str, expected: str, check: str
):
    """`run` ends with exit code 2 and the right before it folds; the doctor reports the same."""
    store_with_user.allow(*(each for each in RIGHTS if each != missing), keys=keys)

    code, message = store_with_user.run(store_with_user.address())
    assert (
        code == 2
        and "lacks a right" in message
        and expected in message
        and "ACL SETUSER" in message
    )
    code, checks = store_with_user.doctor(store_with_user.address())
    assert (code, checks[check][0]) == (2, "wrong") and "ACL SETUSER" in checks[check][1]


def test_a_wrong_password_is_not_an_unreachable_store(store_with_user: StoreWithUser):
    """Exit code 2 with the setting to correct, and no advice to start a store."""
    store_with_user.allow(*RIGHTS)
    wrong = store_with_user.address("wrong")

    code, message = store_with_user.run(wrong)
    assert code == 2 and "refuses the user or the password" in message and "TOCSIN_STORE" in message
    assert "make redis" not in message
    code, checks = store_with_user.doctor(wrong)
    assert (code, checks["store"]) == (2, ("wrong", "export TOCSIN_STORE=..."))
