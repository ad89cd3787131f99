"""Damages XML files as transfers, editors and attackers do: seeded, thousands a second."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

Damage = Callable[[bytes, Random], bytes]

_TAG = re.compile(rb"<[^<>]*>")
_VALUE = re.compile(rb'"[^"<>]*"')

TEXTS = (
    b"", b"NaN", b"9999-99-99", b"-1", b"1e999", b"\xc3", b"\x00", b"&#0;", b"&unknown;",
    b"\xed\xa0\x80", b"20261399", b"]]>", b"<!--", b"x" * 20_000, "\u202e".encode(), b"true",
    b"NI", b"Remove", b"Transactional", b"../../etc", b"%s%n",
)  # fmt: skip
"""Texts that one reader or another has fallen over."""


def _span(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data))
    return start, min(len(data), start + random.choice((1, 8, 200)))


def _spans(pattern: re.Pattern[bytes], data: bytes) -> list[tuple[int, int]]:
    return [match.span() for match in pattern.finditer(data)] or [(0, len(data))]


def cut(data: bytes, random: Random) -> bytes:
    """End the file early."""
    return data[: random.randrange(len(data))]


def drop(data: bytes, random: Random) -> bytes:
    """Leave out some bytes."""
    start, end = _span(data, random)
    return data[:start] + data[end:]


def repeat(data: bytes, random: Random) -> bytes:
    """Write some bytes twice."""
    start, end = _span(data, random)
    return data[:end] + data[start:end] + data[end:]


def flip(data: bytes, random: Random) -> bytes:
    """Change one byte."""
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]


def replace_value(data: bytes, random: Random) -> bytes:
    """Replace the value of an attribute: the file remains well-formed more often than not."""
    start, end = random.choice(_spans(_VALUE, data))
    return data[: start + 1] + random.choice(TEXTS) + data[end - 1 :]


def move_tag(data: bytes, random: Random) -> bytes:
    """Move a tag to where another one stands."""
    spans = _spans(_TAG, data)
    start, end = random.choice(spans)
    tag = data[start:end]
    rest = data[:start] + data[end:]
    at = random.choice(spans)[0]
    return rest[:at] + tag + rest[at:]


DAMAGES: tuple[Damage, ...] = (
    cut, drop, repeat, flip, replace_value, replace_value, replace_value, move_tag,
)  # fmt: skip


def mutations(data: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield *count* files that are *data* with one to three damages."""
    random = Random(seed)
    for _ in range(count):
        mutated = data
        for _ in range(random.randint(1, 3)):
            mutated = random.choice(DAMAGES)(mutated, random) if mutated else data
        yield mutated
