"""The digest of a row: one number that does not depend on the order of its fields.

It guards against accident, a torn write or a slip of the hand; `tocsin verify` guards against the
rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

CHECKSUM_BITS = 32
CHECKSUM_MASK = (1 << CHECKSUM_BITS) - 1


def row_digest(fields: Mapping[str, bytes]) -> bytes:
    """What a row's `digest` must be: a sum over its other fields, in whatever order."""
    return format_digest(
        sum(field_checksum(name, value) for name, value in fields.items() if name != "digest")
    )


def field_checksum(name: str, value: bytes) -> int:
    """What a field adds to its row's digest: an emptied one nothing, as if it were not there."""
    return crc32(value, crc32(name.encode())) if value else 0


def format_digest(total: int) -> bytes:
    """A digest as it is written."""
    return b"%016x" % (total % (1 << 64))
