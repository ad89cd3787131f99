"""A study lies in one partition, and every producer of the world must agree on which."""

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
"""Kafka's own UtilsTest.testMurmur2, then Akka's Murmur2Spec, which took them from Java."""


def as_signed(word: int) -> int:
    """The 32 bits of *word* as Java reads them."""
    return word - (1 << 32) if word >> 31 else word


@pytest.mark.parametrize(("text", "hashed"), KNOWN_HASHES.items())
def test_murmur2_gives_the_published_values(text: str, hashed: int):
    """Every length of the last, incomplete word is among them."""
    assert as_signed(murmur2(text.encode())) == hashed


@given(st.binary(max_size=80))
def test_murmur2_is_that_of_another_client(data: bytes):
    """kafka-python wrote it on its own; any bytes hash the same."""
    assert murmur2(data) == murmur2_of_kafka_python(data)


@given(st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True), st.integers(1, 10_000))
def test_a_partition_is_the_positive_hash_by_their_number(study: str, partitions: int):
    """Java drops the sign before it divides; Python's remainder of a negative would differ."""
    positive = murmur2_of_kafka_python(study.encode()) & 0x7FFFFFFF

    assert partition_of(study, partitions) == positive % partitions
