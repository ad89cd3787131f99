"""Ticks end a true silence, and a producer sends no record of the day after tomorrow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from streams.processor.pipeline import Pipeline
from streams.producers.file_producer import late_reason
from streams.producers.ticks import encode_tick, encode_ticks_since
from streams.records.encode import encode_record
from tests.scenarios.commands import plan_record

NOW = datetime(2022, 3, 5, 12, 30, tzinfo=UTC)


def as_of_after(*ticks: bytes) -> int | None:
    """The as-of date of a study with a tick of 2020 and then *ticks*."""
    pipeline = Pipeline()
    old = encode_tick("S", datetime(2020, 3, 1, tzinfo=UTC))
    for line, each in enumerate((encode_record(plan_record()), old, *ticks)):
        pipeline.process_bytes(each, line)
    return pipeline.studies["S"].as_of


def test_one_tick_a_day_ends_a_silence_that_a_single_tick_does_not():
    """A silence of two years is longer than the step of any plan by default."""
    since = date(2020, 3, 1)

    assert as_of_after(encode_tick("S", NOW)) == since.toordinal()
    assert as_of_after(*encode_ticks_since("S", NOW, since, NOW.date())) == NOW.toordinal()


@pytest.mark.parametrize(
    ("days", "reason"), [(-400, ""), (1, ""), (2, "later than tomorrow"), (9_000, "later than")]
)
def test_a_record_known_later_than_tomorrow_is_not_sent(days: int, reason: str):
    """A time zone may be ahead by a day, a wrong year is not."""
    known_at = f"{(datetime.now(UTC) + timedelta(days=days)):%Y-%m-%dT%H:%M:%SZ}"
    value = orjson.dumps({"study": "S", "known_at": known_at})

    said = late_reason(value)

    assert reason in said and bool(reason) is bool(said)


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"{}", b'{"known_at": null}', b'"x"'])
def test_bytes_without_a_date_are_left_to_the_worker(value: bytes):
    """It quarantines them with the reason."""
    assert late_reason(value) == ""
