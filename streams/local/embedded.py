"""A broker and a store inside this process, for who has neither: gone when the process ends."""

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
"""How many the mock broker gives every topic: it cannot be asked for another number."""

BYTES_MAX, RECORDS_MAX = 5 << 20, 100_000
"""Of a partition: beyond either the mock broker drops the oldest records without a word."""

ENVELOPE_BYTES = 300
"""What key and headers of a record take, and more."""


class NotInstalled(Exception):
    """What the embedded services are made of is not installed; the message says the remedy."""


@dataclass(slots=True)
class EmbeddedBroker:
    """librdkafka's mock broker: a real listener on a loopback port, for any client of Kafka.

    It lives as long as this object is open.  Nothing it holds is kept anywhere.
    """

    producer: Any = field(init=False, repr=False)
    bootstrap: str = field(init=False)

    def __post_init__(self) -> None:
        try:
            from confluent_kafka import Producer  # A quarter of a second that few need to wait.
        except ImportError:
            raise NotInstalled(
                f"There is no embedded broker here: {INSTALL_EXTRA_REMEDY}."
            ) from None
        self.producer = Producer({"test.mock.num.brokers": 1, "log_level": 3})
        (broker,) = self.producer.list_topics(timeout=10).brokers.values()
        self.bootstrap = f"{broker.host}:{broker.port}"

    def create_topics(self, topics: Iterable[str]) -> None:
        """Bring *topics* into being: a topic that somebody asks for comes to be."""
        for topic in topics:
            self.producer.list_topics(topic, timeout=10)

    def close(self) -> None:
        """End it, with all it holds."""
        self.producer = None

    def __str__(self) -> str:
        return f"librdkafka's mock broker at {self.bootstrap}"


@dataclass(slots=True)
class EmbeddedStore:
    """A private Redis or Valkey server if one is on PATH, else fakeredis in this process.

    One that is *shared* is a server: other processes reach no fakeredis.
    """

    shared: bool = False
    folder: Path = field(init=False)
    server: RedisServer | None = field(init=False, default=None)
    fake_server: Any = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        program, reason = find_program()
        if program is None:
            if self.shared:
                message = "Other terminals cannot reach fakeredis, and there is"
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
        """Where other processes find it; empty where they cannot."""
        return "" if self.server is None else self.server.url

    def new_client(self) -> Any:
        """A client, for one event loop."""
        if self.server is not None:
            return connect(self.server.url)
        from fakeredis import FakeAsyncRedis

        return FakeAsyncRedis(server=self.fake_server)

    def open_store(self, client: Any, keys: Keys) -> RedisStore:
        """What *client* keeps of a partition."""
        return RedisStore(client, keys, embedded=self.server is None)

    def close(self) -> None:
        """End it, with all it holds."""
        if self.server is not None:
            self.server.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def __str__(self) -> str:
        if self.server is not None:
            return f"a private Redis server at {self.server.url}"
        return "fakeredis in this process"


def new_fake_server() -> Any:
    """What clients of fakeredis share."""
    try:
        from fakeredis import FakeServer
    except ImportError:
        raise NotInstalled(f"There is no redis-server on PATH: {INSTALL_EXTRA_REMEDY}.") from None
    return FakeServer()
