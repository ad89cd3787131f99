"""`tocsin run` ends at once where it cannot run, with the reason and the next command."""

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


def assert_refused(code: int, *texts: str, **settings: str) -> None:
    """Check that `tocsin run` exits with *code* and one line that contains all of *texts*."""
    result = tocsin("run", **{"HEALTH": f"127.0.0.1:{free_ports(1)[0]}", **settings})
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    for text in texts:
        assert text in result.stderr


def test_no_broker(redis_url: str):
    """Exit code 4, and how to start a broker."""
    assert_refused(
        4, UNREACHABLE, "make kafka", "TOCSIN_BROKER", BROKER=UNREACHABLE, STORE=redis_url
    )


def test_no_store(broker: str):
    """Exit code 4, and how to start a store."""
    assert_refused(4, "make redis", "TOCSIN_STORE", BROKER=broker, STORE=f"redis://{UNREACHABLE}")


def test_a_missing_topic(admin: Any, kafka: KafkaServer, redis_url: str):
    """A log that was never created must not be read as an empty one."""
    apply_topics(
        admin, [each for each in required_topics(Settings()) if each.name != LOG], alter=False
    )

    assert_refused(2, LOG, "tocsin topics apply", BROKER=kafka.bootstrap, STORE=redis_url)


def test_a_log_with_another_partition_count(broker: str, redis_url: str):
    """The worker would expect studies in other partitions than producers."""
    texts = ("12 partitions", "the setting is 13", "TOCSIN_LOG_PARTITIONS")
    assert_refused(2, *texts, BROKER=broker, STORE=redis_url, LOG_PARTITIONS="13")


def test_a_store_that_evicts(broker: str, tmp_path: Any, redis_program: str):
    """The store would lose rows without an error."""
    with RedisServer(tmp_path / "r", {"maxmemory-policy": "allkeys-lru"}) as server:
        assert_refused(2, "allkeys-lru", "noeviction", BROKER=broker, STORE=server.url)


def test_a_store_without_the_library(broker: str, tmp_path: Any, redis_program: str):
    """Only the store function writes rows, so the library must be loaded."""
    with RedisServer(tmp_path / "r") as server:
        assert_refused(2, "tocsin store apply", BROKER=broker, STORE=server.url)


def test_a_probe_address_that_is_in_use(broker: str, tmp_path: Any, redis_program: str):
    """Each worker on a machine needs a probe address of its own."""
    with RedisServer(tmp_path / "r") as server, socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        assert tocsin("store", "apply", STORE=server.url, AUDIT="off").returncode == 0

        assert_refused(2, address, "TOCSIN_HEALTH", BROKER=broker, STORE=server.url, HEALTH=address)


def test_an_invalid_setting(redis_url: str):
    """The setting is named before a service is tried."""
    assert_refused(2, "TOCSIN_POLL_RECORDS", STORE=redis_url, POLL_RECORDS="0")


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ("deliver", "tocsin-deliver, that of `tocsin deliver`. Give the space another"),
        ("a b", "a space name has 1 to 64 characters"),
    ],
)
def test_an_invalid_space(space: str, expected: str):
    """Its workers would share a consumer group with deliverers, and both would stop."""
    result = tocsin("run", "--space", space, BROKER=UNREACHABLE)

    assert (result.returncode, result.stdout) == (2, "")
    assert expected in result.stderr and len(result.stderr.splitlines()) == 1
