"""``tocsin deliver`` as it is run: real processes, broker, Alertmanager and receiver."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts.notification.notification_log import NotificationOutcome, Route
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


@pytest.fixture
def site(delivery: DelivererSite) -> DelivererSite:
    return delivery


def revisions_of(number: int, names: list[str] = NAMES) -> list[tuple[str, int, bytes]]:
    return [(name, number, alert_bytes(id=name, revision=number)) for name in names]


async def wait_until(done: Callable[[], bool], what: str) -> float:
    """Wait for *done* and say how many seconds it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() < began + 60, f"waited 60 s for {what}"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@dataclass
class NotificationTimer:
    """A receiver, and how long it takes until it has so many different notices."""

    receiver: WebhookReceiver

    async def __call__(self, keys: int, what: str) -> None:
        took = await wait_until(lambda: len(set(self.receiver.keys)) == keys, what)
        print(f"{what}: {took:.2f} s")


async def test_everybody_is_told_whoever_dies_and_nobody_twice(
    site: DelivererSite, alertmanager: AlertmanagerServer
):
    """Two share the partitions; one sleeps, one is killed; a store is built anew; one is stopped.

    The receiver that honours the key has each revision once; the ledger says what became of each;
    the Alertmanager rings for what is open.
    """
    async with WebhookReceiver().open() as receiver:
        site.configure(hook=receiver.url, alertmanager=alertmanager.url)
        told = NotificationTimer(receiver)
        first, second = site.start(), site.start()
        await asyncio.to_thread(site.wait_ready, first, second)
        site.publish(*revisions_of(1))
        await told(8, "eight alerts are told")
        first.process.send_signal(signal.SIGSTOP)
        site.publish(*revisions_of(2))
        await told(16, "what a sleeping owner should have told, the other tells")
        first.process.send_signal(signal.SIGCONT)
        second.stop(signal.SIGKILL)
        site.publish(*revisions_of(3))
        await told(24, "what a killed owner should have told, the other tells")
        third = site.start()
        await asyncio.to_thread(site.wait_ready, first, third)
        site.publish(*revisions_of(1), *revisions_of(2), *revisions_of(3))
        site.publish(("alert0", 4, closure(4, id="alert0")))
        await told(25, "a store that is built anew tells nobody but what is new")
        await wait_until(lambda: len(alertmanager.alerts()) == 7, "the closed alert to be over")
        await wait_until(
            lambda: len(site.read_topic("hospital.calls")) >= 25, "the other cluster to be told"
        )
        assert [each.stop() for each in (first, third)] == [0, 0]
    check_sent_once(receiver, site)
    check_notification_log(site)


def check_sent_once(receiver: WebhookReceiver, site: DelivererSite) -> None:
    """Each of the 25 notices has one key and one body; the other cluster has keys of its own."""
    assert receiver.forged == 0
    bodies = dict(zip(receiver.keys, receiver.bodies, strict=True))
    assert len(bodies) == len(set(receiver.bodies)) == 25
    print(f"{len(receiver.keys) - 25} notices came twice, under their keys")
    calls = {record.key.decode() for record in site.read_topic("hospital.calls")}
    assert len(calls) == 25 and not calls & set(receiver.keys)


def check_notification_log(site: DelivererSite) -> None:
    """The ledger knows every revision on every route, and the latest as sent."""
    standing = site.delivery_state()
    assert standing.unreadable == 0 and standing.notification_log.mismatches == set()
    for name in NAMES:
        latest = 4 if name == "alert0" else 3
        for route in ROUTES:
            entries = standing.notification_log.entries_of(route, name)
            assert sorted(entries) == list(range(1, latest + 1))
            assert entries[latest].outcome is NotificationOutcome.SENT


async def test_a_backlog_is_told_once_and_the_rest_is_recorded(
    site: DelivererSite, alertmanager: AlertmanagerServer
):
    """Nobody delivered for a while: each alert calls once, with its latest revision."""
    site.publish(*revisions_of(1), *revisions_of(2), *revisions_of(3))
    async with WebhookReceiver().open() as receiver:
        site.configure(hook=receiver.url, alertmanager=alertmanager.url)
        closed = closed_page_settings(site.folder)
        address = closed["METRICS_CLOSED"]
        deliverer = site.start(**closed)
        await wait_until(lambda: len(receiver.keys) == 8, "one notice an alert")
        await wait_until(
            lambda: entry_count(site) == 3 * 3 * 8, "all that was superseded to be noted"
        )
        wanted = 'safety_signals_delivered{study="PRODERM"} 8.0'
        await wait_until(lambda: wanted in read_closed_page(address), "the numbers to say so")
        assert 'safety_notifications_total{channel="pager"} 8.0' in read_closed_page(address)
        assert deliverer.stop() == 0

    assert len(receiver.keys) == 8
    outcomes = [
        [entry.outcome.value for _, entry in sorted(entries.items())]
        for entries in site.delivery_state().notification_log.entries.values()
    ]
    assert outcomes == [["superseded", "superseded", "sent"]] * 24


