"""Nobody answers: deliverers on a real Kafka call the next audience, whoever dies."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from alerts.notification.notification_log import Route
from tests.alerts.notification.published_alerts import acknowledgement, alert_bytes
from tests.contract.deliverers import DelivererSite
from tests.contract.live_system import idempotency_key, same_partition_alert
from tests.contract.processes import CommandProcess, wait_until
from tests.streams.sinks.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.kafka

WITHIN_SECONDS = 4

DELIVERY_FILE = """
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

UNACKNOWLEDGED, ACKNOWLEDGED = "alert0", same_partition_alert("alert0")
BOARD, CHAIR = Route("board", "pager"), Route("chair", "phone")


@dataclass
class EscalationSetup:
    """Deliverers at a site, and the receivers of the board and of the chair."""

    site: DelivererSite
    pager: WebhookReceiver
    phone: WebhookReceiver

    def raise_alerts(self, *names: str) -> None:
        """Raise alerts, and wait until the board is told of them."""
        self.site.publish(*((name, 1, alert_bytes(id=name)) for name in names))
        keys = {idempotency_key("pager", 1, name) for name in names}
        wait_until(lambda: keys <= {*self.pager.keys}, "the board to be told")

    def acknowledge(self, name: str) -> None:
        """A member of the board answers."""
        self.site.publish((name, 2, acknowledgement(2, id=name)))

    def sent_times(self, route: Route) -> SentTimes:
        """The hour of each revision that the ledger has as sent on *route*, by alert."""
        ledger = self.site.delivery_state().notification_log
        found = {
            name: dict(ledger.sent_revisions(route, name))
            for name in (UNACKNOWLEDGED, ACKNOWLEDGED)
        }
        return {name: hours for name, hours in found.items() if hours}

    def check_and_stop(self, deliverer: CommandProcess) -> None:
        """The chair was called for what nobody answered, not too soon, and for nothing else."""
        wait_until(
            lambda: idempotency_key("pager", 2, ACKNOWLEDGED) in self.pager.keys,
            "the board to hear the answer",
        )
        wait_until(lambda: self.phone.keys != [], "the chair to be called")
        assert deliverer.stop() == 0, deliverer.output
        board, chair = self.sent_times(BOARD), self.sent_times(CHAIR)
        assert (revisions(board), revisions(chair)) == (
            {UNACKNOWLEDGED: {1}, ACKNOWLEDGED: {1, 2}},
            {UNACKNOWLEDGED: {1}},
        )
        after = chair[UNACKNOWLEDGED][1] - board[UNACKNOWLEDGED][1]
        print(f"the chair was called {after:.2f} s after the board")
        assert after >= WITHIN_SECONDS
        assert self.phone.keys == [idempotency_key("phone", 1, UNACKNOWLEDGED, "chair")]
        assert len(self.pager.keys) == 3 and self.pager.forged + self.phone.forged == 0


SentTimes = dict[str, dict[int, float]]


def revisions(told: SentTimes) -> dict[str, set[int]]:
    """Which revisions of each alert were told."""
    return {name: set(hours) for name, hours in told.items()}


async def run_scenario(course: Callable[[EscalationSetup], None], site: DelivererSite) -> None:
    """Let *course* happen at *site*, to both receivers."""
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as phone:
        site.write_delivery_file(
            DELIVERY_FILE.format(pager=pager.url, phone=phone.url, within=WITHIN_SECONDS)
        )
        await asyncio.to_thread(course, EscalationSetup(site, pager, phone))


async def test_the_chair_is_called_where_nobody_answers_in_time(delivery: DelivererSite):
    """The alert that is acknowledged was told first: it would have been due before the other."""
    await run_scenario(acknowledge_in_time, delivery)


def acknowledge_in_time(calls: EscalationSetup) -> None:
    deliverer = calls.site.start()
    calls.raise_alerts(ACKNOWLEDGED)
    calls.acknowledge(ACKNOWLEDGED)
    calls.raise_alerts(UNACKNOWLEDGED)
    calls.check_and_stop(deliverer)


async def test_the_chair_is_called_though_who_told_the_board_was_killed(delivery: DelivererSite):
    """The hour is in the ledger: another deliverer goes by it, and tells the board no more."""
    await run_scenario(kill_deliverer, delivery)


def kill_deliverer(calls: EscalationSetup) -> None:
    first = calls.site.start()
    calls.raise_alerts(ACKNOWLEDGED, UNACKNOWLEDGED)
    wait_until(
        lambda: {*calls.sent_times(BOARD)} == {UNACKNOWLEDGED, ACKNOWLEDGED},
        "it to be written down",
    )
    first.stop(signal.SIGKILL)
    calls.acknowledge(ACKNOWLEDGED)
    calls.check_and_stop(calls.site.start())
