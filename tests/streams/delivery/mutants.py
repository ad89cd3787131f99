"""Deliverers with one decision taken otherwise: the simulation must tell them from the product."""

from __future__ import annotations

from alerts.notification.due import Notification, log_entry
from alerts.notification.notification_log import NotificationOutcome, Route
from streams.delivery.alert_partition import AlertPartition, RecordHandler
from streams.delivery.partition_delivery import PartitionDelivery
from streams.delivery.route_sender import RouteSender
from streams.log import Log
from tests.streams.delivery.crash import ClassesUnderTest


class LogsBeforeSending(RouteSender):
    """Writes down that it has sent before it sends."""

    async def _send_one(self, notification: Notification) -> None:
        self._add_unlogged(
            notification.key, log_entry(NotificationOutcome.SENT, notification.alert, self.clock())
        )
        await self._log_unlogged()
        await self.sink.send(notification)


class NeverLogs(RouteSender):
    """Believes that to remember is to have written down."""

    async def _log_unlogged(self) -> None:
        self.unlogged.clear()


class NeverResends(RouteSender):
    """Leaves an Alertmanager to itself."""

    async def _resend_firing(self) -> None:
        """Nothing."""


class TreatsFailureAsSent(RouteSender):
    """Takes an answer that was lost for a yes."""

    async def _send_one(self, notification: Notification) -> None:
        try:
            await super()._send_one(notification)
        except Exception:
            self._add_unlogged(
                notification.key,
                log_entry(NotificationOutcome.SENT, notification.alert, self.clock()),
            )


class NeverReadsNotificationLog(AlertPartition):
    """Knows what it has sent itself."""

    async def _read_to_end(self, name: str, log: Log, handle: RecordHandler) -> None:
        if name != "notified":
            await super()._read_to_end(name, log, handle)


def with_route_sender(kind: type[RouteSender]) -> ClassesUnderTest:
    """Deliverers that do their errands as *kind* does."""

    class Mutant(PartitionDelivery):
        def create_route_sender(self, route: Route) -> RouteSender:
            plain = super().create_route_sender(route)
            return kind(
                plain.alert_partition,
                plain.routing,
                plain.route,
                plain.sink,
                plain.meter,
                plain.is_stopping,
                plain.clock,
            )

    return ClassesUnderTest(partition_delivery=Mutant)


MUTANTS: dict[str, tuple[ClassesUnderTest, bool]] = {
    "notes first": (with_route_sender(LogsBeforeSending), False),
    "never notes": (with_route_sender(NeverLogs), False),
    "never reminds": (with_route_sender(NeverResends), False),
    "answers for the sink": (with_route_sender(TreatsFailureAsSent), False),
    "never reads the ledger": (ClassesUnderTest(alert_partition=NeverReadsNotificationLog), True),
}
"""Each with whether a quiet day must show it: there, nothing may come twice."""
