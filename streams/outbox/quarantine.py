"""Records that were set aside: reads them, and gives them to the log again."""

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

REFERENCE_HEADER = "dlq_ref"
"""The header of a record that was given to the log again: which letter it was."""

REDRIVEN_HEADER = "tocsin.redriven"
"""The header of a note in the dead letters: to which offset of the log the letter went."""

ERROR_HEADER_PREFIX = "__streams.errors."


class RecordWithHeaders(LogRecord, Protocol):
    """A record with its headers; aiokafka's own are such."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Names and values."""
        ...


class NotRedriven(Exception):
    """The letter cannot be given to the log again; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that was set aside: where it is in the log, why, and its bytes.

    *redriven* is the offset at which it was given to the log again, *copy_of* the letter that it
    is a copy of: that one was given to the log again, and could not be read then either.
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
        """What it is called; letters with one key are one letter, told more than once."""
        return f"{LOG}:{self.partition}:{self.offset}"


async def read_dead_letters(log: Log) -> list[DeadLetter]:
    """All that were set aside, each once, by partition and offset; *log* is the dead letters'."""
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


async def expected_dead_letter(log: Log, offset: int) -> DeadLetter | None:
    """The letter that the record at *offset* of the log would be, if it is refused.

    Those that make a partition stand still are not set aside before somebody lets them pass.
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
    """All records of *log*, a topic whose records have headers."""
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
    """The letter that these headers make; None where somebody else's record is no letter."""
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
    """Give *letter* to the log again, in the partition it came from; the offset it has there.

    *log* is that partition.  A letter whose record the log no longer holds as it was is not
    redriven: it would be given another study's key.  If we end between the two messages it may
    be redriven once more, which the fold counts as a duplicate.
    """
    fetched = await log.read(dead_letter.offset, 1)
    if (
        not fetched
        or fetched[0].offset != dead_letter.offset
        or fetched[0].value != dead_letter.value
    ):
        raise NotRedriven(f"{dead_letter.key}: the log does not hold the record that was set aside")
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
    """The message that says that *letter* is in the log again, at *offset*."""
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
    """The letters to redrive: those named by *keys*, or all.

    Those that were redriven, and the copies that came of it, only *again*.
    """
    unknown = set(keys) - {dead_letter.key for dead_letter in dead_letters}
    if unknown:
        raise NotRedriven(f"no such letter: {', '.join(sorted(unknown))}")
    for dead_letter in dead_letters:
        redriven = dead_letter.redriven is not None or dead_letter.copy_of is not None
        if (not keys or dead_letter.key in keys) and (again or not redriven):
            yield dead_letter
