"""The relay: everything the fold has to say reaches Kafka, in order, and is crossed off after."""

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
    """A partition with an outbox, a log, and somebody who takes messages."""

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


def refusal_bytes(why: str = "not JSON", detail: str = "line 1") -> bytes:
    return orjson.dumps({"reason": why, "detail": detail})


def test_an_alert_is_told_as_it_was_written_and_crossed_off():
    """The key names alert and revision; the partition follows from the alert alone."""
    table = RelaySetup({alert_entry("dvt", 1): b'{"id":"dvt"}'})

    table.publish()

    (told,) = table.sender.messages
    assert (told.topic, told.key, told.value) == ("safety.alerts.v1", b"dvt:1", b'{"id":"dvt"}')
    assert told.partition == partition_of("dvt", 4)
    assert table.remaining == []


def test_revisions_of_an_alert_are_told_in_order():
    """A reader that takes the latest revision must never see an older one after it."""
    names = [alert_entry(name, revision) for name in ("pe", "dvt") for revision in (10, 2, 1)]
    table = RelaySetup(dict.fromkeys(names, b"{}"))

    table.publish()

    for name in ("pe", "dvt"):
        told = [key for key in table.sender.keys if key.startswith(name)]
        assert told == [f"{name}:1", f"{name}:2", f"{name}:10"]


def test_a_later_revision_waits_for_an_earlier_one_that_failed():
    """Revision 2 is not sent while the broker has no revision 1; other alerts are."""
    table = RelaySetup(
        dict.fromkeys([alert_entry("dvt", 1), alert_entry("dvt", 2), alert_entry("pe", 1)], b"{}")
    )
    table.sender.failing_keys = {b"dvt:1"}

    with pytest.raises(Undelivered):
        table.publish()

    assert table.sender.keys == ["pe:1"]
    assert table.remaining == [alert_entry("dvt", 1), alert_entry("dvt", 2)]
    table.sender.failing_keys.clear()
    table.publish()
    assert table.sender.keys == ["pe:1", "dvt:1", "dvt:2"]
    assert table.remaining == []


def test_a_record_set_aside_keeps_its_bytes_and_is_given_its_reason():
    """The letter has the very bytes, where they lie, and the headers Kafka Streams would write."""
    table = RelaySetup({})
    table.log.append(b'{"fine": 1}')
    table.log.append(b"\xff\x00 not JSON")
    table.store.set(OUTBOX, {f"d|{1:020}": refusal_bytes()})

    table.publish()

    (letter,) = table.sender.messages
    assert (letter.topic, letter.partition) == ("trial.dead-letter.v1", 0)
    assert (letter.key, letter.value) == (b"trial.log.v1:8:1", b"\xff\x00 not JSON")
    assert dict(letter.headers) == {
        "__streams.errors.exception": b"not JSON",
        "__streams.errors.message": b"line 1",
        "__streams.errors.topic": b"trial.log.v1",
        "__streams.errors.partition": b"8",
        "__streams.errors.offset": b"1",
    }
    assert table.remaining == []


def test_a_record_that_the_log_has_lost_is_told_of_without_its_bytes():
    """The relay does not wait for ever for what can never be read again."""
    table = RelaySetup({f"d|{offset:020}": refusal_bytes() for offset in (0, 2)})
    table.log.first = 1
    table.log.append(b"fine")

    table.publish()

    assert [letter.value for letter in table.sender.messages] == [None, None]
    assert table.remaining == []


def test_many_letters_go_in_turns():
    """A letter may have a mebibyte: not all of an outbox is held in memory at once."""
    names = [f"d|{offset:020}" for offset in range(3 * BATCH_MAX + 1)]

    assert [len(wave) for wave in send_batches(names)] == [BATCH_MAX] * 3 + [1]
    assert [name for wave in send_batches(names) for name in wave] == names


def test_how_long_the_oldest_has_been_waiting_is_known():
    """An outbox that nobody takes from is a silent one: readiness looks at its age."""
    table = RelaySetup({alert_entry("dvt", 1): b"{}"})
    table.sender.failing_keys = {b"dvt:1"}
    for hour in (100, 107):
        table.now = hour
        with pytest.raises(Undelivered):
            table.publish()

    assert table.relay.waiting_seconds == 7
    table.sender.failing_keys.clear()
    table.publish()
    assert table.relay.waiting_seconds == 0


def test_that_an_alert_waits_is_not_known_in_the_open():
    """Nor a review that was refused: that either exists tells of an arm.  A broken record may."""
    table = RelaySetup({alert_entry("dvt", 1): b"{}", f"d|{7:020}": refusal_bytes("bad_signature")})
    table.sender.failing_keys = {b"dvt:1", b"trial.log.v1:8:7"}
    for hour in (100, 107):
        table.now = hour
        with pytest.raises(Undelivered):
            table.publish()
    relay = table.relay

    assert (relay.waiting_seconds, relay.open_waiting_seconds) == (7, 0)
    assert not relay.has_open_entries
    table.store.set(OUTBOX, table.pending | {f"d|{8:020}": refusal_bytes()})
    table.sender.failing_keys |= {b"trial.log.v1:8:8"}
    for hour in (110, 115):  # A broken record comes to it.
        table.now = hour
        with pytest.raises(Undelivered):
            table.publish()
    assert relay.open_waiting_seconds == 5 and relay.has_open_entries


def test_alerts_that_cannot_be_told_hold_up_no_broken_record():
    """However many they are: else anybody could see by what waits that something rang."""
    alerts = [alert_entry(f"{number:03}", 1) for number in range(2 * BATCH_MAX)]
    table = RelaySetup(dict.fromkeys(alerts, b"{}") | {f"d|{7:020}": refusal_bytes()})
    table.sender.failing_keys = {name.split("|")[1].encode() + b":1" for name in alerts}

    with pytest.raises(Undelivered):
        table.publish()

    assert table.sender.keys == ["trial.log.v1:8:7"] and not table.relay.has_open_entries
