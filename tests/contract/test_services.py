"""Private servers: they respond once they are started, and are gone once they are stopped."""

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
    """A client of the server's Unix socket."""
    return redis.Redis(unix_socket_path=str(server.socket_path), decode_responses=True)


@needs_redis
def test_the_shared_store_never_evicts(redis_url: str):
    """A study whose row is evicted would not be monitored."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as store:
        assert store.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@needs_redis
def test_a_store_is_accessible_only_to_its_owner(redis_program: str, tmp_path: Path):
    """The server has no TCP port by default, and only its owner may open its Unix socket."""
    with RedisServer(tmp_path / "socket") as server, client(server) as store:
        assert server.socket_path.stat().st_mode & 0o077 == 0
        assert store.config_get("port") == {"port": "0"}
    with RedisServer(tmp_path / "port", tcp=True) as server:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()


@needs_redis
def test_a_store_that_writes_each_command_survives_a_kill(redis_program: str, tmp_path: Path):
    """A server that is started again in its folder has every acknowledged write."""
    server = RedisServer(tmp_path, {"appendonly": "yes", "appendfsync": "always"})
    with server, client(server) as store:
        store.set("a", "1")
        before = server.process.pid
        server.kill()
        assert server.process.pid is None
        server.start()
        assert (store.get("a"), server.process.pid == before) == ("1", False)


@needs_redis
def test_a_folder_has_at_most_one_server(redis_program: str, tmp_path: Path):
    """Two servers would overwrite each other's data; the second is refused, the first runs on."""
    with RedisServer(tmp_path) as server, client(server) as store:
        with pytest.raises(ServiceFailed, match="already runs"):
            RedisServer(tmp_path).start()
        assert store.ping()


@needs_redis
def test_a_server_that_fails_to_start_reports_its_log(redis_program: str, tmp_path: Path):
    """The error has the end of the server's log, where the reason is."""
    server = RedisServer(tmp_path, {"maxmemory-policy": "whatever"})

    with pytest.raises(ServiceFailed, match=r"ended at once(?s:.*)maxmemory-policy"):
        server.start()


@needs_redis
def test_a_server_ends_when_its_parent_is_killed(redis_program: str, tmp_path: Path):
    """A test run that is killed leaves no server behind."""
    if not end_with_parent():
        skip_or_fail("setpriv of util-linux is not on PATH, which ties a server to its starter")
    command = [sys.executable, "-c", SERVER_SCRIPT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == b"up\n"
        assert Process(tmp_path).running
        parent.kill()

    assert wait_until(lambda: not Process(tmp_path).running, 20)


@needs_redis
def test_make_starts_one_server_and_stops_it(redis_program: str, tmp_path: Path):
    """`make redis` in two shells starts one server, and a third shell can stop it."""

    def services(*arguments: str) -> str:
        command = [sys.executable, "-m", "streams.local", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, check=True
        ).stdout.decode()

    output = services("start", "redis")
    assert output == services("start", "redis")
    assert output == f"TOCSIN_STORE=unix://{tmp_path}/.services/redis/redis.sock\n"
    assert Process(tmp_path / ".services" / "redis").running

    services("stop")
    assert not Process(tmp_path / ".services" / "redis").running


@needs_kafka
def test_a_killed_broker_restarts_with_its_address_and_records(kafka_libs: Path, tmp_path: Path):
    """A broker that is killed and started again in its folder has its port and its records."""
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
def test_a_missing_topic_is_not_created_automatically(kafka: KafkaServer):
    """A worker that subscribes to a misspelt topic must receive an error."""
    with admin_client(kafka.bootstrap) as admin:
        admin.describe_topics(["trial.lgo.v1"])
        assert "trial.lgo.v1" not in admin.list_topics()


def test_without_jars_the_reason_names_the_remedy(tmp_path: Path):
    """The skip reason names `make jars` or Java, for a developer who has not installed them."""
    assert any(word in (unavailable_reason(tmp_path) or "") for word in ("make jars", "Java"))


def test_a_cluster_id_never_starts_with_a_dash():
    """One in 64 random ids starts with a dash, which StorageTool reads as an option."""
    ids = [new_cluster_id() for _ in range(500)]

    assert all(len(each) == 22 and not each.startswith("-") for each in ids)


def test_a_reused_process_id_is_not_killed(tmp_path: Path):
    """Another process may have the recorded id; whether the server runs follows from the lock."""
    (tmp_path / "pid").write_text(str(os.getpid()))

    assert Process(tmp_path).pid is None
    assert Process(tmp_path).signal_and_wait(signal.SIGKILL, 1)
