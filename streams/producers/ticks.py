"""Encodes ticks, which extend the person-time of a study without new records to today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message
from streams.kafka.topics import LOG
from streams.records.encode import cloudevents_headers, encode_record
from streams.records.models import MAJOR

SOURCE_SYSTEM = "tocsin.tick"


def encode_tick(study: str, now: datetime, day: date | None = None) -> bytes:
    """Encode the record that *study* has no further events up to *day*, by default that of *now*.

    Its id consists of the day and the hour of *now*, so a second tick within the hour is a
    duplicate, which is counted and changes nothing.

    >>> from datetime import UTC, datetime
    >>> b'"id":"2020-03-05T14"' in encode_tick("S", datetime(2020, 3, 5, 14, 59, tzinfo=UTC))
    True
    """
    now = now.astimezone(UTC)
    day = day or now.date()
    return encode_record(
        {
            "schema": f"trial.log/{MAJOR}",
            "type": "tick",
            "study": study,
            "source": {"system": SOURCE_SYSTEM, "id": f"{day.isoformat()}T{now:%H}", "version": 1},
            "known_at": f"{now:%Y-%m-%dT%H}:00:00Z",
            "date": day.isoformat(),
        }
    )


def encode_ticks_since(study: str, now: datetime, since: date, until: date) -> Iterator[bytes]:
    """Encode one tick for each day from *since* to *until*, which end a true silence of *study*.

    A step of one day is within the `as_of_jump_days` of every plan.

    >>> from datetime import UTC, datetime
    >>> now = datetime(2020, 3, 5, 14, tzinfo=UTC)
    >>> len(list(encode_ticks_since("S", now, date(2020, 3, 1), date(2020, 3, 5))))
    5
    """
    for ordinal in range(since.toordinal(), until.toordinal() + 1):
        yield encode_tick(study, now, date.fromordinal(ordinal))


def log_message(study: str, value: bytes, partition_count: int) -> Message:
    """Build the Kafka message of the record *value*, addressed to the partition of *study*."""
    partition = partition_of(study, partition_count)
    return Message(
        topic=LOG,
        partition=partition,
        key=study.encode(),
        value=value,
        headers=cloudevents_headers(value),
    )
