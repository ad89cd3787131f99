"""A deliverer that has lost its partition sends nothing, whatever it was about to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from alerts.notification.audiences import parse_routing_config
from alerts.notification.due import Notification
from streams.delivery.alert_partition import FRESH_SECONDS, AlertPartition
from streams.delivery.partition_delivery import PartitionDelivery
from streams.delivery.route_sender import RESEND_SECONDS, RESOLVED_RESEND_SECONDS
from streams.metrics import DeliveryMeter
from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    DELIVERY_FILE,
    alert_bytes,
    closure,
)
from tests.streams.delivery.route_senders import FakeSink, RouteSenderSetup
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender

THREE = [alert_bytes(id=name) for name in ("1a", "2b", "3c")]


@dataclass
class EndingSink(FakeSink):
    """A sink during whose first send the partition ends: it is revoked, or *pause* passes."""

    setup: RouteSenderSetup | None = None
    pause: float | None = None

    async def send(self, notification: Notification) -> None:
        await super().send(notification)
        assert self.setup is not None
        if self.pause is None:
            self.setup.stopped = True
        else:
            self.setup.now += self.pause


def setup_ending(pause: float | None = None) -> RouteSenderSetup:
    """A route to an Alertmanager whose partition ends during the first send."""
    sink = EndingSink(needs_resend=True, pause=pause)
    sink.setup = RouteSenderSetup(route=ALERTMANAGER, sink=sink)
    return sink.setup.publish(*THREE)


def test_a_partition_that_is_revoked_during_a_send_sends_no_other_notification():
    """What was being sent is logged; the next owner sends the rest, and posts again."""
    setup = setup_ending().run_round()

    assert [name for name, _ in setup.sink.received] == ["1a"]
    assert setup.sink.resent == []
    assert setup.logged == [("board|bell|1a|1", "sent")]


@pytest.mark.parametrize(("pause", "sent"), [(0.0, 3), (FRESH_SECONDS, 2), (FRESH_SECONDS + 1, 1)])
def test_a_process_that_was_paused_sends_nothing_more_before_it_reads_again(
    pause: float, sent: int
):
    """Another member may own the partition by now; the log says what it has sent."""
    setup = setup_ending(pause).run_round()

    assert len(setup.sink.received) == sent
    assert bool(setup.sink.resent) is (sent == 3)


def test_a_revoked_partition_posts_nothing_again():
    """Two owners that repeat an alert would keep it firing after the one has seen it closed."""
    setup = RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
    setup.publish(THREE[0]).run_round()
    setup.stopped = True
    setup.run_round(after=RESEND_SECONDS)

    assert len(setup.sink.resent) == 1


def test_an_outdated_read_posts_nothing_again():
    """The alert may have been closed since; the resend follows the next read."""
    setup = RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
    setup.publish(THREE[0]).run_round()
    setup.run_round(after=RESEND_SECONDS, read=False)
    assert len(setup.sink.resent) == 1

    setup.run_round(after=1)
    assert len(setup.sink.resent) == 2


def test_an_ended_alert_is_posted_for_exactly_five_minutes():
    """As Prometheus does: an Alertmanager that restarts in between still hears of the end."""
    setup = RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
    setup.publish(alert_bytes(), closure(2)).run_round()
    first = setup.now
    while setup.now < first + RESOLVED_RESEND_SECONDS + 2 * RESEND_SECONDS:
        setup.run_round(after=RESEND_SECONDS)

    posted = [bool(each) for each in setup.sink.resent]
    assert RESOLVED_RESEND_SECONDS == 5 * RESEND_SECONDS
    assert posted == [True] * 6 + [False] * 2


@dataclass
class BlockedSink(FakeSink):
    """A sink whose first send waits until *release* is set."""

    release: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, notification: Notification) -> None:
        self.entered.set()
        await self.release.wait()
        await super().send(notification)


def delivery_of(values: Sequence[bytes], sink: FakeSink) -> PartitionDelivery:
    """The delivery of a partition whose alerts are *values*, with *sink* on every route."""
    alerts = ListLog()
    for value in values:
        alerts.append(value)
    config = parse_routing_config(DELIVERY_FILE)
    sinks = dict.fromkeys(config.sinks, sink)
    partition = AlertPartition(0, alerts, ListLog(), ListSender())
    return PartitionDelivery(partition, config, sinks, DeliveryMeter(sinks), clock=lambda: 1.0)


async def test_a_stop_completes_the_send_at_hand_and_begins_no_other():
    """Each of the two routes of the board is in its first send when the partition is revoked."""
    sink = BlockedSink()
    delivery = delivery_of(THREE, sink)
    delivery.start()
    await asyncio.wait_for(sink.entered.wait(), 10)
    await asyncio.sleep(0)
    stopping = asyncio.create_task(delivery.stop())
    await asyncio.sleep(0)
    sink.release.set()
    await stopping

    assert [name for name, _ in sink.received] == ["1a", "1a"]
    assert all(task.done() for task in delivery.tasks)


async def test_a_delivery_that_was_stopped_sends_nothing_that_is_published_later():
    """No task of it is left that could."""
    sink = FakeSink()
    delivery = delivery_of([], sink)
    delivery.start()
    await asyncio.sleep(0.05)
    await delivery.stop()
    alerts = delivery.alert_partition.alerts
    assert isinstance(alerts, ListLog)
    alerts.append(THREE[0])
    delivery.wake()
    await asyncio.sleep(0.05)

    assert sink.received == []
