"""Runs the whole pipeline in one process: embedded broker, embedded store and the real worker."""

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
    """Broker, store and worker of one demo; `close` discards all their data.

    A *shared* stack lets other processes use the broker and the store while it runs.
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
            # Override settings of a real deployment in the environment: the embedded services need
            # no password, the demo has no signing keys, and its audit log ends with the broker.
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
        """Return the store of *partition*."""
        return self.store.open_store(self.client, Keys(LIVE_SPACE, LOG, partition))

    def open_log(self, partition: int) -> KafkaLog:
        """Return a reader of *partition* of the log topic."""
        return KafkaLog(self.broker.bootstrap, LOG, partition)

    async def records_folded(self) -> int:
        """Return the number of records that are folded, over all partitions."""
        cursors = [await self.partition_store(number).cursor() for number in range(PARTITIONS)]
        return sum(int(cursor.get("next") or b"0") for cursor in cursors)

    @property
    def stop_message(self) -> str:
        """Why a partition is stopped; empty where none is."""
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
        """Return whether an outbox still holds an entry."""
        return any([await self.partition_store(number).outbox() for number in range(PARTITIONS)])

    async def read_studies(self) -> AsyncIterator[Study]:
        """Yield every study as loaded from its stored row."""
        for number in range(PARTITIONS):
            store = self.partition_store(number)
            for name in await store.studies():
                yield load_row(name, await store.row(name)).study

    def start_delivery(self, routing: RoutingConfig, sinks: Mapping[str, Sink]) -> None:
        """Deliver notifications by *routing* to *sinks* for as long as the worker runs."""
        self.deliverer = Deliverer(self.broker.bootstrap, routing, sinks, log_all_sinks=True)
        self.worker_process.app.task(self.deliverer.run)

    @property
    def is_delivered(self) -> bool:
        """Whether delivery has sent everything up to the alerts that were read so far."""
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
        """The shell command after which the commands of Tocsin use this broker and this store."""
        values = {
            "BROKER": self.broker.bootstrap,
            "STORE": self.store.url,
            "LOG_PARTITIONS": f"{PARTITIONS}",
        }
        return " ".join(
            ["export", *(f"{ENV_PREFIX}{name}={quote(value)}" for name, value in values.items())]
        )

    async def disconnect(self) -> None:
        """Close the alert readers, and begin to stop the worker as on SIGTERM."""
        for log in self.alert_feed.logs:
            await log.close()
        self.stop_task = asyncio.create_task(self.worker_process.service.stop())

    def close(self) -> None:
        """Stop the broker and the store, and discard their data."""
        self.store.close()
        self.broker.close()
