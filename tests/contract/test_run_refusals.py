"""`tocsin run` where it cannot run: it ends at once, with the reason and the next command."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from streams.kafka.topics import LOG, apply_topics, required_topics
from streams.local.kafka_server import KafkaServer
from streams.local.ports import free_ports
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from tests.contract.commands import tocsin

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

UNREACHABLE = "127.0.0.1:1"


@pytest.fixture
def broker(admin: Any, kafka: KafkaServer) -> str:
    """A broker with the topics."""
    apply_topics(admin, required_topics(Settings()), alter=False)
    return kafka.bootstrap


def assert_refused(code: int, *says: str, **settings: str) -> None:
    """`tocsin run` ends with *code* in one line that says all of *says*."""
    done = tocsin("run", **{"HEALTH": f"127.0.0.1:{free_ports(1)[0]}", **settings})
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    for what in says:
        assert what in done.stderr


def test_no_broker(redis_url: str):
    """Exit 4, and how to start one."""
    assert_refused(
        4, UNREACHABLE, "make kafka", "TOCSIN_BROKER", BROKER=UNREACHABLE, STORE=redis_url
    )


def test_no_store(broker: str):
    """Exit 4, and how to start one."""
    assert_refused(4, "make redis", "TOCSIN_STORE", BROKER=broker, STORE=f"redis://{UNREACHABLE}")


def test_a_missing_topic(admin: Any, kafka: KafkaServer, redis_url: str):
    """A log that was never made is not an empty one."""
    apply_topics(
        admin, [each for each in required_topics(Settings()) if each.name != LOG], alter=False
    )

    assert_refused(2, LOG, "tocsin topics apply", BROKER=kafka.bootstrap, STORE=redis_url)


def test_a_log_of_another_number_of_partitions(broker: str, redis_url: str):
    """Studies would be looked for where they are not."""
    says = ("12 partitions", "the setting is 13", "TOCSIN_LOG_PARTITIONS")
    assert_refused(2, *says, BROKER=broker, STORE=redis_url, LOG_PARTITIONS="13")


def test_a_store_that_evicts(broker: str, tmp_path: Any, redis_program: str):
    """It would lose rows without a word."""
    with RedisServer(tmp_path / "r", {"maxmemory-policy": "allkeys-lru"}) as server:
        assert_refused(2, "allkeys-lru", "noeviction", BROKER=broker, STORE=server.url)


def test_a_store_without_the_library(broker: str, tmp_path: Any, redis_program: str):
    """Only the function applies: without it nothing is written at all."""
    with RedisServer(tmp_path / "r") as server:
        assert_refused(2, "tocsin store apply", BROKER=broker, STORE=server.url)


def test_an_address_of_the_probes_that_is_taken(broker: str, tmp_path: Any, redis_program: str):
    """Another worker on the same machine has it: each needs its own."""
    with RedisServer(tmp_path / "r") as server, socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert tocsin("store", "apply", STORE=server.url, AUDIT="off").returncode == 0

        assert_refused(2, address, "TOCSIN_HEALTH", BROKER=broker, STORE=server.url, HEALTH=address)


def test_a_setting_that_makes_no_sense(redis_url: str):
    """It is named, before anything is tried."""
    assert_refused(2, "TOCSIN_POLL_RECORDS", STORE=redis_url, POLL_RECORDS="0")


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ("deliver", "tocsin-deliver, that of `tocsin deliver`. Give the space another"),
        ("a b", "a space name has 1 to 64 characters"),
    ],
)
def test_a_space_that_cannot_be(space: str, says: str):
    """Its workers would share partitions with deliverers, and both would stand still."""
    done = tocsin("run", "--space", space, BROKER=UNREACHABLE)

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr and len(done.stderr.splitlines()) == 1
