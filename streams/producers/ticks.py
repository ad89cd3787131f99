"""Says of a quiet study that nothing more has happened: its rates are then of today."""

from __future__ import annotations

from datetime import UTC, date, datetime

from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message
from streams.kafka.topics import LOG
from streams.records.encode import cloudevents_headers, encode_record
from streams.records.models import MAJOR

SOURCE_SYSTEM = "tocsin.tick"


def encode_tick(study: str, now: datetime, day: date | None = None) -> bytes:
    """The record that nothing more happened in *study* up to *day*, or else to the day of *now*.

    It is named by its day and the hour at which it is said, so a repeat within the hour is a
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


def log_message(study: str, value: bytes, partition_count: int) -> Message:
    """The record *value* of *study*, ready to be sent to its place in the log."""
    partition = partition_of(study, partition_count)
    return Message(
        topic=LOG,
        partition=partition,
        key=study.encode(),
        value=value,
        headers=cloudevents_headers(value),
    )
