"""Reads the headers of a SAS transport file: its data set's name, variables and rows.

Every number in a header is checked against the file before it is used, so that a damaged file is
refused with a sentence and not read as something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import BinaryIO, NoReturn

from streams.sources.cells import DateKind, date_kind
from streams.sources.report import UnreadableSource

RECORD = 80
"""A transport file consists of records of this length; another file size means it is truncated."""

MAX_ROW_BYTES = 1 << 20
MAX_VARIABLES = 10_000

HEADER = b"HEADER RECORD*******"
NAMES = (b"NAMESTR ", b"NAMSTV8 ")
OBSERVATIONS = (b"OBS     ", b"OBSV8   ")
MEMBERS = (b"MEMBER  ", b"MEMBV8  ")
"""Names of headers, in versions 5 and 8."""

_NAMESTR = Struct(">hhhh8s40s8shhh2s8shhi32s20x")
"""Describes a variable: type, -, width, -, name, label, format, ..., position, long name."""

_TEXT, _NUMBER = 2, 1


@dataclass(frozen=True, slots=True)
class Variable:
    """A column: its name in capitals, whether it holds text, its bytes, what its numbers count."""

    name: str
    is_text: bool
    width: int
    date_kind: DateKind | None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of the file's data set begin, how many there are, and what is in them."""

    name: str
    variables: tuple[Variable, ...]
    start: int
    rows: int


def read_layout(path: Path) -> Layout:
    """Return the layout of the transport file at *path*; raises UnreadableSource."""
    try:
        with path.open("rb") as file:
            return _Headers(path, file).layout()
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be read: {error.strerror}") from error


class _Headers:
    """The headers of an open transport file, read in their order."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._size = path.stat().st_size
        self._long_names = False  # Version 8 has them.

    def layout(self) -> Layout:
        if self._size % RECORD:
            self._refuse(f"its size is no multiple of {RECORD} bytes")
        if not self._record().startswith((HEADER + b"LIBRARY ", HEADER + b"LIBV8   ")):
            raise UnreadableSource(
                f"{self._path} is no SAS transport file: write it with the XPORT engine, copy it in"
                " binary mode, and check that it is an .xpt of version 5 or 8"
            )
        member = self._seek(MEMBERS)
        described = _number(member[74:78]) or _NAMESTR.size
        self._record()  # The header of the descriptor, which the data set's name follows.
        first = self._record()
        self._long_names = member.startswith(HEADER + MEMBERS[1])
        name = _name(first[8:40] if self._long_names else first[8:16])
        variables = self._variables(self._seek(NAMES), described)
        self._seek(OBSERVATIONS)
        start = self._file.tell()
        rows = self._rows(start, sum(variable.width for variable in variables))
        return Layout(name, variables, start, rows)

    def _variables(self, header: bytes, described: int) -> tuple[Variable, ...]:
        count = _number(header[48:58])
        if not 0 < count <= MAX_VARIABLES or described not in (136, _NAMESTR.size):
            self._refuse("the number of its variables cannot be right")
        texts = self._file.read(count * described)
        self._file.seek(-len(texts) % RECORD, 1)
        if len(texts) < count * described:
            self._refuse("the descriptions of its variables are not all there")
        variables: list[Variable] = []
        position = 0
        for at in range(0, len(texts), described):
            variables.append(self._variable(texts[at : at + described], position))
            position += variables[-1].width
        names = {variable.name for variable in variables}
        if "" in names or len(names) < count or position > MAX_ROW_BYTES:
            self._refuse("the descriptions of its variables contradict each other")
        return tuple(variables)

    def _variable(self, text: bytes, position: int) -> Variable:
        fields = _NAMESTR.unpack(text.ljust(_NAMESTR.size, b" "))
        kind, _, width, _, short, _, form, *_, stored_at, long = fields
        widths = range(1, 32_768) if kind == _TEXT else range(2, 9)
        if kind not in (_TEXT, _NUMBER) or width not in widths or stored_at != position:
            self._refuse("the description of a variable cannot be right")
        name = _name(long if self._long_names else short)
        counted = date_kind(name, _name(form)) if kind == _NUMBER else None
        return Variable(name, kind == _TEXT, width, counted)

    def _rows(self, start: int, width: int) -> int:
        """Return the number of rows; only blanks fill the last record after them."""
        self._check_single()
        rows, rest = divmod(self._size - start, width)
        if rest >= RECORD or self._read_at(self._size - rest, rest).strip(b" "):
            self._refuse("its last row is not whole")
        while rows and start + (rows - 1) * width > self._size - RECORD:
            if self._read_at(start + (rows - 1) * width, width).strip(b" "):
                break
            rows -= 1
        return rows

    def _check_single(self) -> None:
        while block := self._file.read(RECORD << 14):
            at = min((at for name in MEMBERS if (at := block.find(HEADER + name)) >= 0), default=1)
            if at % RECORD == 0:
                raise UnreadableSource(
                    f"{self._path} holds several data sets: write each to a file of its own"
                )

    def _read_at(self, position: int, size: int) -> bytes:
        self._file.seek(position)
        return self._file.read(size)

    def _record(self) -> bytes:
        record = self._file.read(RECORD)
        if len(record) < RECORD:
            self._refuse("its headers are not all there")
        return record

    def _seek(self, names: tuple[bytes, bytes]) -> bytes:
        """Return the next header with one of *names*; long labels may precede that of the rows."""
        while not (record := self._record()).startswith(tuple(HEADER + name for name in names)):
            pass
        return record

    def _refuse(self, what: str) -> NoReturn:
        raise UnreadableSource(
            f"{self._path} is damaged or cut short ({what}): copy it again in binary mode, or have"
            " it written again"
        )


def _name(text: bytes) -> str:
    """Return *text* of a header without the blanks and zeros that fill it up, in capitals."""
    return text.split(b"\0")[0].decode("latin-1").strip().upper()


def _number(text: bytes) -> int:
    """Return the number that *text* of a header has in digits; 0 where it has none."""
    return int(text) if text.isdigit() else 0
