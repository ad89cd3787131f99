"""One way to one audience, for one partition: sends what is due, and writes down that it did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from alerts.notification.audiences import Deployment
from alerts.notification.due import Notice, due, entry, firing
from alerts.notification.notification_log import Entry, Key, Outcome, Route
from streams.delivery.alert_partition import Desk
from streams.metrics import DeliveryMeter
from streams.sinks import Sink, SinkDown, SinkRefuses

REMIND_SECONDS = 60.0
ENDING_SECONDS = 300.0
"""How long an Alertmanager is told that something has ended: its own clients do the same."""

REST_SECONDS_MAX = 60.0

NOTED_MAX = 200
"""Entries written in one round: what is superseded can wait for what is to be sent."""


@dataclass(slots=True)
class Rest:
    """How often something has failed, and until when it is left alone."""

    failures: int = 0
    until: float = float("-inf")

    def longer(self, now: float) -> None:
        """It failed again: leave it alone for twice as long, a minute at most."""
        self.failures += 1
        self.until = now + min(REST_SECONDS_MAX, 2.0 ** (self.failures - 1))

    def over(self) -> None:
        """It went well."""
        self.failures, self.until = 0, float("-inf")


@dataclass(slots=True)
class Errand:
    """The errand of *route* at *desk*.

    *breaking* are notices on which the sink was down: it may be they that break it, so the others
    go first from then on, and what it must be reminded of.  *unreminded* is a sink that refused
    the last reminder.  *stopping* says whether the partition is about to be somebody else's.
    """

    desk: Desk
    deployment: Deployment
    route: Route
    sink: Sink
    meter: DeliveryMeter
    stopping: Callable[[], bool]
    clock: Callable[[], float] = time.time
    rest: Rest = field(default_factory=Rest)
    rests: dict[Key, Rest] = field(default_factory=dict[Key, Rest])
    reminded_at: float = float("-inf")
    ended: dict[Key, float] = field(default_factory=dict[Key, float])
    breaking: set[Key] = field(default_factory=set[Key])
    unreminded: bool = False
    trouble: str = ""

    @property
    def owed(self) -> dict[Key, Entry]:
        """Entries of what was sent here and is not yet written down.

        Before they are, nothing else is sent: whoever comes after us sends at most one notice
        again.
        """
        return self.desk.owed.setdefault(self.route, {})

    async def round(self) -> None:
        """Do what is to be done by what was read.  Raises Undelivered if it cannot be noted."""
        if self.desk.steady() < self.rest.until:
            return
        await self._settle()
        work = due(self.desk.standing, self.deployment, self.route, self.clock())
        waiting = {notice.key for notice in work.send}
        self.rests = {key: rest for key, rest in self.rests.items() if key in waiting}
        self.breaking &= waiting
        first = [notice for notice in work.send if notice.key not in self.breaking]
        again = [notice for notice in work.send if notice.key in self.breaking]
        try:
            if not await self._tell_all(first):
                return
            await self._remind()
            if not await self._tell_all(again):
                return
        except SinkDown as error:
            self._failed(str(error))
            self.rest.longer(self.desk.steady())
            return
        self.rest.over()
        self.trouble = self.trouble if self.rests or self.unreminded else ""
        # Nothing is superseded by what was refused.
        refused = {key.alert for key in self.rests}
        for key, noted in [each for each in work.note if each[0].alert not in refused][:NOTED_MAX]:
            self._owe(key, noted)
        await self._settle()

    async def _tell_all(self, notices: Sequence[Notice]) -> bool:
        """Send *notices*; False if from one of them on that is no longer ours to do."""
        for notice in notices:
            if self.stopping() or not self.desk.fresh:
                return False
            await self._tell(notice)
        return True

    async def _tell(self, notice: Notice) -> None:
        """Send *notice* and write it down; if it is refused, the others go first from now on."""
        rest = self.rests.get(notice.key, Rest())
        if self.desk.steady() < rest.until:
            return
        try:
            await self.sink.send(notice)
        except SinkDown:
            self.breaking.add(notice.key)
            raise
        except SinkRefuses as error:
            self._failed(str(error))
            rest.longer(self.desk.steady())
            self.rests[notice.key] = rest
            return
        self.rests.pop(notice.key, None)
        self.breaking.discard(notice.key)
        self.meter.tried(self.route.sink, failed=False)
        self._owe(notice.key, entry(Outcome.SENT, notice.alert, self.clock()))
        await self._settle()

    async def _remind(self) -> None:
        """Tell a sink that forgets of all that stands, once a minute and at the very first."""
        now = self.desk.steady()
        if not self.sink.reminds or now - self.reminded_at < REMIND_SECONDS:
            return
        if self.stopping() or not self.desk.fresh:
            return
        notices, self.unreminded = list(self._standing(now)), False
        try:
            await self.sink.remind(notices)
        except SinkRefuses as error:
            self.unreminded = True
            self._failed(str(error))
        self.reminded_at = now
        for notice in notices:
            self.ended.setdefault(notice.key, now)

    def _standing(self, now: float) -> Iterator[Notice]:
        """What is to be told again; of what has ended, only for a while."""
        for notice in firing(self.desk.standing, self.deployment, self.route, self.clock()):
            long_ago = now - self.ended.get(notice.key, now) > ENDING_SECONDS
            if not (long_ago and notice.alert.over):
                yield replace(notice, ended=()) if long_ago else notice

    def _owe(self, key: Key, noted: Entry) -> None:
        self.desk.standing.ledger.note(key, noted)
        self.owed[key] = noted

    async def _settle(self) -> None:
        for key, noted in list(self.owed.items()):
            await self.desk.note({key: noted})
            self.owed.pop(key, None)

    def _failed(self, why: str) -> None:
        self.meter.tried(self.route.sink, failed=True)
        self.trouble = why
