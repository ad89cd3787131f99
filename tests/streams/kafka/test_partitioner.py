"""A study is in one partition, and all producers must compute the same one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import murmur2 as murmur2_of_kafka_python

from streams.kafka.partitioner import murmur2, partition_of

KNOWN_HASHES = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
    "1": -1993445489,
    "12": 126087238,
    "123": -267702483,
    "1234": -1614185708,
    "12345": -1188365604,
}
"""From Kafka's UtilsTest.testMurmur2, then from Akka's Murmur2Spec, computed with Java."""


def as_signed(word: int) -> int:
    """Return the 32 bits of *word* as a signed integer, as in Java."""
    return word - (1 << 32) if word >> 31 else word


@pytest.mark.parametrize(("text", "expected"), KNOWN_HASHES.items())
def test_murmur2_returns_the_published_values(text: str, expected: int):
    """The texts cover every length of the last, incomplete word."""
    assert as_signed(murmur2(text.encode())) == expected


@given(st.binary(max_size=80))
def test_murmur2_equals_that_of_kafka_python(data: bytes):
    """kafka-python is an independent implementation."""
    assert murmur2(data) == murmur2_of_kafka_python(data)


@given(st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True), st.integers(1, 10_000))
def test_a_partition_is_the_positive_hash_modulo_the_count(study: str, partitions: int):
    """Java clears the sign bit before it divides; the remainder of a negative would differ."""
    positive = murmur2_of_kafka_python(study.encode()) & 0x7FFFFFFF

    assert partition_of(study, partitions) == positive % partitions
