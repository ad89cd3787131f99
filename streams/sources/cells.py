"""Turns the stored values of a cell into its text: each value decoded by itself, dates as ISO 8601.

One value in another encoding, or cut in the middle of a character, does not decide how the others
are read: it alone is read otherwise, and a finding names its row and column.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from unicodedata import normalize

from streams.sources.report import IngestReport, Problem, UnreadableSource
from streams.sources.rows import Place

MAX_CELL_CHARACTERS = 32_767
"""The longest text of SAS and of spreadsheets; a longer one is no cell of a listing."""

CUT_CHARACTER = Problem(
    "cut_character",
    "a text ends in the middle of a character",
    "read without its last character; if texts are not UTF-8, name their encoding with --encoding",
)
NOT_UTF8 = Problem(
    "not_utf8",
    "a text is not UTF-8",
    "read as Windows-1252; if it is another encoding, name it with --encoding",
)
NOT_IN_ENCODING = Problem(
    "not_in_encoding",
    "a text is not in the encoding of its file",
    "each byte that cannot be read is kept as \\xNN; name the right encoding with --encoding",
)
TOO_LONG = Problem(
    "cell_too_long",
    f"a text has more than {MAX_CELL_CHARACTERS:,} characters",
    "shorten it or leave it out of the file: documents are no part of a listing",
)

CUT_REASONS = frozenset({"unexpected end of data", "incomplete multibyte sequence"})
"""What codecs say of a character whose last bytes are missing."""


WHOLE_BELOW = 2**53
"""Whole numbers below this are exact in floating point: identifiers of 16 digits keep the last."""


class DateKind(StrEnum):
    """What a number in a column counts from the first of January 1960."""

    DAYS = "days"
    SECONDS = "seconds"


_DAYS = re.compile(
    r"(DATE|[BE]8601DA|IS8601DA|WEEKDAT[EX]|WORDDAT[EX]|NLDATE|MONYY"
    r"|(DDMMYY|MMDDYY|YYMMDD)[BCDNPS]?)\d*(\.\d*)?"
)
_SECONDS = re.compile(
    r"(DATETIME|DATEAMPM|MDYAMPM|[BE]8601D[NT]|IS8601DT|DTDATE|NLDATM)\d*(\.\d*)?"
)
"""Formats of SAS, with or without width and decimals; "DTDATE" shows seconds as a day."""

_ADAM_DATE = re.compile(r"[A-Z0-9]{1,6}DT(M?)")
_ORIGIN = datetime(1960, 1, 1)  # noqa: DTZ001  The origin of a local time that names no zone.


def check_encoding(encoding: str | None) -> None:
    """Raise UnreadableSource unless *encoding* is None or a superset of ASCII that Python knows."""
    try:
        usable = encoding is None or "Az09".encode(encoding) == b"Az09"
    except (LookupError, UnicodeError):
        usable = False
    if not usable:
        raise UnreadableSource(
            f"--encoding {encoding} is no encoding of texts that contains ASCII: give one such as"
            " utf-8, windows-1252, iso-8859-2, shift_jis or gb18030"
        )


def date_kind(column: str, sas_format: str) -> DateKind | None:
    """Return what numbers in *column* count, by *sas_format*, else by its name if ADaM's --DT.

    >>> date_kind("AGE", ""), date_kind("VISIT1", "DATE9."), date_kind("ASTDTM", "BEST12.")
    (None, <DateKind.DAYS: 'days'>, <DateKind.SECONDS: 'seconds'>)
    """
    if _DAYS.fullmatch(sas_format.upper()):
        return DateKind.DAYS
    if _SECONDS.fullmatch(sas_format.upper()):
        return DateKind.SECONDS
    adam = _ADAM_DATE.fullmatch(column)
    if adam is None:
        return None
    return DateKind.SECONDS if adam[1] else DateKind.DAYS


def number_text(number: float, kind: DateKind | None = None) -> str:
    """Return *number* as a text, whole or of at most 15 digits, or as the day that it counts.

    A count that is no whole day, or of no year from 1 to 9999, stays a number for the rules to
    report.  A missing number (NaN) is "".

    >>> number_text(54.0), number_text(5.4), number_text(19725.0, DateKind.DAYS)
    ('54', '5.4', '2014-01-02')
    """
    if number != number:
        return ""
    if kind and (text := _counted(number, kind)):
        return text
    if abs(number) < WHOLE_BELOW and number.is_integer():
        return str(int(number))
    return f"{number:.15g}"


def _counted(number: float, kind: DateKind) -> str:
    try:
        if kind is DateKind.SECONDS:
            return (_ORIGIN + timedelta(seconds=number)).isoformat(timespec="seconds")
        if number % 1:
            return ""
        return date.fromordinal(_ORIGIN.toordinal() + int(number)).isoformat()
    except (OverflowError, ValueError):
        return ""


def decode_text(raw: bytes, encoding: str | None, *, full: bool) -> tuple[str, Problem | None]:
    """Return the text of *raw* in NFC without outer blanks, and what was wrong with it.

    Without *encoding* it is UTF-8 or else Windows-1252.  A text that fills its column (*full*) may
    have been cut there in the middle of a character.
    """
    raw = raw.strip(b" \0\t\r\n")
    if raw.isascii():
        return raw.decode("ascii"), None
    try:
        return normalize("NFC", raw.decode(encoding or "utf-8")), None
    except UnicodeDecodeError as error:
        if full and error.reason in CUT_REASONS and error.end == len(raw):
            whole = raw[: error.start].decode(encoding or "utf-8")
            return normalize("NFC", whole.rstrip()), CUT_CHARACTER
    text = raw.decode(encoding or "windows-1252", "backslashreplace")
    return normalize("NFC", text), NOT_IN_ENCODING if encoding else NOT_UTF8


def checked_length(text: str, report: IngestReport, place: Place, column: str) -> str:
    """Return *text*, or "" with a refusal where it is longer than any cell."""
    if len(text) <= MAX_CELL_CHARACTERS:
        return text
    report.refuse(TOO_LONG, place, column)
    return ""
