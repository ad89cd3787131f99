"""The relay: everything the fold has to say reaches Kafka, in order, and is crossed off after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Undelivered
from streams.outbox.relay import WAVE_MAX, Relay, waves
from streams.store import Fields
from streams.store.memory import OUTBOX, MemoryStore
from tests.streams.list_log import KeptLog
from tests.streams.list_sender import Sent


@dataclass
class Table:
    """A partition with an outbox, a log, and somebody who takes messages."""

    waiting: Fields
    log: KeptLog = field(default_factory=lambda: KeptLog(partition=8))
    sent: Sent = field(default_factory=Sent)
    store: MemoryStore = field(default_factory=MemoryStore)
    hour: float = 0

    def __post_init__(self) -> None:
        self.store.set(OUTBOX, self.waiting)
        self.relay = Relay(self.log, self.store, self.sent, 4, clock=lambda: self.hour)

    def pass_on(self) -> None:
        asyncio.run(self.relay.pass_on())

    @property
    def left(self) -> list[str]:
        return sorted(asyncio.run(self.store.outbox()))


def alert(name: str, revision: int) -> str:
    return f"a|{name}|{revision:06}"


def reason(why: str = "not JSON", detail: str = "line 1") -> bytes:
    return orjson.dumps({"reason": why, "detail": detail})


def test_an_alert_is_told_as_it_was_written_and_crossed_off():
    """The key names alert and revision; the partition follows from the alert alone."""
    table = Table({alert("dvt", 1): b'{"id":"dvt"}'})

    table.pass_on()

    (told,) = table.sent.messages
    assert (told.topic, told.key, told.value) == ("safety.alerts.v1", b"dvt:1", b'{"id":"dvt"}')
    assert told.partition == partition_of("dvt", 4)
    assert table.left == []


def test_revisions_of_an_alert_are_told_in_order():
    """A reader that takes the latest revision must never see an older one after it."""
    names = [alert(name, revision) for name in ("pe", "dvt") for revision in (10, 2, 1)]
    table = Table(dict.fromkeys(names, b"{}"))

    table.pass_on()

    for name in ("pe", "dvt"):
        told = [key for key in table.sent.keys if key.startswith(name)]
        assert told == [f"{name}:1", f"{name}:2", f"{name}:10"]


def test_a_later_revision_waits_for_an_earlier_one_that_failed():
    """Revision 2 is not sent while the broker has no revision 1; other alerts are."""
    table = Table(dict.fromkeys([alert("dvt", 1), alert("dvt", 2), alert("pe", 1)], b"{}"))
    table.sent.failing = {b"dvt:1"}

    with pytest.raises(Undelivered):
        table.pass_on()

    assert table.sent.keys == ["pe:1"]
    assert table.left == [alert("dvt", 1), alert("dvt", 2)]
    table.sent.failing.clear()
    table.pass_on()
    assert table.sent.keys == ["pe:1", "dvt:1", "dvt:2"]
    assert table.left == []


def test_a_record_set_aside_keeps_its_bytes_and_is_given_its_reason():
    """The letter has the very bytes, where they lie, and the headers Kafka Streams would write."""
    table = Table({})
    table.log.append(b'{"fine": 1}')
    table.log.append(b"\xff\x00 not JSON")
    table.store.set(OUTBOX, {f"d|{1:020}": reason()})

    table.pass_on()

    (letter,) = table.sent.messages
    assert (letter.topic, letter.partition) == ("trial.dead-letter.v1", 0)
    assert (letter.key, letter.value) == (b"trial.log.v1:8:1", b"\xff\x00 not JSON")
    assert dict(letter.headers) == {
        "__streams.errors.exception": b"not JSON",
        "__streams.errors.message": b"line 1",
        "__streams.errors.topic": b"trial.log.v1",
        "__streams.errors.partition": b"8",
        "__streams.errors.offset": b"1",
    }
    assert table.left == []


def test_a_record_that_the_log_has_lost_is_told_of_without_its_bytes():
    """The relay does not wait for ever for what can never be read again."""
    table = Table({f"d|{offset:020}": reason() for offset in (0, 2)})
    table.log.first = 1
    table.log.append(b"fine")

    table.pass_on()

    assert [letter.value for letter in table.sent.messages] == [None, None]
    assert table.left == []


def test_many_letters_go_in_turns():
    """A letter may have a mebibyte: not all of an outbox is held in memory at once."""
    names = [f"d|{offset:020}" for offset in range(3 * WAVE_MAX + 1)]

    assert [len(wave) for wave in waves(names)] == [WAVE_MAX] * 3 + [1]
    assert [name for wave in waves(names) for name in wave] == names


def test_how_long_the_oldest_has_been_waiting_is_known():
    """An outbox that nobody takes from is a silent one: readiness looks at its age."""
    table = Table({alert("dvt", 1): b"{}"})
    table.sent.failing = {b"dvt:1"}
    for hour in (100, 107):
        table.hour = hour
        with pytest.raises(Undelivered):
            table.pass_on()

    assert table.relay.waiting_seconds == 7
    table.sent.failing.clear()
    table.pass_on()
    assert table.relay.waiting_seconds == 0


def test_that_an_alert_waits_is_not_known_in_the_open():
    """Nor a review that was refused: that either exists tells of an arm.  A broken record may."""
    table = Table({alert("dvt", 1): b"{}", f"d|{7:020}": reason("bad_signature")})
    table.sent.failing = {b"dvt:1", b"trial.log.v1:8:7"}
    for hour in (100, 107):
        table.hour = hour
        with pytest.raises(Undelivered):
            table.pass_on()
    relay = table.relay

    assert (relay.waiting_seconds, relay.openly_waiting_seconds) == (7, 0)
    assert not relay.waits_openly
    table.store.set(OUTBOX, table.waiting | {f"d|{8:020}": reason()})
    table.sent.failing |= {b"trial.log.v1:8:8"}
    for hour in (110, 115):  # A broken record comes to it.
        table.hour = hour
        with pytest.raises(Undelivered):
            table.pass_on()
    assert relay.openly_waiting_seconds == 5 and relay.waits_openly


def test_alerts_that_cannot_be_told_hold_up_no_broken_record():
    """However many they are: else anybody could see by what waits that something rang."""
    alerts = [alert(f"{number:03}", 1) for number in range(2 * WAVE_MAX)]
    table = Table(dict.fromkeys(alerts, b"{}") | {f"d|{7:020}": reason()})
    table.sent.failing = {name.split("|")[1].encode() + b":1" for name in alerts}

    with pytest.raises(Undelivered):
        table.pass_on()

    assert table.sent.keys == ["trial.log.v1:8:7"] and not table.relay.waits_openly
