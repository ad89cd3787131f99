"""Names the partition of a study, the same for every producer and for the worker that checks it."""

from __future__ import annotations

from functools import lru_cache

SEED = 0x9747B28C
MIX = 0x5BD1E995
WORD = 0xFFFFFFFF
POSITIVE = 0x7FFFFFFF


@lru_cache(maxsize=65_536)
def partition_of(study: str, partitions: int) -> int:
    """The partition of *study* among *partitions*, where Java's default partitioner puts its key.

    Our producers name it: librdkafka's own default would send the study elsewhere.

    >>> partition_of("PRODERM", 12)
    8
    """
    assert partitions > 0, "a topic has at least one partition"
    return (murmur2(study.encode()) & POSITIVE) % partitions


def murmur2(data: bytes) -> int:
    """The 32-bit MurmurHash2 of *data* with Kafka's seed, unsigned.

    Java's ``org.apache.kafka.common.utils.Utils.murmur2`` gives the same bits as a signed number.
    """
    whole = len(data) & ~3
    hashed = SEED ^ len(data)
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * MIX & WORD
        word = (word ^ word >> 24) * MIX & WORD
        hashed = hashed * MIX & WORD ^ word
    if tail := data[whole:]:
        hashed = (hashed ^ int.from_bytes(tail, "little")) * MIX & WORD
    hashed = (hashed ^ hashed >> 13) * MIX & WORD
    return hashed ^ hashed >> 15
