"""Computes the partition of a study, for producers and for the worker that checks it."""

from __future__ import annotations

from functools import lru_cache

SEED = 0x9747B28C
MULTIPLIER = 0x5BD1E995
UINT32_MASK = 0xFFFFFFFF
INT31_MASK = 0x7FFFFFFF


@lru_cache(maxsize=65_536)
def partition_of(key: str, partition_count: int) -> int:
    """Return the partition that Java's default partitioner chooses for *key*, a study's name.

    Our producers set it explicitly, because librdkafka's default partitioner uses another hash.

    >>> partition_of("PRODERM", 12)
    8
    """
    assert partition_count > 0, "a topic has at least one partition"
    return (murmur2(key.encode()) & INT31_MASK) % partition_count


def murmur2(data: bytes) -> int:
    """Return the 32-bit MurmurHash2 of *data* with Kafka's seed, unsigned.

    Java's ``org.apache.kafka.common.utils.Utils.murmur2`` returns the same bits as a signed number.
    """
    whole = len(data) & ~3
    hashed = SEED ^ len(data)
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * MULTIPLIER & UINT32_MASK
        word = (word ^ word >> 24) * MULTIPLIER & UINT32_MASK
        hashed = hashed * MULTIPLIER & UINT32_MASK ^ word
    if tail := data[whole:]:
        hashed = (hashed ^ int.from_bytes(tail, "little")) * MULTIPLIER & UINT32_MASK
    hashed = (hashed ^ hashed >> 13) * MULTIPLIER & UINT32_MASK
    return hashed ^ hashed >> 15
