"""Checks the record batches of a fetch, and decompresses them within a limit.

The client parses the result.  A batch that it could not parse would otherwise end its fetches of
every partition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import cramjam

DECOMPRESSED_BYTES_MAX = 64 << 20
"""A batch of 1 MiB may decompress to gigabytes, which would end the process."""

START = struct.Struct(">qi")
"""Base offset, and number of bytes that follow; the same in every version of the format."""

MAGIC_AT = 16
HEADER = struct.Struct(">qiibIhiqqqhii")
"""Base offset, length, leader epoch, magic, checksum, attributes, last offset delta, two
timestamps, producer id and epoch, base sequence, number of records."""

CHECKED_FROM = struct.calcsize(">qiibI")
"""Start of the bytes that the checksum of format 2 covers."""

LEGACY_HEADER = struct.Struct(">qiIb")
CODEC_MASK = 0b111

SNAPPY_FRAMING, SNAPPY_HEADER_BYTES = b"\x82SNAPPY\0", 16
BLOCK_SIZE = struct.Struct(">I")
"""Java writes snappy as a header of 16 bytes, then blocks with their sizes."""

MAGIC = 2


class BatchFault(StrEnum):
    """Why a batch cannot be read, as the end of a sentence."""

    CHECKSUM = "its checksum is wrong"
    CODEC = "no library here knows its compression codec"
    COMPRESSION = "it cannot be decompressed into 64 MiB"
    HEADER = "its header is invalid"
    RECORDS = "its records cannot be parsed"
    BROKER = "the broker reports it as corrupt"


@dataclass(frozen=True, slots=True)
class UnreadableBatch:
    """A batch that cannot be read, with its bytes as fetched; *next* is None where unknown."""

    first: int
    next: int | None
    fault: BatchFault
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class CheckedBatches:
    """The batches before the first that cannot be read, decompressed, and that one, if any."""

    readable: bytes
    unreadable: UnreadableBatch | None = None


class Unreadable(Exception):
    """A batch has a fault."""

    def __init__(self, fault: BatchFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def check_batches(data: bytes, end: int, *, check_crcs: bool) -> CheckedBatches:
    """Check the batches in *data*, a part of a partition that ends at offset *end*.

    The broker cuts the last of several batches at the size limit of the fetch; it is left out.
    *check_crcs* verifies the checksums.
    """
    parts: list[bytes] = []
    at = 0
    while len(data) - at >= START.size:
        size = batch_size(data, at)
        if size is not None and at + size > len(data) and parts:
            break
        try:
            if size is None or at + size > len(data):
                raise Unreadable(BatchFault.HEADER)
            parts.append(checked_batch(data[at : at + size], end, check_crcs=check_crcs))
        except Unreadable as error:
            return CheckedBatches(b"".join(parts), describe_batch(data, at, end, error.fault))
        at += size
    unchanged = sum(map(len, parts)) == len(data) and len(parts) == 1
    return CheckedBatches(parts[0] if unchanged else b"".join(parts))


def batch_size(data: bytes, at: int) -> int | None:
    """Return the size of the batch at position *at* in bytes, or None if that is impossible."""
    _, length = START.unpack_from(data, at)
    size = START.size + length
    return size if size > LEGACY_HEADER.size else None


def describe_batch(data: bytes, at: int, end: int, fault: BatchFault) -> UnreadableBatch:
    """Return the batch at position *at* in *data*, whose end is unknown if its header is invalid.

    *end* is the end offset of the partition.
    """
    size = batch_size(data, at)
    raw = data[at:] if size is None else data[at : at + size]
    first, _ = START.unpack_from(data, at)
    bounds = batch_bounds(raw, end)
    return UnreadableBatch(first, None if bounds is None else bounds[1], fault, raw)


def batch_bounds(batch: bytes, end: int) -> tuple[int, int] | None:
    """Return the first offset of *batch* and the one after its last, or None if these are invalid.

    *end* is the end offset of the partition; no batch lies beyond it.
    """
    if len(batch) < HEADER.size or batch[MAGIC_AT] != MAGIC:
        return None
    first, _, _, _, _, _, last_delta, *_ = HEADER.unpack_from(batch)
    return (first, first + last_delta + 1) if 0 <= last_delta < end - first else None


def find_batch(data: bytes, offset: int, end: int, fault: BatchFault) -> UnreadableBatch:
    """Return the batch in *data* that has *offset*; one of this offset alone where none has."""
    at = 0
    while len(data) - at >= START.size and (size := batch_size(data, at)) is not None:
        bounds = batch_bounds(data[at : at + size], end)
        if bounds is not None and bounds[0] <= offset < bounds[1]:
            return describe_batch(data, at, end, fault)
        at += size
    return UnreadableBatch(offset, None, fault)


def checked_batch(batch: bytes, end: int, *, check_crcs: bool) -> bytes:
    """Return *batch* without compression.  Raises Unreadable."""
    magic = batch[MAGIC_AT]
    if magic < MAGIC:
        checksum = LEGACY_HEADER.unpack_from(batch)[2]
        if check_crcs and zlib.crc32(batch[MAGIC_AT:]) != checksum:
            raise Unreadable(BatchFault.CHECKSUM)
        return batch
    if batch_bounds(batch, end) is None:
        raise Unreadable(BatchFault.HEADER)
    fields = HEADER.unpack_from(batch)
    if check_crcs and crc32c_function()(batch[CHECKED_FROM:]) != fields[4]:
        raise Unreadable(BatchFault.CHECKSUM)
    return decompressed(batch, list(fields)) if fields[5] & CODEC_MASK else batch


def decompressed(batch: bytes, fields: list[int]) -> bytes:
    """Return *batch*, with the *fields* of its header, uncompressed; its checksum is then wrong."""
    decoder = DECODERS.get(fields[5] & CODEC_MASK)
    if decoder is None:
        raise Unreadable(BatchFault.CODEC)
    try:
        records = decoder(batch[HEADER.size :])
    except Exception:
        raise Unreadable(BatchFault.COMPRESSION) from None
    fields[1], fields[5] = HEADER.size - START.size + len(records), fields[5] & ~CODEC_MASK
    return HEADER.pack(*fields) + records


def decode_gzip(payload: bytes) -> bytes:
    """Decompress all members of a gzip stream.  Raises where it is invalid or too large."""
    parts: list[bytes] = []
    left = DECOMPRESSED_BYTES_MAX
    while payload:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        parts.append(member.decompress(payload, left + 1))
        left -= len(parts[-1])
        if left < 0 or not member.eof:
            raise Unreadable(BatchFault.COMPRESSION)
        payload = member.unused_data
    return b"".join(parts)


def decode_snappy(payload: bytes) -> bytes:
    """Decompress one block of snappy, or the blocks of Java's framing.  Raises where invalid."""
    if not payload.startswith(SNAPPY_FRAMING):
        return decode_snappy_block(payload, DECOMPRESSED_BYTES_MAX)
    parts, at, left = list[bytes](), SNAPPY_HEADER_BYTES, DECOMPRESSED_BYTES_MAX
    while at < len(payload):
        (size,) = BLOCK_SIZE.unpack_from(payload, at)
        at += BLOCK_SIZE.size
        parts.append(decode_snappy_block(payload[at : at + size], left))
        left -= len(parts[-1])
        at += size
    return b"".join(parts)


