"""Paces of producing a log, on a fake clock that only sleeps advance."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from streams.log.file import FileRecord
from streams.producers.pace import Rate, Schedule, Speed, Unpaced, parse_rate, parse_speed


@dataclass
class FakeClock:
    """A clock that advances only in a sleep, or when a test sets *now*."""

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
    """All waits of *clock* in seconds, after *pace* has waited for each of *records*."""

    async def wait_for_all() -> None:
        for record in records:
            await pace.wait(record)

    asyncio.run(wait_for_all())
    return [round(each, 6) for each in clock.waits]


def test_a_rate_is_even():
    """The first record is due at once, and each later one after its share of a second."""
    clock = FakeClock()

    assert (
        waits_before(Rate(4, schedule=clock.schedule), clock, *[FileRecord(0, b"S", b"")] * 4)
        == [0.25] * 3
    )


def test_delays_of_a_slow_broker_are_made_up_for():
    """The schedule is an open loop: its rate does not depend on sending times."""
    clock = FakeClock()
    pace = Rate(10, schedule=clock.schedule)
    waits_before(pace, clock, *[FileRecord(0, b"S", b"")] * 2)
    clock.now += 0.25

    assert waits_before(pace, clock, *[FileRecord(0, b"S", b"")] * 4) == [0.1, 0.05, 0.1]


def test_a_speed_of_sixty_turns_an_hour_into_a_minute():
    """Records are due at their known times, relative to that of the first one."""
    clock = FakeClock()
    log = [record_known_at("2019-03-05T10:00:00Z"), record_known_at("2019-03-05T11:00:00Z")]

    assert waits_before(Speed(60, schedule=clock.schedule), clock, *log) == [60]


def test_a_record_known_earlier_or_not_dated_is_due_at_once():
    """The order of the log is kept, so a late record does not delay the others."""
    clock = FakeClock()
    log = [record_known_at("2019-03-05T10:00:00Z"), record_known_at("2019-03-04T10:00:00Z")]
    log += [FileRecord(0, b"S", b"{}"), record_known_at("the day before yesterday")]

    assert waits_before(Speed(60, schedule=clock.schedule), clock, *log) == []


def test_rates_and_speeds_are_parsed():
    """The flags are `--rate 500/s`, `--speed max` and `--speed 60x`."""
    assert parse_rate("500/s").per_second == 500
    assert isinstance(parse_speed("max"), Unpaced)
    fast = parse_speed("1.5x")
    assert isinstance(fast, Speed) and fast.factor == 1.5


@pytest.mark.parametrize("text", ["500", "0/s", "-1/s", "x", "0x", "1e3/s", "60"])
def test_an_invalid_pace_is_refused_with_an_example(text: str):
    """A typing error must not cause production at full speed."""
    with pytest.raises(ValueError, match="500/s"):
        parse_rate(text)
    with pytest.raises(ValueError, match="60x"):
        parse_speed(text)
