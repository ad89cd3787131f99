"""Batches are checked before the client parses them: none ends the fetches of other partitions."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import cramjam
import pytest
from aiokafka.record.util import calc_crc32c

from streams.log.batches import (
    CHECKED_FROM,
    DECOMPRESSED_BYTES_MAX,
    HEADER,
    BatchFault,
    CheckedBatches,
    check_batches,
    find_batch,
)

RECORDS = b"the records of a batch" * 20
END = 1_000


def batch_bytes(first: int = 40, records: bytes = RECORDS, codec: int = 0, last: int = 9) -> bytes:
    """A batch of format 2 with a right checksum."""
    length = HEADER.size - 12 + len(records)
    fields = [first, length, 0, 2, 0, codec, last, 0, 0, -1, -1, -1, last + 1]
    fields[4] = calc_crc32c(HEADER.pack(*fields)[CHECKED_FROM:] + records)
    return HEADER.pack(*fields) + records


def checked(data: bytes) -> CheckedBatches:
    return check_batches(data, END, check_crcs=True)


def fault_of(data: bytes) -> tuple[BatchFault, int, int | None] | None:
    """The fault of the batch that cannot be read, and its offsets."""
    batch = checked(data).unreadable
    return None if batch is None else (batch.fault, batch.first, batch.next)


def framed_snappy(payload: bytes) -> bytes:
    """Snappy as Java writes it."""
    block = bytes(cramjam.snappy.compress_raw(payload))
    return b"\x82SNAPPY\0" + bytes(8) + len(block).to_bytes(4, "big") + block


CODECS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "gzip": (1, gzip.compress),
    "snappy": (2, lambda payload: bytes(cramjam.snappy.compress_raw(payload))),
    "framed snappy": (2, framed_snappy),
    "lz4": (3, lambda payload: bytes(cramjam.lz4.compress(payload))),
    "zstd": (4, lambda payload: bytes(cramjam.zstd.compress(payload))),
}


@pytest.mark.parametrize("name", CODECS)
def test_a_compressed_batch_is_decompressed(name: str):
    """The client gets the batch as if its producer had not compressed it."""
    codec, compress = CODECS[name]
    compressed = batch_bytes(records=compress(RECORDS), codec=codec)

    result = checked(compressed)

    assert (result.readable[HEADER.size :], result.unreadable) == (RECORDS, None)
    fields = HEADER.unpack_from(result.readable)
    assert (fields[1] + 12, fields[5]) == (len(result.readable), 0)


@pytest.mark.parametrize("name", CODECS)
def test_a_batch_that_grows_without_end_is_not_decompressed(name: str):
    """A megabyte of zstd may hold gigabytes, which would end the worker."""
    codec, compress = CODECS[name]
    bomb = batch_bytes(records=compress(bytes(DECOMPRESSED_BYTES_MAX + 1)), codec=codec)
    assert fault_of(bomb) == (BatchFault.COMPRESSION, 40, 50)


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
@pytest.mark.parametrize("payload", [RECORDS, b"\x82SNAPPY\0" + bytes(8) + b"\xff\xff\xff\xfc"])
def test_a_payload_that_is_not_compressed_is_a_fault(codec: int, payload: bytes):
    """A block of a negative size would keep the client's own decoder in a loop for ever."""
    fault = fault_of(batch_bytes(records=payload, codec=codec))
    assert fault == (BatchFault.COMPRESSION, 40, 50)


def test_what_comes_before_an_unreadable_batch_is_read():
    """The next fetch begins at that batch, and reports it."""
    good, bad = batch_bytes(40), batch_bytes(50, codec=5)
    result = checked(good + bad + batch_bytes(60))

    assert result.readable == good
    assert fault_of(good + bad) == fault_of(bad) == (BatchFault.CODEC, 50, 60)
    assert result.unreadable is not None and result.unreadable.raw == bad


def test_a_batch_that_is_cut_at_the_size_limit_is_left_for_the_next_fetch():
    """The first batch of an answer is always whole, so a part of it alone is a fault."""
    good, cut = batch_bytes(40), batch_bytes(50)[:-1]

    assert checked(good + cut) == CheckedBatches(good)
    assert fault_of(cut) == (BatchFault.HEADER, 50, 60)


@pytest.mark.parametrize("at", [8, 16, 23, 24])
def test_an_impossible_header_is_a_fault(at: int):
    """A wrong length, format or number of offsets; the offsets of such a batch may be unknown."""
    damaged = bytearray(batch_bytes())
    damaged[at] = 0xF0 if at != 16 else 9
    fault = fault_of(bytes(damaged))
    assert fault is not None and fault[0] in (BatchFault.HEADER, BatchFault.CHECKSUM)


def test_a_changed_bit_is_a_fault():
    """Of a batch whose checksum is not verified, the client parses what it can."""
    damaged = batch_bytes()[:-1] + b"?"
    assert fault_of(damaged) == (BatchFault.CHECKSUM, 40, 50)
    assert check_batches(damaged, END, check_crcs=False).unreadable is None


def test_a_batch_beyond_the_end_of_its_partition_is_a_fault():
    """Its offsets would carry the fold past records that are not written yet."""
    assert fault_of(batch_bytes(first=END - 9)) == (BatchFault.HEADER, END - 9, None)


def test_a_batch_is_found_by_an_offset_within_it():
    """The client's error does not say where the batch begins."""
    data = batch_bytes(40) + batch_bytes(50)
    batch = find_batch(data, 55, END, BatchFault.RECORDS)
    assert (batch.first, batch.next, batch.raw) == (50, 60, batch_bytes(50))
    assert find_batch(data, 70, END, BatchFault.RECORDS).next is None