def decode_snappy_block(block: bytes, bytes_max: int) -> bytes:
    """Decompress one block, which states its size.  Raises where it is invalid or too large."""
    if cramjam.snappy.decompress_raw_len(block) > bytes_max:
        raise Unreadable(BatchFault.COMPRESSION)
    return bytes(cramjam.snappy.decompress_raw(block))


def decode_into_limit(decode_into: Callable[[bytes, bytearray], int], payload: bytes) -> bytes:
    """Decompress into a buffer of the usual size, then into one of the largest allowed size."""
    usual = min(DECOMPRESSED_BYTES_MAX, max(64 << 10, 32 * len(payload)))
    for size in (usual, DECOMPRESSED_BYTES_MAX):
        buffer = bytearray(size)
        try:
            return bytes(memoryview(buffer)[: decode_into(payload, buffer)])
        except cramjam.DecompressionError:
            if size == DECOMPRESSED_BYTES_MAX:
                raise
    raise Unreadable(BatchFault.COMPRESSION)


DECODERS: dict[int, Callable[[bytes], bytes]] = {
    1: decode_gzip,
    2: decode_snappy,
    3: lambda payload: decode_into_limit(cramjam.lz4.decompress_into, payload),
    4: lambda payload: decode_into_limit(cramjam.zstd.decompress_into, payload),
}
"""By number of the codec: gzip, snappy, lz4, zstd."""


@cache
def crc32c_function() -> Callable[[bytes], int]:
    """Return the checksum of format 2, imported once and only where a batch is fetched.

    `tocsin replay` of a file loads this module, and no Kafka client.
    """
    from aiokafka.record.util import calc_crc32c

    return calc_crc32c