def entry_count(site: DelivererSite) -> int:
    """How many entries the ledger has."""
    return sum(len(entries) for entries in site.delivery_state().notification_log.entries.values())


async def test_a_sink_that_is_down_delays_no_other_and_loses_nothing(
    site: DelivererSite, alertmanager: AlertmanagerServer
):
    """The Alertmanager is gone: the pager rings as ever, and what it missed it hears later."""
    alertmanager.stop()
    async with WebhookReceiver().open() as receiver:
        site.configure(hook=receiver.url, alertmanager=alertmanager.url)
        closed = closed_page_settings(site.folder)
        deliverer = site.start(**closed)
        await asyncio.to_thread(site.wait_ready, deliverer)
        site.publish(*revisions_of(1))
        took = await wait_until(lambda: len(receiver.keys) == 8, "the pager to ring")
        print(f"the pager rang within {took:.2f} s")
        address = closed["METRICS_CLOSED"]
        failing = 'safety_channel_failing{channel="bell",why="ClientConnectorError"} 1.0'
        await wait_until(lambda: failing in read_closed_page(address), "it to be said")
        alertmanager.start()
        await wait_until(lambda: len(alertmanager.alerts()) == 8, "the Alertmanager to hear of it")
        well = 'safety_channel_failing{channel="bell",why=""} 0.0'
        await wait_until(lambda: well in read_closed_page(address), "it to be said")
        assert deliverer.stop() == 0

    # That it fails tells that it had something to take: not in the open.
    assert deliverer.output == f"tocsin: delivering {ALERTS}; http://{deliverer.health}/readyz\n"


async def test_the_same_revision_with_other_content_is_a_finding_and_no_page(
    site: DelivererSite, alertmanager: AlertmanagerServer
):
    """Another log was folded: the ledger keeps both hashes, and nobody is called."""
    async with WebhookReceiver().open() as receiver:
        site.configure(hook=receiver.url, alertmanager=alertmanager.url)
        deliverer = site.start()
        site.publish(*revisions_of(1, ["alert0"]))
        await wait_until(lambda: len(receiver.keys) == 1, "the first to be told")
        site.publish(("alert0", 1, alert_bytes(id="alert0", e_value=4.5)))
        await wait_until(
            lambda: bool(site.delivery_state().notification_log.mismatches), "the finding"
        )
        assert deliverer.stop() == 0

    assert len(receiver.keys) == 1
    (finding,) = site.delivery_state().notification_log.mismatches
    assert (finding.alert, finding.revision) == ("alert0", 1)


def test_a_file_is_checked_without_a_broker(tmp_path: Path):
    """Who is told by what is printed; a mistake is named in one line, exit code 2."""
    site = DelivererSite("127.0.0.1:1", tmp_path)
    site.configure(hook="http://127.0.0.1:1/hook", alertmanager="http://127.0.0.1:2")
    file = str(tmp_path / "delivery.toml")

    good = tocsin("deliver", "--check", DELIVERY_FILE=file)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout == (
        "board: at once, all studies, signal, case, sees reference by pager (webhook),"
        " bell (alertmanager), bus (kafka)\n"
    )
    assert [format_duration(each) for each in (1800, 86_400, 90)] == ["30 minutes", "1 day", "90 s"]
    (tmp_path / "hook.key").unlink()
    for settings, says in (
        ({"DELIVERY_FILE": file}, "hook.key cannot be read: No such file or directory."),
        ({"DELIVERY_FILE": str(tmp_path / "none")}, "cannot be read"),
        ({}, "TOCSIN_DELIVERY_FILE"),
    ):
        bad = tocsin("deliver", "--check", **settings)
        assert (bad.returncode, bad.stdout) == (2, "")
        assert says in bad.stderr and len(bad.stderr.splitlines()) == 1


def test_no_broker_is_exit_code_4(tmp_path: Path):
    """At once and in one line."""
    site = DelivererSite("127.0.0.1:1", tmp_path)
    site.configure(hook="http://127.0.0.1:1/hook", alertmanager="http://127.0.0.1:2")

    done = tocsin("deliver", DELIVERY_FILE=str(tmp_path / "delivery.toml"), BROKER=site.broker)

    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1
