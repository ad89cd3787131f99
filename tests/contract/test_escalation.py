"""Tests of escalation: deliverers notify the next audience of unacknowledged alerts."""

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
    """A deliverer site, and the receivers of the board and of the chair."""

    site: DelivererSite
    pager: WebhookReceiver
    phone: WebhookReceiver

    def raise_alerts(self, *names: str) -> None:
        """Publish alerts, and wait until the board is notified."""
        self.site.publish(*((name, 1, alert_bytes(id=name)) for name in names))
        keys = {idempotency_key("pager", 1, name) for name in names}
        wait_until(lambda: keys <= {*self.pager.keys}, "the notifications of the board")

    def acknowledge(self, name: str) -> None:
        """Publish the acknowledgement of an alert."""
        self.site.publish((name, 2, acknowledgement(2, id=name)))

    def sent_times(self, route: Route) -> SentTimes:
        """Return by alert the time of each revision that is logged as sent on *route*."""
        notification_log = self.site.delivery_state().notification_log
        times_by_alert = {
            name: dict(notification_log.sent_revisions(route, name))
            for name in (UNACKNOWLEDGED, ACKNOWLEDGED)
        }
        return {name: times for name, times in times_by_alert.items() if times}

    def check_and_stop(self, deliverer: CommandProcess) -> None:
        """Check that only the unacknowledged alert was escalated, and not too soon; then stop."""
        wait_until(
            lambda: idempotency_key("pager", 2, ACKNOWLEDGED) in self.pager.keys,
            "the board to be notified of the acknowledgement",
        )
        wait_until(lambda: self.phone.keys != [], "the notification of the chair")
        assert deliverer.stop() == 0, deliverer.output
        board, chair = self.sent_times(BOARD), self.sent_times(CHAIR)
        assert (revisions(board), revisions(chair)) == (
            {UNACKNOWLEDGED: {1}, ACKNOWLEDGED: {1, 2}},
            {UNACKNOWLEDGED: {1}},
        )
        delay = chair[UNACKNOWLEDGED][1] - board[UNACKNOWLEDGED][1]
        print(f"the chair was notified {delay:.2f} s after the board")
        assert delay >= WITHIN_SECONDS
        assert self.phone.keys == [idempotency_key("phone", 1, UNACKNOWLEDGED, "chair")]
        assert len(self.pager.keys) == 3 and self.pager.forged + self.phone.forged == 0


SentTimes = dict[str, dict[int, float]]


def revisions(sent: SentTimes) -> dict[str, set[int]]:
    """Return which revisions of each alert were sent."""
    return {name: set(times) for name, times in sent.items()}


async def run_scenario(scenario: Callable[[EscalationSetup], None], site: DelivererSite) -> None:
    """Run *scenario* at *site* with a receiver for each audience."""
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as phone:
        site.write_delivery_file(
            DELIVERY_FILE.format(pager=pager.url, phone=phone.url, within=WITHIN_SECONDS)
        )
        await asyncio.to_thread(scenario, EscalationSetup(site, pager, phone))


async def test_the_chair_is_notified_of_an_unacknowledged_alert(delivery: DelivererSite):
    """The acknowledged alert was notified first and would have been escalated first."""
    await run_scenario(acknowledge_in_time, delivery)


def acknowledge_in_time(setup: EscalationSetup) -> None:
    deliverer = setup.site.start()
    setup.raise_alerts(ACKNOWLEDGED)
    setup.acknowledge(ACKNOWLEDGED)
    setup.raise_alerts(UNACKNOWLEDGED)
    setup.check_and_stop(deliverer)


async def test_an_alert_is_escalated_after_its_deliverer_was_killed(delivery: DelivererSite):
    """Another deliverer uses the time in the log, and does not notify the board again."""
    await run_scenario(kill_deliverer, delivery)


def kill_deliverer(setup: EscalationSetup) -> None:
    first = setup.site.start()
    setup.raise_alerts(ACKNOWLEDGED, UNACKNOWLEDGED)
    wait_until(
        lambda: {*setup.sent_times(BOARD)} == {UNACKNOWLEDGED, ACKNOWLEDGED},
        "the entries in the notification log",
    )
    first.stop(signal.SIGKILL)
    setup.acknowledge(ACKNOWLEDGED)
    setup.check_and_stop(setup.site.start())
