"""The whole line in one process: an embedded broker, an embedded store, and the real worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

from alerts.notification.audiences import RoutingConfig
from monitor.state.study import Study
from streams.delivery.deliverer import Deliverer
from streams.kafka.topics import ALERTS, AUDIT, DEAD_LETTERS, LOG, NOTIFIED
from streams.local.embedded import PARTITIONS, EmbeddedBroker, EmbeddedStore
from streams.local.ports import free_ports
from streams.log.kafka import KafkaLog
from streams.outbox.published import AlertFeed
from streams.settings import AUDIT_TOPIC_SINK, ENV_PREFIX, OFF, Settings
from streams.sinks import Sink
from streams.store import LIVE_SPACE
from streams.store.function import load_library
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from streams.store.rows.load import load_row
from streams.worker.process import WorkerProcess


@dataclass(slots=True)
class DemoStack:
    """Broker, store and worker; nothing of it outlives it.

    If it is *shared*, other processes can use broker and store meanwhile.
    """

    shared: bool = False
    broker: EmbeddedBroker = field(init=False)
    store: EmbeddedStore = field(init=False)
    settings: Settings = field(init=False)
    worker_process: WorkerProcess = field(init=False)
    client: Any = field(init=False)
    alert_feed: AlertFeed = field(init=False)
    deliverer: Deliverer | None = None
    stop_task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.broker = EmbeddedBroker()
        self.broker.create_topics((LOG, ALERTS, DEAD_LETTERS, NOTIFIED, AUDIT))
        self.store = EmbeddedStore(self.shared)
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
            audit=AUDIT_TOPIC_SINK,
        )
        # The mock broker's transaction markers have no checksum.
        self.worker_process = WorkerProcess(self.settings, self.partition_store, check_crcs=False)
        self.client = self.store.new_client()
        self.worker_process.loop.run_until_complete(load_library(self.client))
        bootstrap = self.broker.bootstrap
        alerts = [KafkaLog(bootstrap, ALERTS, number) for number in range(PARTITIONS)]
        self.alert_feed = AlertFeed(alerts)

    def partition_store(self, partition: int) -> RedisStore:
        """What the store keeps of *partition*."""
        return self.store.open_store(self.client, Keys(LIVE_SPACE, LOG, partition))

    def open_log(self, partition: int) -> KafkaLog:
        """The log that is produced into."""
        return KafkaLog(self.broker.bootstrap, LOG, partition)

    async def records_folded(self) -> int:
        """How many records are in the tables."""
        cursors = [await self.partition_store(number).cursor() for number in range(PARTITIONS)]
        return sum(int(cursor.get("next") or b"0") for cursor in cursors)

    @property
    def stop_message(self) -> str:
        """Why a partition stands still, if one does."""
        partitions = self.worker_process.worker.partitions.values()
        return next(
            (
                str(partition.processor.stopped)
                for partition in partitions
                if partition.processor.stopped
            ),
            "",
        )

    async def has_pending_alerts(self) -> bool:
        """Whether an alert is yet to be announced."""
        return any([await self.partition_store(number).outbox() for number in range(PARTITIONS)])

    async def read_studies(self) -> AsyncIterator[Study]:
        """Every study, as its row has it."""
        for number in range(PARTITIONS):
            store = self.partition_store(number)
            for name in await store.studies():
                yield load_row(name, await store.row(name)).study

    def start_delivery(self, routing: RoutingConfig, sinks: Mapping[str, Sink]) -> None:
        """Have people told, for as long as the worker runs."""
        self.deliverer = Deliverer(self.broker.bootstrap, routing, sinks, log_all_sinks=True)
        self.worker_process.app.task(self.deliverer.run)

    @property
    def is_delivered(self) -> bool:
        """Whether whoever is told knows all that was heard so far."""
        if self.deliverer is None:
            return True
        deliveries, read_offsets = self.deliverer.deliveries, self.alert_feed.positions
        return len(deliveries) == PARTITIONS and all(
            delivery.is_idle
            and delivery.alert_partition.positions.get("alerts", 0) >= read_offsets.get(number, 0)
            for number, delivery in deliveries.items()
        )

    @property
    def export_command(self) -> str:
        """What a shell must be told so that its commands come to this broker and this store."""
        values = {
            "BROKER": self.broker.bootstrap,
            "STORE": self.store.url,
            "LOG_PARTITIONS": f"{PARTITIONS}",
        }
        return " ".join(
            ["export", *(f"{ENV_PREFIX}{name}={quote(value)}" for name, value in values.items())]
        )

    async def disconnect(self) -> None:
        """Disconnect, and have the worker stop as on SIGTERM."""
        for log in self.alert_feed.logs:
            await log.close()
        self.stop_task = asyncio.create_task(self.worker_process.service.stop())

    def close(self) -> None:
        """End broker and store, with all they hold."""
        self.store.close()
        self.broker.close()
