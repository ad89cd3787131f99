"""Looks at the values of a column: which date formats fit all of them, which words are unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.sources.codes import find_code
from streams.sources.mapping.dates import date_reader, is_calendar_date, is_iso_shape

DATE_FORMATS = (
    "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%m.%d.%Y", "%Y/%m/%d", "%Y.%m.%d",
    "%d-%b-%Y", "%d %b %Y", "%d%b%Y", "%d/%b/%Y", "%b %d, %Y", "%d %B %Y", "%b-%Y", "%m/%Y",
    "%m/%d/%y", "%d/%m/%y", "%d-%b-%y", "%d.%m.%y",
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d-%b-%Y %H:%M", "%d.%m.%Y %H:%M", "%d%b%Y:%H:%M:%S",
    "sas_days", "excel_days",
)  # fmt: skip
"""Formats that are proposed where they fit every value of a column."""

WORDS_MAX = 60
"""A column with more different words is no code list."""


@dataclass(slots=True)
class DateSample:
    """The formats that fit all dates of a column so far."""

    formats: list[str] = field(default_factory=lambda: list(DATE_FORMATS))
    count: int = 0
    """Values that are not ISO 8601."""

    def add(self, text: str) -> None:
        """Leave only the formats that fit *text* too; a word such as UNK is no date."""
        if is_iso_shape(text) or not any(map(str.isdigit, text)):
            return
        self.count += 1
        self.formats = [each for each in self.formats if _fits(each, text)]

    @property
    def proposed(self) -> list[str] | None:
        """Return the formats that fit, none where all is ISO, None where nothing fits."""
        if not self.count:
            return []
        return self.formats or None


@dataclass(slots=True)
class WordSample:
    """The different words of a column, in the order of their first row."""

    words: dict[str, None] = field(default_factory=dict[str, None])
    is_open: bool = False
    """Whether there are too many for a code list."""

    def add(self, text: str) -> None:
        """Note *text*."""
        if text and not self.is_open:
            self.words[text] = None
            self.is_open = len(self.words) > WORDS_MAX

    def unknown(self, attribute: str) -> list[str]:
        """Return the words that no code list of *attribute* knows."""
        return [word for word in self.words if find_code(attribute, word) is None]


def combine(samples: Iterable[DateSample]) -> tuple[list[str], bool]:
    """Return the formats for a file with these columns, and whether the user has to choose.

    A column that several formats fit leaves the choice to the user, whatever the others show.
    """
    proposed = [each.proposed for each in samples]
    formats = dict.fromkeys(text for each in proposed for text in each or [])
    return list(formats), any(each is None or len(each) > 1 for each in proposed)


def _fits(name: str, text: str) -> bool:
    iso = date_reader(name)(text)
    return iso is not None and is_calendar_date(iso) and "1900" <= iso[:4] < "2200"
