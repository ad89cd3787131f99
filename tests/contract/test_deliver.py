"""Tests of ``tocsin deliver`` with real processes, Kafka, Alertmanager and webhook receiver."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts.notification.notification_log import NotificationOutcome, Route
from streams.delivery.route_sender import BACKOFF_SECONDS_MAX
from streams.kafka.topics import ALERTS
from streams.local.alertmanager_server import AlertmanagerServer
from tests.alerts.notification.published_alerts import alert_bytes, closure
from tests.contract.closed_page import closed_page_settings, read_closed_page
from tests.contract.commands import tocsin
from tests.contract.deliverers import DelivererSite
from tests.streams.sinks.webhook_receiver import WebhookReceiver
from tocsin.commands.deliver import format_duration

pytestmark = pytest.mark.kafka

NAMES = [f"alert{number}" for number in range(8)]
ROUTES = [Route("board", sink) for sink in ("pager", "bell", "bus")]

PATIENCE_SECONDS = 2 * BACKOFF_SECONDS_MAX
"""Longer than a route may wait after a sink that did not confirm in time, as on a slow machine."""


@pytest.fixture
def site(delivery: DelivererSite) -> DelivererSite:
    return delivery


def revisions_of(number: int, names: list[str] = NAMES) -> list[tuple[str, int, bytes]]:
    return [(name, number, alert_bytes(id=name, revision=number)) for name in names]


async def wait_until(condition: Callable[[], bool], what: str) -> float:
    """Wait until *condition* holds; return the seconds that it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() < start + PATIENCE_SECONDS, f"waited in vain for {what}"
        await asyncio.sleep(0.05)
    return time.monotonic() - start


@dataclass
class NotificationTimer:
    """Waits for a number of distinct notifications and prints how long it took."""

    receiver: WebhookReceiver

    async def __call__(self, keys: int, what: str) -> None:
        took = await wait_until(lambda: len(set(self.receiver.keys)) == keys, what)
        print(f"{what}: {took:.2f} s")


@pytest.mark.campaign
async def test_every_alert_is_notified_once_while_deliverers_fail(
    site: DelivererSite, alertmanager: AlertmanagerServer
):
    """One of two deliverers is frozen, one is killed, and all alerts are published again.

    By its key each revision is notified once, the notification log has every outcome, and the
    Alertmanager fires for open alerts only.
    """
    async with WebhookReceiver().open() as receiver:
        site.configure(hook=receiver.url, alertmanager=alertmanager.url)
        wait_notified = NotificationTimer(receiver)
        first, second = site.start(), site.start()
        await asyncio.to_thread(site.wait_ready, first, second)
        site.publish(*revisions_of(1))
        await wait_notified(8, "eight alerts are notified")
        first.process.send_signal(signal.SIGSTOP)
        site.publish(*revisions_of(2))
        await wait_notified(16, "the other deliverer sends for the frozen owner")
        first.process.send_signal(signal.SIGCONT)
        second.stop(signal.SIGKILL)
        site.publish(*revisions_of(3))
        await wait_notified(24, "the other deliverer sends for the killed owner")
        third = site.start()
        await asyncio.to_thread(site.wait_ready, first, third)
        site.publish(*revisions_of(1), *revisions_of(2), *revisions_of(3))
        site.publish(("alert0", 4, closure(4, id="alert0")))
        await wait_notified(25, "of the alerts published again only the new revision is notified")
        await wait_until(lambda: len(alertmanager.alerts()) == 7, "the closed alert to be resolved")
        await wait_until(
            lambda: len(site.read_topic("hospital.calls")) >= 25, "the messages of the Kafka sink"
        )
        assert [each.stop() for each in (first, third)] == [0, 0]
    check_sent_once(receiver, site)
    check_notification_log(site)


def check_sent_once(receiver: WebhookReceiver, site: DelivererSite) -> None:
    """Check that each of 25 notifications has one key and one body, and other keys on Kafka."""
    assert receiver.forged == 0
    bodies = dict(zip(receiver.keys, receiver.bodies, strict=True))
    assert len(bodies) == len(set(receiver.bodies)) == 25
    print(f"{len(receiver.keys) - 25} notifications came twice, under the same keys")
    kafka_keys = {record.key.decode() for record in site.read_topic("hospital.calls")}
    assert len(kafka_keys) == 25 and not kafka_keys & set(receiver.keys)


def check_notification_log(site: DelivererSite) -> None:
    """Check that the log has every revision on every route, and the latest as sent."""
    state = site.delivery_state()
    assert state.unreadable == 0 and state.notification_log.mismatches == set()
    for name in NAMES:
        latest = 4 if name == "alert0" else 3
        for route in ROUTES:
            entries = state.notification_log.entries_of(route, name)
            assert sorted(entries) == list(range(1, latest + 1))
            assert entries[latest].outcome is NotificationOutcome.SENT


