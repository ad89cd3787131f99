"""Reads a data set from a SAS transport file (XPT, versions 5 and 8), row by row.

The layout is SAS's technical note TS-140.  pyreadstat reads it too, and the tests compare with it,
but it takes a second data set in the file for rows of the first, holds 100,000 rows of each column
in memory whatever the limit, and converts all texts of a file by one encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ldexp, nan
from pathlib import Path
from struct import Struct

from streams.sources.cells import check_encoding, checked_length, decode_text, number_text
from streams.sources.report import IngestReport
from streams.sources.rows import Place, SourceRow
from streams.sources.sas_transport_layout import Layout, Variable, read_layout

BLOCK_BYTES = 1 << 20
"""Rows are read in blocks of about this size."""

_MISSING = frozenset(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class TransportFile:
    """A `Table` in a transport file."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        check_encoding(encoding)
        self._path = path
        self._encoding = encoding
        self._layout: Layout = read_layout(path)
        self.name = self._layout.name or path.stem.upper()
        self.columns = tuple(variable.name for variable in self._layout.variables)

    def rows(self, report: IngestReport) -> Iterator[SourceRow]:
        """Yield the rows; texts that cannot be decoded as they should go to *report*."""
        file = str(self._path)
        for number, values in enumerate(self._values(), start=1):
            place = Place(file, number)
            yield SourceRow(
                place,
                {
                    variable.name: self._cell(variable, raw, report, place)
                    for variable, raw in zip(self._layout.variables, values, strict=True)
                },
            )

    def _values(self) -> Iterator[tuple[bytes, ...]]:
        layout = self._layout
        fields = Struct("".join(f"{variable.width}s" for variable in layout.variables))
        at_once = max(1, BLOCK_BYTES // fields.size)
        with self._path.open("rb") as file:
            file.seek(layout.start)
            for done in range(0, layout.rows, at_once):
                block = file.read(min(at_once, layout.rows - done) * fields.size)
                yield from fields.iter_unpack(block)

    def _cell(self, variable: Variable, raw: bytes, report: IngestReport, place: Place) -> str:
        if not variable.is_text:
            return number_text(ibm_number(raw), variable.date_kind)
        full = raw[-1] not in b" \0"
        text, problem = decode_text(raw, self._encoding, full=full)
        if problem is not None:
            report.find(problem, place, variable.name)
        return checked_length(text, report, place, variable.name)


def ibm_number(raw: bytes) -> float:
    r"""Return the number that *raw* has in the floating point of IBM mainframes; NaN if missing.

    SAS writes a missing number as a letter, a full stop or a low line, followed by zeros.

    >>> ibm_number(bytes.fromhex("4236000000000000")), ibm_number(b".\0\0\0\0\0\0\0")
    (54.0, nan)
    """
    if raw[0] in _MISSING and not any(raw[1:]):
        return nan
    fraction = int.from_bytes(raw[1:])
    exponent = 4 * ((raw[0] & 0x7F) - 64) - 8 * (len(raw) - 1)
    return ldexp(-fraction if raw[0] & 0x80 else fraction, exponent)
