"""Deliverers with one defect each, which the simulation must detect."""

from __future__ import annotations

from alerts.notification.due import Notification, log_entry
from alerts.notification.notification_log import NotificationOutcome, Route
from streams.delivery.alert_partition import AlertPartition, RecordHandler
from streams.delivery.partition_delivery import PartitionDelivery
from streams.delivery.route_sender import RouteSender
from streams.log import Log
from tests.streams.delivery.crash import ClassesUnderTest


class LogsBeforeSending(RouteSender):
    """Logs a notification as sent before it is sent."""

    async def _send_one(self, notification: Notification) -> None:
        self._add_unlogged(
            notification.key, log_entry(NotificationOutcome.SENT, notification.alert, self.clock())
        )
        await self._log_unlogged()
        await self.sink.send(notification)


class NeverLogs(RouteSender):
    """Discards the entries instead of logging them."""

    async def _log_unlogged(self) -> None:
        self.unlogged.clear()


class NeverResends(RouteSender):
    """Never resends firing alerts to an Alertmanager."""

    async def _resend_firing(self) -> None:
        """Do nothing."""


class TreatsFailureAsSent(RouteSender):
    """Logs a failed notification as sent."""

    async def _send_one(self, notification: Notification) -> None:
        try:
            await super()._send_one(notification)
        except Exception:
            self._add_unlogged(
                notification.key,
                log_entry(NotificationOutcome.SENT, notification.alert, self.clock()),
            )


class NeverReadsNotificationLog(AlertPartition):
    """Ignores the entries of other deliverers."""

    async def _read_to_end(self, name: str, log: Log, handle: RecordHandler) -> None:
        if name != "notified":
            await super()._read_to_end(name, log, handle)


def with_route_sender(kind: type[RouteSender]) -> ClassesUnderTest:
    """Return the delivery classes with *kind* as their route sender."""

    class Mutant(PartitionDelivery):
        def create_route_sender(self, route: Route) -> RouteSender:
            original = super().create_route_sender(route)
            return kind(
                original.alert_partition,
                original.routing,
                original.route,
                original.sink,
                original.meter,
                original.is_stopping,
                original.clock,
            )

    return ClassesUnderTest(partition_delivery=Mutant)


MUTANTS: dict[str, tuple[ClassesUnderTest, bool]] = {
    "logs before sending": (with_route_sender(LogsBeforeSending), False),
    "never logs": (with_route_sender(NeverLogs), False),
    "never resends": (with_route_sender(NeverResends), False),
    "treats failure as sent": (with_route_sender(TreatsFailureAsSent), False),
    "never reads the notification log": (
        ClassesUnderTest(alert_partition=NeverReadsNotificationLog),
        True,
    ),
}
"""The classes of each mutant, and whether a quiet run must detect it by a repetition."""
