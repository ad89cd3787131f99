"""Nobody answers: deliverers on a real Kafka call the next audience, whoever dies."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from alerts.notification.notification_log import Route
from tests.alerts.notification.published_alerts import answer, wire
from tests.contract.deliverers import Site
from tests.contract.demo_life import beside, key
from tests.contract.processes import Worker, until
from tests.streams.sinks.webhook_receiver import Receiver

pytestmark = pytest.mark.kafka

WITHIN_SECONDS = 4

CALLED = """
secret_file = "ref.key"

[[sink]]
name = "pager"
kind = "webhook"
url = "{pager}"
secret_file = "hook.key"
allow_private = true

[[sink]]
name = "phone"
kind = "webhook"
url = "{phone}"
secret_file = "hook.key"
allow_private = true

[[audience]]
name = "board"
sinks = ["pager"]
escalates_to = "chair"
acknowledge_within = "{within}s"

[[audience]]
name = "chair"
sinks = ["phone"]
"""

SILENT, ANSWERED = "alert0", beside("alert0")
BOARD, CHAIR = Route("board", "pager"), Route("chair", "phone")


@dataclass
class Calls:
    """Deliverers at a site, and the receivers of the board and of the chair."""

    site: Site
    pager: Receiver
    phone: Receiver

    def raised(self, *names: str) -> None:
        """Raise alerts, and wait until the board is told of them."""
        self.site.announce(*((name, 1, wire(id=name)) for name in names))
        keys = {key("pager", 1, name) for name in names}
        until(lambda: keys <= {*self.pager.keys}, "the board to be told")

    def acknowledged(self, name: str) -> None:
        """A member of the board answers."""
        self.site.announce((name, 2, answer(2, id=name)))

    def told(self, route: Route) -> Hours:
        """The hour of each revision that the ledger has as sent on *route*, by alert."""
        ledger = self.site.standing().ledger
        found = {name: dict(ledger.sent(route, name)) for name in (SILENT, ANSWERED)}
        return {name: hours for name, hours in found.items() if hours}

    def end(self, deliverer: Worker) -> None:
        """The chair was called for what nobody answered, not too soon, and for nothing else."""
        until(lambda: key("pager", 2, ANSWERED) in self.pager.keys, "the board to hear the answer")
        until(lambda: self.phone.keys != [], "the chair to be called")
        assert deliverer.end() == 0, deliverer.words
        board, chair = self.told(BOARD), self.told(CHAIR)
        assert (revisions(board), revisions(chair)) == (
            {SILENT: {1}, ANSWERED: {1, 2}},
            {SILENT: {1}},
        )
        after = chair[SILENT][1] - board[SILENT][1]
        print(f"the chair was called {after:.2f} s after the board")
        assert after >= WITHIN_SECONDS
        assert self.phone.keys == [key("phone", 1, SILENT, "chair")]
        assert len(self.pager.keys) == 3 and self.pager.forged + self.phone.forged == 0


Hours = dict[str, dict[int, float]]


def revisions(told: Hours) -> dict[str, set[int]]:
    """Which revisions of each alert were told."""
    return {name: set(hours) for name, hours in told.items()}


async def play(course: Callable[[Calls], None], site: Site) -> None:
    """Let *course* happen at *site*, to both receivers."""
    async with Receiver().open() as pager, Receiver().open() as phone:
        site.write(CALLED.format(pager=pager.url, phone=phone.url, within=WITHIN_SECONDS))
        await asyncio.to_thread(course, Calls(site, pager, phone))


async def test_the_chair_is_called_where_nobody_answers_in_time(delivery: Site):
    """The alert that is acknowledged was told first: it would have been due before the other."""
    await play(answered_in_time, delivery)


def answered_in_time(calls: Calls) -> None:
    deliverer = calls.site.start()
    calls.raised(ANSWERED)
    calls.acknowledged(ANSWERED)
    calls.raised(SILENT)
    calls.end(deliverer)


async def test_the_chair_is_called_though_who_told_the_board_was_killed(delivery: Site):
    """The hour is in the ledger: another deliverer goes by it, and tells the board no more."""
    await play(killed, delivery)


def killed(calls: Calls) -> None:
    first = calls.site.start()
    calls.raised(ANSWERED, SILENT)
    until(lambda: {*calls.told(BOARD)} == {SILENT, ANSWERED}, "it to be written down")
    first.end(signal.SIGKILL)
    calls.acknowledged(ANSWERED)
    calls.end(calls.site.start())
