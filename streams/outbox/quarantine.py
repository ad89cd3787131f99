"""Reads dead letters, and redrives them: appends their records to the log again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

from monitor.errors import Refusal
from streams.kafka.sender import Message, Sender
from streams.kafka.topics import DEAD_LETTERS, LOG
from streams.log import Log, LogRecord
from streams.records.decode import decode

READ_MAX = 500
"""Most messages in one read."""

REFERENCE_HEADER = "dlq_ref"
"""Header of a redriven record in the log: the key of its dead letter."""

REDRIVEN_HEADER = "tocsin.redriven"
"""Header of a message on the dead-letter topic: the log offset at which the letter was redriven."""

ERROR_HEADER_PREFIX = "__streams.errors."
"""Prefix of the headers of a dead letter, as in Kafka Streams (KIP-1034)."""


INTAKE_KEY_PREFIX = "intake:"
"""Begins the key of a line that `tocsin intake` has quarantined: it was never in the log."""


class RecordWithHeaders(LogRecord, Protocol):
    """A log record with headers; records of aiokafka conform."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Names and values of the headers."""
        ...


class NotRedriven(Exception):
    """A dead letter cannot be redriven; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A quarantined record: its partition and offset in the log, the reason and its bytes.

    *redriven* is the log offset of its last redrive, or None.  *copy_of* is the key of the dead
    letter whose redriven record this one is, or None: that record was refused again.
    """

    partition: int
    offset: int
    reason: str
    detail: str
    value: bytes | None
    redriven: int | None = None
    copy_of: str | None = None

    @property
    def key(self) -> str:
        """Its id, `topic:partition:offset`; messages with the same key are one dead letter."""
        return f"{LOG}:{self.partition}:{self.offset}"


async def read_dead_letters(log: Log) -> list[DeadLetter]:
    """Return the dead letters of *log*, the dead-letter topic, sorted by partition and offset."""
    by_key: dict[str, DeadLetter] = {}
    async for record in records_with_headers(log):
        key = (record.key or b"").decode(errors="replace")
        headers = {name: (text or b"").decode(errors="replace") for name, text in record.headers}
        if (redriven_at := headers.get(REDRIVEN_HEADER)) is not None:
            if key in by_key:
                by_key[key] = replace(by_key[key], redriven=int(redriven_at))
        elif (dead_letter := dead_letter_from(headers, record.value)) is not None:
            by_key.setdefault(dead_letter.key, dead_letter)
    return sorted(
        by_key.values(), key=lambda dead_letter: (dead_letter.partition, dead_letter.offset)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLetter:
    """A line that `tocsin intake` has quarantined instead of producing it.

    Its sender has the reason too, and sends the corrected line; there is nothing to redrive.
    """

    key: str
    study: str
    client: str
    reason: str
    detail: str
    value: bytes | None


async def read_intake_letters(log: Log) -> list[IntakeLetter]:
    """Return the lines that the intake has quarantined, in the order of their first arrival."""
    by_key: dict[str, IntakeLetter] = {}
    async for record in records_with_headers(log):
        key = (record.key or b"").decode(errors="replace")
        if not key.startswith(INTAKE_KEY_PREFIX):
            continue
        headers = {name: (text or b"").decode(errors="replace") for name, text in record.headers}
        letter = IntakeLetter(
            key=key,
            study=headers.get("tocsin.study", ""),
            client=headers.get("tocsin.client", ""),
            reason=headers.get(f"{ERROR_HEADER_PREFIX}exception", ""),
            detail=headers.get(f"{ERROR_HEADER_PREFIX}message", ""),
            value=record.value,
        )
        by_key.setdefault(key, letter)
    return list(by_key.values())


async def expected_dead_letter(log: Log, offset: int) -> DeadLetter | None:
    """Return the dead letter of the record at *offset*, if its bytes are refused, else None.

    Records that stop a partition are not on the dead-letter topic until an operator releases them.
    """
    offsets = await log.offset_range()
    if not offsets.first <= offset < offsets.next:
        return None
    fetched = await log.read(offset, 1)
    if not fetched or fetched[0].offset != offset:
        return None
    refusal = decode(fetched[0].value)
    if not isinstance(refusal, Refusal):
        return None
    return DeadLetter(
        partition=log.partition,
        offset=offset,
        reason=refusal.reason.value,
        detail=refusal.detail,
        value=fetched[0].value,
    )


async def records_with_headers(log: Log) -> AsyncIterator[RecordWithHeaders]:
    """Yield every record of *log*, a topic whose records have headers."""
    offsets = await log.offset_range()
    start = offsets.first
    while start < offsets.next:
        fetched = await log.read(start, READ_MAX)
        if not fetched:
            return
        for record in fetched:
            yield cast(RecordWithHeaders, record)
        start = fetched[-1].offset + 1


def dead_letter_from(headers: dict[str, str], value: bytes | None) -> DeadLetter | None:
    """Return the dead letter that *headers* describe; None for a message of another format."""
    try:
        return DeadLetter(
            partition=int(headers[f"{ERROR_HEADER_PREFIX}partition"]),
            offset=int(headers[f"{ERROR_HEADER_PREFIX}offset"]),
            reason=headers[f"{ERROR_HEADER_PREFIX}exception"],
            detail=headers.get(f"{ERROR_HEADER_PREFIX}message", ""),
            value=value,
            copy_of=headers.get(REFERENCE_HEADER),
        )
    except (KeyError, ValueError):
        return None


async def redrive(dead_letter: DeadLetter, log: Log, sender: Sender) -> int:
    """Append the record of *dead_letter* to the log again, and return its new offset.

    *log* is the partition that it came from.  The record keeps the key that it has there, so
    NotRedriven is raised where the log no longer holds it with the same bytes.  If the process ends
    between the two messages, the record may be redriven twice; the fold counts the second as a
    duplicate.  Raises Undelivered where the broker does not confirm a message.
    """
    fetched = await log.read(dead_letter.offset, 1)
    if (
        not fetched
        or fetched[0].offset != dead_letter.offset
        or fetched[0].value != dead_letter.value
    ):
        raise NotRedriven(f"{dead_letter.key}: the log no longer holds the quarantined record")
    offset = await sender.send(
        Message(
            topic=LOG,
            partition=dead_letter.partition,
            key=fetched[0].key,
            value=dead_letter.value,
            headers=((REFERENCE_HEADER, dead_letter.key.encode()),),
        )
    )
    await sender.send(redriven_message(dead_letter, offset))
    return offset


def redriven_message(dead_letter: DeadLetter, offset: int) -> Message:
    """Return the message that marks *dead_letter* as redriven at log *offset*."""
    return Message(
        topic=DEAD_LETTERS,
        partition=0,
        key=dead_letter.key.encode(),
        value=None,
        headers=((REDRIVEN_HEADER, str(offset).encode()),),
    )


def select_for_redrive(
    dead_letters: Sequence[DeadLetter], keys: Sequence[str], *, again: bool
) -> Iterator[DeadLetter]:
    """Yield the dead letters to redrive: those with the given *keys*, or all without keys.

    Dead letters that were redriven, and those of redriven records, are left out unless *again*.
    Raises NotRedriven where a key is unknown.
    """
    unknown = set(keys) - {dead_letter.key for dead_letter in dead_letters}
    if unknown:
        raise NotRedriven(f"no such dead letter: {', '.join(sorted(unknown))}")
    for dead_letter in dead_letters:
        redriven = dead_letter.redriven is not None or dead_letter.copy_of is not None
        if (not keys or dead_letter.key in keys) and (again or not redriven):
            yield dead_letter
