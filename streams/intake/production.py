"""Produces the good lines of a request in their order, and quarantines the bad ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from streams.intake.lines import BadLine, GoodLine
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message
from streams.kafka.topics import DEAD_LETTERS
from streams.outbox.quarantine import ERROR_HEADER_PREFIX, INTAKE_KEY_PREFIX
from streams.producers.ticks import log_message
from streams.settings import RECORD_BYTES_MAX

KEY_DIGITS = 32


class OrderedSender(Protocol):
    """Sends messages in order; the sender of Kafka conforms."""

    async def send_in_order(self, messages: Sequence[Message]) -> list[int]:
        """Return the offsets once all are confirmed.

        Raises NotSent where none can be in the topic, else Undelivered.
        """
        ...


@dataclass(frozen=True, slots=True)
class Production:
    """Writes the lines of a study by *sender*; the log has *partition_count* partitions."""

    sender: OrderedSender
    partition_count: int

    def partition(self, study: str) -> int:
        """Return the partition of the log that has *study*."""
        return partition_of(study, self.partition_count)

    async def produce(self, study: str, lines: Sequence[GoodLine]) -> list[int]:
        """Return the offset of each of *lines* once every in-sync replica has them all.

        Raises NotSent or Undelivered.
        """
        messages = [log_message(study, each.value, self.partition_count) for each in lines]
        return await self.sender.send_in_order(messages) if messages else []

    async def quarantine(self, study: str, client: str, lines: Sequence[BadLine]) -> None:
        """Write *lines* to the dead-letter topic.  Raises NotSent or Undelivered."""
        if lines:
            await self.sender.send_in_order([quarantined(study, client, each) for each in lines])


def quarantined(study: str, client: str, line: BadLine) -> Message:
    """Return the dead letter of a line that was never in the log.

    A line that is sent again has the same key, and is one dead letter.  One that is larger than a
    record has no bytes.
    """
    digest = sha256(study.encode() + b"\n" + line.value).hexdigest()[:KEY_DIGITS]
    fields = {
        f"{ERROR_HEADER_PREFIX}exception": line.refusal.reason,
        f"{ERROR_HEADER_PREFIX}message": line.refusal.detail,
        "tocsin.study": study,
        "tocsin.client": client,
    }
    return Message(
        topic=DEAD_LETTERS,
        partition=0,
        key=f"{INTAKE_KEY_PREFIX}{digest}".encode(),
        value=line.value if len(line.value) <= RECORD_BYTES_MAX else None,
        headers=tuple((name, text.encode()) for name, text in fields.items()),
    )
