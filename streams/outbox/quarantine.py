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

REFERENCE = "dlq_ref"
"""The header of a record that was given to the log again: which letter it was."""

REDRIVEN = "tocsin.redriven"
"""The header of a note in the dead letters: to which offset of the log the letter went."""

ERRORS = "__streams.errors."


class Headed(LogRecord, Protocol):
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


async def letters(log: Log) -> list[DeadLetter]:
    """All that were set aside, each once, by partition and offset; *log* is the dead letters'."""
    found: dict[str, DeadLetter] = {}
    async for record in records(log):
        key = (record.key or b"").decode(errors="replace")
        headers = {name: (told or b"").decode(errors="replace") for name, told in record.headers}
        if (note := headers.get(REDRIVEN)) is not None:
            if key in found:
                found[key] = replace(found[key], redriven=int(note))
        elif (letter := letter_of(headers, record.value)) is not None:
            found.setdefault(letter.key, letter)
    return sorted(found.values(), key=lambda letter: (letter.partition, letter.offset))


async def letter_to_be(log: Log, offset: int) -> DeadLetter | None:
    """The letter that the record at *offset* of the log would be, if it is refused.

    Those that make a partition stand still are not set aside before somebody lets them pass.
    """
    ends = await log.ends()
    if not ends.first <= offset < ends.next:
        return None
    found = await log.read(offset, 1)
    if not found or found[0].offset != offset:
        return None
    refused = decode(found[0].value)
    if not isinstance(refused, Refusal):
        return None
    return DeadLetter(
        partition=log.partition,
        offset=offset,
        reason=refused.reason.value,
        detail=refused.detail,
        value=found[0].value,
    )


async def records(log: Log) -> AsyncIterator[Headed]:
    """All records of *log*, a topic whose records have headers."""
    ends = await log.ends()
    start = ends.first
    while start < ends.next:
        found = await log.read(start, READ_MAX)
        if not found:
            return
        for record in found:
            yield cast(Headed, record)
        start = found[-1].offset + 1


def letter_of(headers: dict[str, str], value: bytes | None) -> DeadLetter | None:
    """The letter that these headers make; None where somebody else's record is no letter."""
    try:
        return DeadLetter(
            partition=int(headers[f"{ERRORS}partition"]),
            offset=int(headers[f"{ERRORS}offset"]),
            reason=headers[f"{ERRORS}exception"],
            detail=headers.get(f"{ERRORS}message", ""),
            value=value,
            copy_of=headers.get(REFERENCE),
        )
    except (KeyError, ValueError):
        return None


async def redrive(letter: DeadLetter, log: Log, sender: Sender) -> int:
    """Give *letter* to the log again, in the partition it came from; the offset it has there.

    *log* is that partition.  A letter whose record the log no longer holds as it was is not
    redriven: it would be given another study's key.  If we end between the two messages it may
    be redriven once more, which the fold counts as a duplicate.
    """
    found = await log.read(letter.offset, 1)
    if not found or found[0].offset != letter.offset or found[0].value != letter.value:
        raise NotRedriven(f"{letter.key}: the log does not hold the record that was set aside")
    offset = await sender.send(
        Message(
            topic=LOG,
            partition=letter.partition,
            key=found[0].key,
            value=letter.value,
            headers=((REFERENCE, letter.key.encode()),),
        )
    )
    await sender.send(note(letter, offset))
    return offset


def note(letter: DeadLetter, offset: int) -> Message:
    """The message that says that *letter* is in the log again, at *offset*."""
    return Message(
        topic=DEAD_LETTERS,
        partition=0,
        key=letter.key.encode(),
        value=None,
        headers=((REDRIVEN, str(offset).encode()),),
    )


def choose(
    found: Sequence[DeadLetter], keys: Sequence[str], *, again: bool
) -> Iterator[DeadLetter]:
    """The letters to redrive: those named by *keys*, or all.

    Those that were redriven, and the copies that came of it, only *again*.
    """
    unknown = set(keys) - {letter.key for letter in found}
    if unknown:
        raise NotRedriven(f"no such letter: {', '.join(sorted(unknown))}")
    for letter in found:
        done = letter.redriven is not None or letter.copy_of is not None
        if (not keys or letter.key in keys) and (again or not done):
            yield letter
