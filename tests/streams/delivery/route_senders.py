"""Sets up a route sender with a scripted sink and a manual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from alerts.notification.audiences import parse_routing_config
from alerts.notification.due import Notification
from alerts.notification.notification_log import Route
from streams.delivery.alert_partition import AlertPartition
from streams.delivery.route_sender import RouteSender
from streams.metrics import DeliveryMeter
from streams.sinks import SinkDown, SinkRefuses
from tests.alerts.notification.published_alerts import BOARD, DELIVERY_FILE
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender


@dataclass
class FakeSink:
    """A sink that accepts, is down, or fails or refuses certain alerts or resends."""

    needs_resend: bool = False
    down: bool = False
    refuses_resend: bool = False
    refused_ids: set[str] = field(default_factory=set[str])
    failing_ids: set[str] = field(default_factory=set[str])
    received: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    resent: list[list[tuple[str, int, int]]] = field(
        default_factory=list[list[tuple[str, int, int]]]
    )

    async def send(self, notification: Notification) -> None:
        if self.down or notification.alert.id in self.failing_ids:
            raise SinkDown("sink is down")
        if notification.alert.id in self.refused_ids:
            raise SinkRefuses("notification refused")
        self.received.append((notification.alert.id, notification.alert.revision))

    async def resend(self, notifications: Sequence[Notification]) -> None:
        if self.down:
            raise SinkDown("sink is down")
        if self.refuses_resend:
            raise SinkRefuses("resend refused")
        self.resent.append([(n.alert.id, n.alert.revision, len(n.resolved)) for n in notifications])

    async def close(self) -> None: ...


@dataclass
class RouteSenderSetup:
    """A route sender and its alert partition; *now* is their clock, in seconds."""

    route: Route = BOARD
    sink: FakeSink = field(default_factory=FakeSink)
    sender: ListSender = field(default_factory=ListSender)
    alerts: ListLog = field(default_factory=ListLog)
    notification_log: ListLog = field(default_factory=ListLog)
    now: float = 0.0
    stopped: bool = False

    def __post_init__(self) -> None:
        self.alert_partition = AlertPartition(
            0, self.alerts, self.notification_log, self.sender, monotonic_clock=lambda: self.now
        )
        self.meter = DeliveryMeter([self.route.sink])
        self.assign()

    def assign(self) -> RouteSenderSetup:
        """Create the route sender, as on assignment; the alert partition keeps its state."""
        self.route_sender = RouteSender(
            self.alert_partition,
            parse_routing_config(DELIVERY_FILE),
            self.route,
            self.sink,
            self.meter,
            is_stopping=lambda: self.stopped,
            clock=lambda: 1_800_000_000 + self.now,
        )
        return self

    def publish(self, *values: bytes) -> RouteSenderSetup:
        """Append alert revisions to the topic."""
        for value in values:
            self.alerts.append(value)
        return self

    def run_round(self, after: float = 0.0, *, read: bool = True) -> RouteSenderSetup:
        """Advance the clock by *after* seconds, read if *read*, and send what is due."""
        self.now += after

        async def read_and_send() -> None:
            if read:
                await self.alert_partition.catch_up()
            await self.route_sender.send_due()

        asyncio.run(read_and_send())
        return self

    @property
    def logged(self) -> list[tuple[str, str]]:
        """Return the key and outcome of each logged entry."""
        return [
            ((each.key or b"").decode(), orjson.loads(each.value or b"{}")["outcome"])
            for each in self.sender.messages
        ]
