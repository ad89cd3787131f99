"""The whole line in one process: an embedded broker, an embedded store, and the real worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

from alerts.notification.audiences import Deployment
from monitor.state.study import Study
from streams.delivery.deliverer import Deliverer
from streams.kafka.topics import ALERTS, AUDIT, DEAD_LETTERS, LOG, NOTIFIED
from streams.local.embedded import PARTITIONS, EmbeddedBroker, EmbeddedStore
from streams.local.ports import free_ports
from streams.log.kafka import KafkaLog
from streams.outbox.published import Announced
from streams.settings import OFF, PREFIX, TOPIC, Settings
from streams.sinks import Sink
from streams.store import LIVE
from streams.store.function import load
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from streams.store.rows.load import restore
from streams.worker.process import Live


@dataclass(slots=True)
class Stage:
    """Broker, store and worker; nothing of it outlives it.

    If it is *shared*, other processes can use broker and store meanwhile.
    """

    shared: bool = False
    broker: EmbeddedBroker = field(init=False)
    store: EmbeddedStore = field(init=False)
    settings: Settings = field(init=False)
    live: Live = field(init=False)
    client: Any = field(init=False)
    announced: Announced = field(init=False)
    deliverer: Deliverer | None = None
    stopping: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.broker = EmbeddedBroker()
        self.broker.make((LOG, ALERTS, DEAD_LETTERS, NOTIFIED, AUDIT))
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
            audit=TOPIC,
        )
        # The mock broker's transaction markers have no checksum.
        self.live = Live(self.settings, self.kept, check_crcs=False)
        self.client = self.store.connected()
        self.live.loop.run_until_complete(load(self.client))
        bootstrap = self.broker.bootstrap
        alerts = [KafkaLog(bootstrap, ALERTS, number) for number in range(PARTITIONS)]
        self.announced = Announced(alerts)

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

    def tell(self, plan: Deployment, sinks: Mapping[str, Sink]) -> None:
        """Have people told, for as long as the worker runs."""
        self.deliverer = Deliverer(self.broker.bootstrap, plan, sinks, candid=True)
        self.live.app.task(self.deliverer.run)

    @property
    def told(self) -> bool:
        """Whether whoever is told knows all that was heard so far."""
        if self.deliverer is None:
            return True
        ours, heard = self.deliverer.deliveries, self.announced.heard
        return len(ours) == PARTITIONS and all(
            each.idle and each.desk.places.get("alerts", 0) >= heard.get(number, 0)
            for number, each in ours.items()
        )

    @property
    def exports(self) -> str:
        """What a shell must be told so that its commands come to this broker and this store."""
        places = {
            "BROKER": self.broker.bootstrap,
            "STORE": self.store.url,
            "LOG_PARTITIONS": f"{PARTITIONS}",
        }
        return " ".join(
            ["export", *(f"{PREFIX}{name}={quote(value)}" for name, value in places.items())]
        )

    async def leave(self) -> None:
        """Disconnect, and have the worker stop as on SIGTERM."""
        for log in self.announced.logs:
            await log.close()
        self.stopping = asyncio.create_task(self.live.service.stop())

    def close(self) -> None:
        """End broker and store, with all they hold."""
        self.store.close()
        self.broker.close()
