"""Writes transport files of versions 5 and 8, byte by byte as SAS's note TS-140 has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import frexp, isnan
from pathlib import Path
from struct import pack

RECORD = 80


@dataclass(frozen=True)
class Column:
    """A variable: its name, its bytes, whether it is a number, and its format."""

    name: str
    width: int = 8
    is_number: bool = False
    form: str = ""


def transport_file(
    columns: Sequence[Column],
    rows: Sequence[Sequence[bytes | float]],
    *,
    version: int = 5,
    labels: bytes = b"",
) -> bytes:
    """Return a transport file with one data set, AE; long *labels* are for version 8 only."""
    names = ("LIBRARY ", "MEMBER  ", "DSCRPTR ", "NAMESTR ", "OBS     ")
    if version == 8:
        names = ("LIBV8   ", "MEMBV8  ", "DSCPTV8 ", "NAMSTV8 ", "OBSV8   ")
    library, member, descriptor, variables, observations = names
    described = b"".join(_described(columns, index) for index in range(len(columns)))
    values = b"".join(
        _stored(value, column) for row in rows for value, column in zip(row, columns, strict=True)
    )
    return b"".join(
        [
            _header(library),
            b" " * 2 * RECORD,
            _header(member, "000000000000000001600000000140  "),
            _header(descriptor),
            (b"SAS     " + b"AE".ljust(8)).ljust(RECORD),
            b" " * RECORD,
            _header(variables, f"{len(columns):010}".ljust(30, "0")),
            _filled(described),
            _header("LABELV8 ", "00001".ljust(30, "0")) + _filled(labels) if labels else b"",
            _header(observations),
            _filled(values),
        ]
    )


def write_ae(path: Path, *texts: bytes, width: int = 40) -> Path:
    """Write a file of AE with one column of text, AETERM, and return its path."""
    path.write_bytes(transport_file([Column("AETERM", width)], [[text] for text in texts]))
    return path


def ibm(number: float, width: int = 8) -> bytes:
    """Return *number* in the floating point of IBM mainframes, cut to *width* bytes."""
    if isnan(number):
        return b".".ljust(width, b"\0")
    if not number:
        return bytes(width)
    fraction, exponent = frexp(abs(number))
    while exponent % 4:
        fraction, exponent = fraction / 2, exponent + 1
    sign = 0x80 if number < 0 else 0
    whole = int(fraction * (1 << 56)).to_bytes(7)
    return (bytes([sign | (exponent // 4 + 64)]) + whole)[:width]


def _header(name: str, rest: str = "0" * 30) -> bytes:
    return f"HEADER RECORD*******{name}HEADER RECORD!!!!!!!{rest}".ljust(RECORD).encode()


def _described(columns: Sequence[Column], index: int) -> bytes:
    column = columns[index]
    position = sum(each.width for each in columns[:index])
    name, form = column.name.encode(), column.form.encode()
    return pack(
        ">hhhh8s40s8shhh2s8shhi32s20x",
        1 if column.is_number else 2, 0, column.width, index + 1, name[:8].ljust(8),
        b" " * 40, form.ljust(8), 9, 0, 0, b"", b" " * 8, 0, 0, position, name.ljust(32),
    )  # fmt: skip


def _stored(value: bytes | float, column: Column) -> bytes:
    if isinstance(value, bytes):
        return value.ljust(column.width)[: column.width]
    return ibm(value, column.width)


def _filled(content: bytes) -> bytes:
    return content + b" " * (-len(content) % RECORD)
