"""Publishes every outbox entry to Kafka in order, and removes it afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Undelivered
from streams.outbox.relay import BATCH_MAX, OutboxRelay, send_batches
from streams.store import Fields
from streams.store.memory import OUTBOX, MemoryStore
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender


@dataclass
class RelaySetup:
    """A relay with the *pending* outbox entries of one partition, its log and a sender."""

    pending: Fields
    log: ListLog = field(default_factory=lambda: ListLog(partition=8))
    sender: ListSender = field(default_factory=ListSender)
    store: MemoryStore = field(default_factory=MemoryStore)
    now: float = 0

    def __post_init__(self) -> None:
        self.store.set(OUTBOX, self.pending)
        self.relay = OutboxRelay(self.log, self.store, self.sender, 4, clock=lambda: self.now)

    def publish(self) -> None:
        asyncio.run(self.relay.publish_pending())

    @property
    def remaining(self) -> list[str]:
        return sorted(asyncio.run(self.store.outbox()))


def alert_entry(name: str, revision: int) -> str:
    return f"a|{name}|{revision:06}"


def refusal_bytes(reason: str = "not JSON", detail: str = "line 1") -> bytes:
    return orjson.dumps({"reason": reason, "detail": detail})


def test_an_alert_is_published_unchanged_and_removed():
    """The key has alert and revision; the partition depends on the alert only."""
    setup = RelaySetup({alert_entry("dvt", 1): b'{"id":"dvt"}'})

    setup.publish()

    (message,) = setup.sender.messages
    assert (message.topic, message.key, message.value) == (
        "safety.alerts.v1",
        b"dvt:1",
        b'{"id":"dvt"}',
    )
    assert message.partition == partition_of("dvt", 4)
    assert setup.remaining == []


def test_revisions_of_an_alert_are_published_in_order():
    """A reader that uses the latest revision must never receive an older one after it."""
    names = [alert_entry(name, revision) for name in ("pe", "dvt") for revision in (10, 2, 1)]
    setup = RelaySetup(dict.fromkeys(names, b"{}"))

    setup.publish()

    for name in ("pe", "dvt"):
        keys = [key for key in setup.sender.keys if key.startswith(name)]
        assert keys == [f"{name}:1", f"{name}:2", f"{name}:10"]


def test_a_later_revision_waits_for_an_earlier_one_that_failed():
    """Revision 2 is not sent before the broker has revision 1; other alerts are sent."""
    setup = RelaySetup(
        dict.fromkeys([alert_entry("dvt", 1), alert_entry("dvt", 2), alert_entry("pe", 1)], b"{}")
    )
    setup.sender.failing_keys = {b"dvt:1"}

    with pytest.raises(Undelivered):
        setup.publish()

    assert setup.sender.keys == ["pe:1"]
    assert setup.remaining == [alert_entry("dvt", 1), alert_entry("dvt", 2)]
    setup.sender.failing_keys.clear()
    setup.publish()
    assert setup.sender.keys == ["pe:1", "dvt:1", "dvt:2"]
    assert setup.remaining == []


def test_a_dead_letter_has_the_bytes_and_the_reason_of_its_record():
    """It also has the record's position, in the headers that Kafka Streams writes."""
    setup = RelaySetup({})
    setup.log.append(b'{"fine": 1}')
    setup.log.append(b"\xff\x00 not JSON")
    setup.store.set(OUTBOX, {f"d|{1:020}": refusal_bytes()})

    setup.publish()

    (message,) = setup.sender.messages
    assert (message.topic, message.partition) == ("trial.dead-letter.v1", 0)
    assert (message.key, message.value) == (b"trial.log.v1:8:1", b"\xff\x00 not JSON")
    assert dict(message.headers) == {
        "__streams.errors.exception": b"not JSON",
        "__streams.errors.message": b"line 1",
        "__streams.errors.topic": b"trial.log.v1",
        "__streams.errors.partition": b"8",
        "__streams.errors.offset": b"1",
    }
    assert setup.remaining == []


def test_a_dead_letter_of_a_lost_record_is_published_without_bytes():
    """The relay must not wait for a record that can never be read again."""
    setup = RelaySetup({f"d|{offset:020}": refusal_bytes() for offset in (0, 2)})
    setup.log.first = 1
    setup.log.append(b"fine")

    setup.publish()

    assert [each.value for each in setup.sender.messages] == [None, None]
    assert setup.remaining == []


def test_many_dead_letters_are_sent_in_batches():
    """A dead letter may have one mebibyte, so an outbox is never in memory as a whole."""
    names = [f"d|{offset:020}" for offset in range(3 * BATCH_MAX + 1)]

    assert [len(batch) for batch in send_batches(names)] == [BATCH_MAX] * 3 + [1]
    assert [name for batch in send_batches(names) for name in batch] == names


def test_the_age_of_the_oldest_entry_is_known():
    """Alerts in an unpublished outbox reach no recipient, so readiness depends on its age."""
    setup = RelaySetup({alert_entry("dvt", 1): b"{}"})
    setup.sender.failing_keys = {b"dvt:1"}
    for now in (100, 107):
        setup.now = now
        with pytest.raises(Undelivered):
            setup.publish()

    assert setup.relay.waiting_seconds == 7
    setup.sender.failing_keys.clear()
    setup.publish()
    assert setup.relay.waiting_seconds == 0


def test_a_pending_alert_is_not_shown_on_open_pages():
    """A pending alert or refused review could unblind; another pending dead letter is shown."""
    setup = RelaySetup({alert_entry("dvt", 1): b"{}", f"d|{7:020}": refusal_bytes("bad_signature")})
    setup.sender.failing_keys = {b"dvt:1", b"trial.log.v1:8:7"}
    for now in (100, 107):
        setup.now = now
        with pytest.raises(Undelivered):
            setup.publish()
    relay = setup.relay

    assert (relay.waiting_seconds, relay.open_waiting_seconds) == (7, 0)
    assert not relay.has_open_entries
    setup.store.set(OUTBOX, setup.pending | {f"d|{8:020}": refusal_bytes()})
    setup.sender.failing_keys |= {b"trial.log.v1:8:8"}
    for now in (110, 115):  # The outbox now has an open entry too.
        setup.now = now
        with pytest.raises(Undelivered):
            setup.publish()
    assert relay.open_waiting_seconds == 5 and relay.has_open_entries


def test_alerts_that_cannot_be_published_do_not_delay_dead_letters():
    """Otherwise a delayed dead letter would show blinded people that an alert exists."""
    alerts = [alert_entry(f"{number:03}", 1) for number in range(2 * BATCH_MAX)]
    setup = RelaySetup(dict.fromkeys(alerts, b"{}") | {f"d|{7:020}": refusal_bytes()})
    setup.sender.failing_keys = {name.split("|")[1].encode() + b":1" for name in alerts}

    with pytest.raises(Undelivered):
        setup.publish()

    assert setup.sender.keys == ["trial.log.v1:8:7"] and not setup.relay.has_open_entries
