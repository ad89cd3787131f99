"""Back-off where the notification log cannot be written, and where a route has a defect."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from alerts.notification.audiences import parse_routing_config
from streams.delivery.alert_partition import AlertPartition
from streams.delivery.partition_delivery import POLL_SECONDS, PartitionDelivery
from streams.delivery.route_sender import BACKOFF_SECONDS_MAX, Backoff
from streams.kafka.sender import Message, Undelivered
from streams.metrics import DeliveryMeter
from tests.alerts.notification.published_alerts import DELIVERY_FILE, alert_bytes
from tests.streams.delivery.route_senders import FakeSink
from tests.streams.list_log import ListLog


@dataclass
class RefusingSender:
    """A sender that refuses every message while *refuses* is set, and counts the attempts."""

    refuses: bool = True
    attempts: list[str] = field(default_factory=list[str])
    written: list[str] = field(default_factory=list[str])

    async def send(self, message: Message) -> int:
        await asyncio.sleep(0)
        key = (message.key or b"").decode()
        self.attempts.append(key)
        if self.refuses:
            raise Undelivered("the log refuses")
        self.written.append(key)
        return len(self.written) - 1


@dataclass
class BrokenSink(FakeSink):
    """A sink with a defect: it raises what no sink may raise."""

    attempts: int = 0

    async def send(self, notification: object) -> None:
        self.attempts += 1
        raise ZeroDivisionError("a defect")


@dataclass
class Delivered:
    """A delivery of two alerts to *sink* on every route, with a log that *sender* writes."""

    sink: FakeSink = field(default_factory=FakeSink)
    sender: RefusingSender = field(default_factory=RefusingSender)
    now: float = 0.0

    def __post_init__(self) -> None:
        alerts = ListLog()
        for name in ("1a", "2b"):
            alerts.append(alert_bytes(id=name))
        config = parse_routing_config(DELIVERY_FILE)
        sinks = dict.fromkeys(config.sinks, self.sink)
        self.partition = AlertPartition(
            0, alerts, ListLog(), self.sender, monotonic_clock=lambda: self.now
        )
        self.delivery = PartitionDelivery(
            self.partition, config, sinks, DeliveryMeter(sinks), clock=lambda: self.now
        )

    async def read(self, after: float) -> None:
        """Let *after* seconds pass, read once, and let every route act on it."""
        self.now += after
        reads = self.partition.reads_completed
        self.delivery.wake()
        await self.partition.wait_for_read(reads)
        await asyncio.sleep(0.05)


async def test_an_unwritable_log_is_tried_once_a_read_and_nothing_is_sent_meanwhile():
    """Each route has sent one notification that no log has; a second would be one too many."""
    delivered = Delivered()
    delivered.delivery.start()
    await delivered.read(after=0)
    after_first = len(delivered.sender.attempts)
    for _ in range(3):
        await delivered.read(after=POLL_SECONDS)
    attempts = len(delivered.sender.attempts)
    errors = {each.error for each in delivered.delivery.route_senders if each.error}
    received = [name for name, _ in delivered.sink.received]
    delivered.sender.refuses = False
    await delivered.read(after=POLL_SECONDS)
    await delivered.delivery.stop()

    assert (attempts - after_first, errors) == (3 * 2, {"the log refuses"})
    assert received == ["1a", "1a"]
    assert sorted(delivered.sender.written) == sorted(
        f"board|{sink}|{name}|1" for sink in ("pager", "bell") for name in ("1a", "2b")
    )


async def test_a_route_with_a_defect_is_tried_again_after_one_two_and_four_seconds():
    """It must neither end the others nor turn in a loop."""
    sink = BrokenSink()
    delivered = Delivered(sink=sink, sender=RefusingSender(refuses=False))
    delivered.delivery.start()
    attempts: list[int] = []
    for _ in range(9):
        await delivered.read(after=1.0)
        attempts.append(sink.attempts)
    errors = {each.error for each in delivered.delivery.route_senders if each.error}
    await delivered.delivery.stop()

    assert errors == {"ZeroDivisionError: a fault of ours"}
    # Two routes fail at second 1, then one, two and four seconds later.
    assert attempts == [2, 4, 4, 6, 6, 6, 6, 8, 8]


@pytest.mark.parametrize(
    ("failures", "pause"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, BACKOFF_SECONDS_MAX), (40, 60)]
)
def test_a_backoff_doubles_up_to_a_minute_and_is_forgotten_after_a_success(
    failures: int, pause: float
):
    """One second after the first failure."""
    backoff = Backoff()
    for _ in range(failures):
        backoff.increase(100.0)
    assert (backoff.failures, backoff.until) == (failures, 100.0 + pause)

    backoff.reset()
    assert backoff == Backoff()
