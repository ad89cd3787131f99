"""Deliverers with one decision taken otherwise: the simulation must tell them from the product."""

from __future__ import annotations

from alerts.notification.due import Notice, entry
from alerts.notification.notification_log import Outcome, Route
from streams.delivery.alert_partition import Desk, Take
from streams.delivery.partition_delivery import Delivery
from streams.delivery.route_sender import Errand
from streams.log import Log
from tests.streams.delivery.crash import Cast


class NotesFirst(Errand):
    """Writes down that it has sent before it sends."""

    async def _tell(self, notice: Notice) -> None:
        self._owe(notice.key, entry(Outcome.SENT, notice.alert, self.clock()))
        await self._settle()
        await self.sink.send(notice)


class NeverNotes(Errand):
    """Believes that to remember is to have written down."""

    async def _settle(self) -> None:
        self.owed.clear()


class NeverReminds(Errand):
    """Leaves an Alertmanager to itself."""

    async def _remind(self) -> None:
        """Nothing."""


class AnswersForTheSink(Errand):
    """Takes an answer that was lost for a yes."""

    async def _tell(self, notice: Notice) -> None:
        try:
            await super()._tell(notice)
        except Exception:
            self._owe(notice.key, entry(Outcome.SENT, notice.alert, self.clock()))


class NeverReadsTheLedger(Desk):
    """Knows what it has sent itself."""

    async def _follow(self, name: str, log: Log, take: Take) -> None:
        if name != "notified":
            await super()._follow(name, log, take)


def with_errand(kind: type[Errand]) -> Cast:
    """Deliverers that do their errands as *kind* does."""

    class Mutant(Delivery):
        def errand(self, route: Route) -> Errand:
            plain = super().errand(route)
            return kind(
                plain.desk,
                plain.deployment,
                plain.route,
                plain.sink,
                plain.meter,
                plain.stopping,
                plain.clock,
            )

    return Cast(delivery=Mutant)


MUTANTS: dict[str, tuple[Cast, bool]] = {
    "notes first": (with_errand(NotesFirst), False),
    "never notes": (with_errand(NeverNotes), False),
    "never reminds": (with_errand(NeverReminds), False),
    "answers for the sink": (with_errand(AnswersForTheSink), False),
    "never reads the ledger": (Cast(desk=NeverReadsTheLedger), True),
}
"""Each with whether a quiet day must show it: there, nothing may come twice."""
