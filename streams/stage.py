"""The whole line in one process: an embedded broker, an embedded store, and the real worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from alerts.alert import Alert
from monitor.study import Study
from streams.embedded import PARTITIONS, EmbeddedBroker, EmbeddedStore
from streams.live import Live
from streams.log_kafka import KafkaLog
from streams.producing import records_of
from streams.services.ports import free_ports
from streams.settings import OFF, TOPIC, Settings
from streams.store import LIVE
from streams.store.function import load
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from streams.store.row_load import restore
from streams.topics import ALERTS, AUDIT, DEAD_LETTERS, LOG, NOTIFIED


@dataclass(slots=True)
class Stage:
    """Broker, store and worker; nothing of it outlives it.

    *heard* is how far the alerts of each partition were read.
    """

    broker: EmbeddedBroker = field(init=False)
    store: EmbeddedStore = field(init=False)
    settings: Settings = field(init=False)
    live: Live = field(init=False)
    client: Any = field(init=False)
    alerts: list[KafkaLog] = field(init=False)
    heard: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    stopping: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.broker = EmbeddedBroker()
        self.broker.make((LOG, ALERTS, DEAD_LETTERS, NOTIFIED, AUDIT))
        self.store = EmbeddedStore()
        (port,) = free_ports(1)
        self.settings = Settings(
            broker=self.broker.bootstrap,
            log_partitions=PARTITIONS,
            alert_partitions=PARTITIONS,
            health=f"127.0.0.1:{port}",
            metrics_open=OFF,
            metrics_closed=OFF,
            # Whatever the environment says of a real deployment, these two ask for no password,
            # nobody signs, and the audit is gone with the rest.
            kafka_security="plaintext",
            store_password_file=None,
            plan_keys_file=None,
            audit=TOPIC,
        )
        # The mock broker's transaction markers have no checksum.
        self.live = Live(self.settings, self.kept, check_crcs=False)
        self.client = self.store.connected()
        self.live.loop.run_until_complete(load(self.client))
        bootstrap = self.broker.bootstrap
        self.alerts = [KafkaLog(bootstrap, ALERTS, number) for number in range(PARTITIONS)]

    def kept(self, partition: int) -> RedisStore:
        """What the store keeps of *partition*."""
        return self.store.kept(self.client, Keys(LIVE, LOG, partition))

    def target(self, partition: int) -> KafkaLog:
        """The log that is produced into."""
        return KafkaLog(self.broker.bootstrap, LOG, partition)

    async def folded(self) -> int:
        """How many records are in the tables."""
        cursors = [await self.kept(number).cursor() for number in range(PARTITIONS)]
        return sum(int(cursor.get("next") or b"0") for cursor in cursors)

    @property
    def stopped(self) -> str:
        """Why a partition stands still, if one does."""
        held = self.live.worker.held.values()
        return next((str(each.lane.stopped) for each in held if each.lane.stopped), "")

    async def waiting(self) -> bool:
        """Whether an alert is yet to be announced."""
        return any([await self.kept(number).outbox() for number in range(PARTITIONS)])

    async def studies(self) -> AsyncIterator[Study]:
        """Every study, as its row has it."""
        for number in range(PARTITIONS):
            store = self.kept(number)
            for name in await store.studies():
                yield restore(name, await store.row(name)).study

    async def rung(self) -> list[Alert]:
        """The alerts that were announced since this was last asked."""
        found: list[Alert] = []
        for number, log in enumerate(self.alerts):
            async for record in records_of(log, self.heard[number]):
                said = orjson.loads(record.value or b"{}")
                del said["hypothetical"]
                found.append(Alert(**said))
                self.heard[number] = record.offset + 1
        return sorted(found, key=lambda alert: (alert.line, alert.revision))

    async def leave(self) -> None:
        """Disconnect, and have the worker stop as on SIGTERM."""
        for log in self.alerts:
            await log.close()
        self.stopping = asyncio.create_task(self.live.service.stop())

    def close(self) -> None:
        """End broker and store, with all they hold."""
        self.store.close()
        self.broker.close()
