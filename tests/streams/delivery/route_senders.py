"""An errand by itself, with a sink that does as it is told and an hour that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from alerts.notification.audiences import deployment
from alerts.notification.due import Notice
from alerts.notification.notification_log import Route
from streams.delivery.alert_partition import Desk
from streams.delivery.route_sender import Errand
from streams.metrics import DeliveryMeter
from streams.sinks import SinkDown, SinkRefuses
from tests.alerts.notification.published_alerts import BOARD, FILE
from tests.streams.list_log import KeptLog
from tests.streams.list_sender import Sent


@dataclass
class Taker:
    """A sink that takes, refuses some, breaks on some, is down, or would not be reminded."""

    reminds: bool = False
    down: bool = False
    unreminded: bool = False
    refusing: set[str] = field(default_factory=set[str])
    breaking: set[str] = field(default_factory=set[str])
    got: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    reminded: list[list[tuple[str, int, int]]] = field(
        default_factory=list[list[tuple[str, int, int]]]
    )

    async def send(self, notice: Notice) -> None:
        if self.down or notice.alert.id in self.breaking:
            raise SinkDown("told to be down")
        if notice.alert.id in self.refusing:
            raise SinkRefuses("told to refuse")
        self.got.append((notice.alert.id, notice.alert.revision))

    async def remind(self, notices: Sequence[Notice]) -> None:
        if self.down:
            raise SinkDown("told to be down")
        if self.unreminded:
            raise SinkRefuses("told to hear no reminder")
        self.reminded.append([(n.alert.id, n.alert.revision, len(n.ended)) for n in notices])

    async def close(self) -> None: ...


@dataclass
class Post:
    """An errand at its desk, with an hour that stands still until it is moved."""

    route: Route = BOARD
    sink: Taker = field(default_factory=Taker)
    sent: Sent = field(default_factory=Sent)
    alerts: KeptLog = field(default_factory=KeptLog)
    notified: KeptLog = field(default_factory=KeptLog)
    hour: float = 0.0
    stopped: bool = False

    def __post_init__(self) -> None:
        self.desk = Desk(0, self.alerts, self.notified, self.sent, steady=lambda: self.hour)
        self.meter = DeliveryMeter([self.route.sink])
        self.take_up()

    def take_up(self) -> Post:
        """The partition is ours, maybe again: the desk is where it was left."""
        self.errand = Errand(
            self.desk,
            deployment(FILE),
            self.route,
            self.sink,
            self.meter,
            stopping=lambda: self.stopped,
            clock=lambda: 1_800_000_000 + self.hour,
        )
        return self

    def announce(self, *values: bytes) -> Post:
        for value in values:
            self.alerts.append(value)
        return self

    def round(self, after: float = 0.0, *, read: bool = True) -> Post:
        self.hour += after

        async def go() -> None:
            if read:
                await self.desk.read()
            await self.errand.round()

        asyncio.run(go())
        return self

    @property
    def written(self) -> list[tuple[str, str]]:
        return [
            ((each.key or b"").decode(), orjson.loads(each.value or b"{}")["outcome"])
            for each in self.sent.messages
        ]
