"""An embedded broker and store for a demo without servers; their data end with the process."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.local.process import ServiceFailed
from streams.local.redis_server import RedisServer, find_program
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect

INSTALL_EXTRA_REMEDY = "install `tocsin[demo]`, which brings confluent-kafka and fakeredis"

PARTITIONS = 4
"""Partitions of every topic of the mock broker, which has no setting for another number."""

BYTES_MAX, RECORDS_MAX = 5 << 20, 100_000
"""Limits of a partition; beyond either the mock broker drops the oldest records silently."""

ENVELOPE_BYTES = 300
"""An upper limit of the bytes that key and headers of a record add."""


class NotInstalled(Exception):
    """A package of the embedded services is not installed; the message names the remedy."""


@dataclass(slots=True)
class EmbeddedBroker:
    """librdkafka's mock broker: a real listener on a loopback port, for any Kafka client.

    The broker runs until `close`; it keeps all data in memory.

    Raises `NotInstalled` where confluent-kafka is not installed.
    """

    producer: Any = field(init=False, repr=False)
    bootstrap: str = field(init=False)

    def __post_init__(self) -> None:
        try:
            from confluent_kafka import Producer  # Takes 0.25 s, so only a demo imports it.
        except ImportError:
            raise NotInstalled(
                f"The embedded broker is not installed: {INSTALL_EXTRA_REMEDY}."
            ) from None
        self.producer = Producer({"test.mock.num.brokers": 1, "log_level": 3})
        (broker,) = self.producer.list_topics(timeout=10).brokers.values()
        self.bootstrap = f"{broker.host}:{broker.port}"

    def create_topics(self, topics: Iterable[str]) -> None:
        """Create *topics*: the mock broker creates a topic when its metadata is requested."""
        for topic in topics:
            self.producer.list_topics(topic, timeout=10)

    def close(self) -> None:
        """Stop the broker and discard its data."""
        self.producer = None

    def __str__(self) -> str:
        return f"librdkafka's mock broker at {self.bootstrap}"


@dataclass(slots=True)
class EmbeddedStore:
    """A private Redis or Valkey server if one is on PATH, else fakeredis in this process.

    A *shared* store must be a server, because other processes cannot reach fakeredis.

    Raises `NotInstalled` where the needed program or package is missing, and `ServiceFailed`
    where the server does not start.
    """

    shared: bool = False
    folder: Path = field(init=False)
    server: RedisServer | None = field(init=False, default=None)
    fake_server: Any = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        program, reason = find_program()
        if program is None:
            if self.shared:
                message = "Other processes cannot reach fakeredis, and there is"
                raise NotInstalled(f"{message} {reason}.")
            self.fake_server = new_fake_server()
            return
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-"))
        self.server = RedisServer(self.folder)
        try:
            self.server.start()
        except ServiceFailed:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The URL for other processes; empty where they cannot reach the store."""
        return "" if self.server is None else self.server.url

    def new_client(self) -> Any:
        """Return a new client, for use in one event loop."""
        if self.server is not None:
            return connect(self.server.url)
        from fakeredis import FakeAsyncRedis

        return FakeAsyncRedis(server=self.fake_server)

    def open_store(self, client: Any, keys: Keys) -> RedisStore:
        """Return the store of the partition of *keys*, read and written by *client*."""
        return RedisStore(client, keys, embedded=self.server is None)

    def close(self) -> None:
        """Stop the store and delete its data."""
        if self.server is not None:
            self.server.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def __str__(self) -> str:
        if self.server is not None:
            return f"a private Redis server at {self.server.url}"
        return "fakeredis in this process"


def new_fake_server() -> Any:
    """Return the state that clients of fakeredis share."""
    try:
        from fakeredis import FakeServer
    except ImportError:
        raise NotInstalled(f"There is no redis-server on PATH: {INSTALL_EXTRA_REMEDY}.") from None
    return FakeServer()
