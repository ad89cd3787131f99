"""The digest of a row: a sum of CRC-32 checksums, independent of the order of fields.

It detects accidental changes such as torn writes or manual edits, not deliberate ones; `tocsin
verify` compares the row with the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

CHECKSUM_BITS = 32
CHECKSUM_MASK = (1 << CHECKSUM_BITS) - 1


def row_digest(fields: Mapping[str, bytes]) -> bytes:
    """Return the `digest` that a row with *fields* must have."""
    return format_digest(
        sum(field_checksum(name, value) for name, value in fields.items() if name != "digest")
    )


def field_checksum(name: str, value: bytes) -> int:
    """Return the CRC-32 of a field's name and value; 0 if the value is empty, as for no field."""
    return crc32(value, crc32(name.encode())) if value else 0


def format_digest(total: int) -> bytes:
    """Format the sum of checksums as 16 hexadecimal digits, modulo 2**64."""
    return b"%016x" % (total % (1 << 64))
