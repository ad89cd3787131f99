"""How fast a log is produced, on a clock that stands still unless somebody waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from streams.log.file import FileRecord
from streams.producers.pace import Rate, Schedule, Speed, Unpaced, parse_rate, parse_speed


@dataclass
class FakeClock:
    """Time passes only in a sleep, and when a test says so."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list[float])

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    @property
    def schedule(self) -> Schedule:
        return Schedule(lambda: self.now, self.sleep)


def record_known_at(text: str) -> FileRecord:
    return FileRecord(0, b"S", b'{"study":"S","known_at":"%s"}' % text.encode())


def waits_before(pace: Rate | Speed, clock: FakeClock, *records: FileRecord) -> list[float]:
    """How long is waited before each record."""

    async def play() -> None:
        for record in records:
            await pace.wait(record)

    asyncio.run(play())
    return [round(each, 6) for each in clock.waits]


def test_a_rate_is_even():
    """The first record goes at once, each other one after its share of a second."""
    clock = FakeClock()

    assert (
        waits_before(Rate(4, schedule=clock.schedule), clock, *[FileRecord(0, b"S", b"")] * 4)
        == [0.25] * 3
    )


def test_what_a_slow_broker_delays_is_made_up_for():
    """An open loop: the rate is that of the source, whoever falls behind."""
    clock = FakeClock()
    pace = Rate(10, schedule=clock.schedule)
    waits_before(pace, clock, *[FileRecord(0, b"S", b"")] * 2)
    clock.now += 0.25

    assert waits_before(pace, clock, *[FileRecord(0, b"S", b"")] * 4) == [0.1, 0.05, 0.1]


def test_sixty_times_as_fast_makes_an_hour_a_minute():
    """Records come as they became known, whatever the day the first one is of."""
    clock = FakeClock()
    log = [record_known_at("2019-03-05T10:00:00Z"), record_known_at("2019-03-05T11:00:00Z")]

    assert waits_before(Speed(60, schedule=clock.schedule), clock, *log) == [60]


def test_a_record_known_earlier_or_not_dated_is_due_at_once():
    """Order is the log's: nothing is held back for a record that came late."""
    clock = FakeClock()
    log = [record_known_at("2019-03-05T10:00:00Z"), record_known_at("2019-03-04T10:00:00Z")]
    log += [FileRecord(0, b"S", b"{}"), record_known_at("the day before yesterday")]

    assert waits_before(Speed(60, schedule=clock.schedule), clock, *log) == []


def test_paces_are_read_as_they_are_written():
    """`--rate 500/s`, `--speed max`, `--speed 60x`."""
    assert parse_rate("500/s").per_second == 500
    assert isinstance(parse_speed("max"), Unpaced)
    fast = parse_speed("1.5x")
    assert isinstance(fast, Speed) and fast.factor == 1.5


@pytest.mark.parametrize("text", ["500", "0/s", "-1/s", "x", "0x", "1e3/s", "60"])
def test_what_is_no_pace_is_refused_with_an_example(text: str):
    """A typing error must not produce at full speed."""
    with pytest.raises(ValueError, match="500/s"):
        parse_rate(text)
    with pytest.raises(ValueError, match="60x"):
        parse_speed(text)