async def test_a_backlog_is_notified_once_per_alert_and_the_rest_is_logged_as_superseded(
    site: DelivererSite, alertmanager: AlertmanagerServer
):
    """After a time without deliverers each alert is notified once, at its latest revision."""
    site.publish(*revisions_of(1), *revisions_of(2), *revisions_of(3))
    async with WebhookReceiver().open() as receiver:
        site.configure(hook=receiver.url, alertmanager=alertmanager.url)
        metrics_settings = closed_page_settings(site.folder)
        address = metrics_settings["METRICS_CLOSED"]
        deliverer = site.start(**metrics_settings)
        await wait_until(lambda: len(receiver.keys) == 8, "one notification per alert")
        await wait_until(
            lambda: entry_count(site) == 3 * 3 * 8, "the superseded revisions to be logged"
        )
        expected = 'safety_signals_delivered{study="PRODERM"} 8.0'
        await wait_until(lambda: expected in read_closed_page(address), "the metric")
        assert 'safety_notifications_total{channel="pager"} 8.0' in read_closed_page(address)
        assert deliverer.stop() == 0

    assert len(receiver.keys) == 8
    outcomes = [
        [entry.outcome.value for _, entry in sorted(entries.items())]
        for entries in site.delivery_state().notification_log.entries.values()
    ]
    assert outcomes == [["superseded", "superseded", "sent"]] * 24


def entry_count(site: DelivererSite) -> int:
    """Return the number of entries in the notification log."""
    return sum(len(entries) for entries in site.delivery_state().notification_log.entries.values())


async def test_a_sink_that_is_down_delays_no_other_and_loses_nothing(
    site: DelivererSite, alertmanager: AlertmanagerServer
):
    """The pager is notified while the Alertmanager is stopped, which is notified later."""
    alertmanager.stop()
    async with WebhookReceiver().open() as receiver:
        site.configure(hook=receiver.url, alertmanager=alertmanager.url)
        metrics_settings = closed_page_settings(site.folder)
        deliverer = site.start(**metrics_settings)
        await asyncio.to_thread(site.wait_ready, deliverer)
        site.publish(*revisions_of(1))
        took = await wait_until(lambda: len(receiver.keys) == 8, "the notifications of the pager")
        print(f"the pager was notified within {took:.2f} s")
        address = metrics_settings["METRICS_CLOSED"]
        failing = 'safety_channel_failing{channel="bell",why="ClientConnectorError"} 1.0'
        await wait_until(lambda: failing in read_closed_page(address), "the failing metric")
        alertmanager.start()
        await wait_until(lambda: len(alertmanager.alerts()) == 8, "the alerts in the Alertmanager")
        recovered = 'safety_channel_failing{channel="bell",why=""} 0.0'
        await wait_until(lambda: recovered in read_closed_page(address), "the recovered metric")
        assert deliverer.stop() == 0

    # A failing sink reveals that there is an alert, so the open output does not mention it.
    assert deliverer.output == f"tocsin: delivering {ALERTS}; http://{deliverer.health}/readyz\n"


async def test_the_same_revision_with_other_content_is_logged_as_a_mismatch_and_not_sent(
    site: DelivererSite, alertmanager: AlertmanagerServer
):
    """Another log was folded: the notification log keeps both hashes, and nothing is sent."""
    async with WebhookReceiver().open() as receiver:
        site.configure(hook=receiver.url, alertmanager=alertmanager.url)
        deliverer = site.start()
        site.publish(*revisions_of(1, ["alert0"]))
        await wait_until(lambda: len(receiver.keys) == 1, "the first notification")
        site.publish(("alert0", 1, alert_bytes(id="alert0", e_value=4.5)))
        await wait_until(
            lambda: bool(site.delivery_state().notification_log.mismatches), "the mismatch"
        )
        assert deliverer.stop() == 0

    assert len(receiver.keys) == 1
    (mismatch,) = site.delivery_state().notification_log.mismatches
    assert (mismatch.alert, mismatch.revision) == ("alert0", 1)


def test_a_delivery_file_is_checked_without_a_broker(tmp_path: Path):
    """`--check` prints audiences and sinks; a mistake is exit code 2 and one line."""
    site = DelivererSite("127.0.0.1:1", tmp_path)
    site.configure(hook="http://127.0.0.1:1/hook", alertmanager="http://127.0.0.1:2")
    file = str(tmp_path / "delivery.toml")

    valid = tocsin("deliver", "--check", DELIVERY_FILE=file)
    assert (valid.returncode, valid.stderr) == (0, "")
    assert valid.stdout == (
        "board: at once, all studies, signal, case, sees reference by pager (webhook),"
        " bell (alertmanager), bus (kafka)\n"
    )
    assert [format_duration(each) for each in (1800, 86_400, 90)] == ["30 minutes", "1 day", "90 s"]
    (tmp_path / "hook.key").unlink()
    for settings, expected in (
        ({"DELIVERY_FILE": file}, "hook.key cannot be read: No such file or directory."),
        ({"DELIVERY_FILE": str(tmp_path / "none")}, "cannot be read"),
        ({}, "TOCSIN_DELIVERY_FILE"),
    ):
        invalid = tocsin("deliver", "--check", **settings)
        assert (invalid.returncode, invalid.stdout) == (2, "")
        assert expected in invalid.stderr and len(invalid.stderr.splitlines()) == 1


def test_an_unreachable_broker_is_exit_code_4(tmp_path: Path):
    """An unreachable broker ends the command at once, with one line."""
    site = DelivererSite("127.0.0.1:1", tmp_path)
    site.configure(hook="http://127.0.0.1:1/hook", alertmanager="http://127.0.0.1:2")

    result = tocsin("deliver", DELIVERY_FILE=str(tmp_path / "delivery.toml"), BROKER=site.broker)

    assert result.returncode == 4 and len(result.stderr.splitlines()) == 1
