"""Damages a batch where the broker has stored it, and finds the segment that has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiokafka.record.util import calc_crc32c

from streams.log.batches import CHECKED_FROM, HEADER, START

CHECKSUM_AT, ATTRIBUTES_AT, DELTA_AT = 17, CHECKED_FROM, CHECKED_FROM + 2
LENGTH_AT = 8
UNKNOWN_CODEC = 5

Damage = Callable[[bytearray], None]


def wrong_checksum(batch: bytearray) -> None:
    """Change one bit of the last record, as a disk may."""
    batch[-1] ^= 1


def unknown_codec(batch: bytearray) -> None:
    """State a codec that a later version of Kafka may have."""
    batch[ATTRIBUTES_AT + 1] |= UNKNOWN_CODEC
    seal(batch)


def broken_compression(batch: bytearray) -> None:
    """State a codec in which the records are not."""
    batch[ATTRIBUTES_AT + 1] |= 4
    seal(batch)


def broken_records(batch: bytearray) -> None:
    """Give the first record an impossible length, under a right checksum."""
    batch[HEADER.size] = 0x7F
    seal(batch)


def impossible_offsets(batch: bytearray) -> None:
    """Let the batch end before it begins, under a right checksum."""
    batch[DELTA_AT : DELTA_AT + 4] = b"\xff\xff\xff\xf0"
    seal(batch)


def seal(batch: bytearray) -> None:
    """Write the checksum that the batch has now."""
    checksum = calc_crc32c(bytes(batch[CHECKED_FROM:]))
    batch[CHECKSUM_AT : CHECKSUM_AT + 4] = checksum.to_bytes(4, "big")


DAMAGES: dict[str, Damage] = {
    "its checksum is wrong": wrong_checksum,
    "no library here knows its compression codec": unknown_codec,
    "it cannot be decompressed into 64 MiB": broken_compression,
    "its records cannot be parsed": broken_records,
    "its header is invalid": impossible_offsets,
}
"""By what is said of the batch."""


def damage_batch(data_folder: Path, partition_name: str, offset: int, damage: Damage) -> bytes:
    """Damage the stored batch that begins at *offset*, and return its bytes.

    *partition_name* is topic and number as the broker names the folder: `trial.log.v1-3`.
    """
    (folder,) = data_folder.rglob(partition_name)
    (segment,) = folder.glob("*.log")
    with segment.open("r+b") as file:
        while len(start := file.read(START.size)) == START.size:
            at, (first, length) = file.tell() - START.size, START.unpack(start)
            body = file.read(length)
            if first == offset:
                batch = bytearray(start + body)
                damage(batch)
                file.seek(at)
                file.write(batch)
                return bytes(batch)
    raise AssertionError(f"no batch begins at {offset}")


def damage_last_batch(data_folder: Path, partition_name: str, damage: Damage) -> int:
    """Damage the last stored batch of a partition, and return its first offset."""
    (folder,) = data_folder.rglob(partition_name)
    (segment,) = folder.glob("*.log")
    content, at, last = segment.read_bytes(), 0, -1
    while len(content) - at >= START.size and (length := START.unpack_from(content, at)[1]) > 0:
        last, _ = START.unpack_from(content, at)
        at += START.size + length
    damage_batch(data_folder, partition_name, last, damage)
    return last
