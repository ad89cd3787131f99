"""Private servers: they answer when they are said to run, and are gone when they are ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from kafka import KafkaConsumer, KafkaProducer

from streams.kafka.admin import admin_client
from streams.local.kafka_server import (
    SHORT_LIVED_JVM,
    KafkaServer,
    new_cluster_id,
    unavailable_reason,
)
from streams.local.process import Process, ServiceFailed, end_with_parent, wait_until
from streams.local.redis_server import RedisServer
from tests.paths import skip_or_fail

needs_redis = pytest.mark.redis
needs_kafka = pytest.mark.kafka

SERVER_SCRIPT = """
import sys
from pathlib import Path
from streams.local.redis_server import RedisServer
RedisServer(Path(sys.argv[1])).start()
print("up", flush=True)
sys.stdin.read()
"""


def client(server: RedisServer) -> redis.Redis:
    """A client on the server's socket."""
    return redis.Redis(unix_socket_path=str(server.socket_path), decode_responses=True)


@needs_redis
def test_the_shared_store_never_evicts(redis_url: str):
    """A row that is dropped for want of memory would be a study nobody watches."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as store:
        assert store.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@needs_redis
def test_a_store_is_for_its_owner_alone(redis_program: str, tmp_path: Path):
    """Unless a port is asked for, there is a socket that nobody else can open, and no port."""
    with RedisServer(tmp_path / "socket") as server, client(server) as store:
        assert server.socket_path.stat().st_mode & 0o077 == 0
        assert store.config_get("port") == {"port": "0"}
    with RedisServer(tmp_path / "port", tcp=True) as server:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()


@needs_redis
def test_a_store_that_writes_each_command_survives_a_kill(redis_program: str, tmp_path: Path):
    """Killed and started again in its folder it holds what it acknowledged."""
    server = RedisServer(tmp_path, {"appendonly": "yes", "appendfsync": "always"})
    with server, client(server) as store:
        store.set("a", "1")
        before = server.process.pid
        server.kill()
        assert server.process.pid is None
        server.start()
        assert (store.get("a"), server.process.pid == before) == ("1", False)


@needs_redis
def test_one_folder_holds_one_server(redis_program: str, tmp_path: Path):
    """Two on the same data would each undo the other's; the first one goes on."""
    with RedisServer(tmp_path) as server, client(server) as store:
        with pytest.raises(ServiceFailed, match="already runs"):
            RedisServer(tmp_path).start()
        assert store.ping()


@needs_redis
def test_a_server_that_fails_says_its_last_words(redis_program: str, tmp_path: Path):
    """The reason is in the server's log; nobody should have to look for it."""
    server = RedisServer(tmp_path, {"maxmemory-policy": "whatever"})

    with pytest.raises(ServiceFailed, match=r"ended at once(?s:.*)maxmemory-policy"):
        server.start()


@needs_redis
def test_an_attended_server_ends_when_its_starter_is_killed(redis_program: str, tmp_path: Path):
    """A test run that is killed leaves nothing behind."""
    if not end_with_parent():
        skip_or_fail("setpriv of util-linux is not on PATH, which ties a server to its starter")
    command = [sys.executable, "-c", SERVER_SCRIPT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None and starter.stdout.readline() == b"up\n"
        assert Process(tmp_path).running
        starter.kill()

    assert wait_until(lambda: not Process(tmp_path).running, 20)


@needs_redis
def test_the_commands_of_make_start_once_and_stop(redis_program: str, tmp_path: Path):
    """`make redis` in two shells starts one server, and a third shell stops it."""

    def services(*words: str) -> str:
        command = [sys.executable, "-m", "streams.local", *words]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, check=True
        ).stdout.decode()

    told = services("start", "redis")
    assert told == services("start", "redis")
    assert told == f"TOCSIN_STORE=unix://{tmp_path}/.services/redis/redis.sock\n"
    assert Process(tmp_path / ".services" / "redis").running

    services("stop")
    assert not Process(tmp_path / ".services" / "redis").running


@needs_kafka
def test_a_broker_survives_a_kill_under_its_address(kafka_libs: Path, tmp_path: Path):
    """Killed, stopped and started again in its folder it has its port and its records."""
    server = KafkaServer(tmp_path, kafka_libs, jvm=SHORT_LIVED_JVM)
    with server:
        address = server.bootstrap
        with admin_client(address) as admin:
            assert admin.list_topics() == []
            admin.create_topics({"kept": {"num_partitions": 1}}, wait_for_metadata=True)
        producer = KafkaProducer(bootstrap_servers=address)
        producer.send("kept", b"one").get(timeout=30)
        producer.close()
        server.kill()
        server.start()
        assert (server.bootstrap, first_of(address, "kept")) == (address, b"one")


def first_of(address: str, topic: str) -> bytes:
    """The value of the first record of *topic*."""
    consumer = KafkaConsumer(
        topic, bootstrap_servers=address, auto_offset_reset="earliest", group_id=None
    )
    value = next(consumer).value
    consumer.close()
    return value


@needs_kafka
def test_a_topic_nobody_made_does_not_come_to_be(kafka: KafkaServer):
    """A worker that subscribes to a misspelt topic must hear that it is missing."""
    with admin_client(kafka.bootstrap) as admin:
        admin.describe_topics(["trial.lgo.v1"])
        assert "trial.lgo.v1" not in admin.list_topics()


def test_without_jars_the_reason_says_what_to_run(tmp_path: Path):
    """A newcomer without Java or Maven reads the remedy in the reason of the skip."""
    assert any(word in (unavailable_reason(tmp_path) or "") for word in ("make jars", "Java"))


def test_a_cluster_id_never_looks_like_an_option():
    """One in 64 of plain random ids opens with a dash, and the StorageTool then stumbles."""
    ids = [new_cluster_id() for _ in range(500)]

    assert all(len(each) == 22 and not each.startswith("-") for each in ids)


def test_a_process_that_is_gone_is_not_ended_in_a_strangers_place(tmp_path: Path):
    """The id that was written down may now be anybody's: the lock decides, not the number."""
    (tmp_path / "pid").write_text(str(os.getpid()))

    assert Process(tmp_path).pid is None
    assert Process(tmp_path).signal_and_wait(signal.SIGKILL, 1)
