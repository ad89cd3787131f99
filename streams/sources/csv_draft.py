"""Writes the first draft of a mapping from the headers and values of CSV listings.

It proposes what a name or a value shows, and leaves every choice that it cannot make as a comment:
above all between day and month.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from streams.sources.csv_files import CsvFile
from streams.sources.mapping.convert import CODED_VALUES
from streams.sources.mapping.headers import CRITERIA, guess_fields, guess_record
from streams.sources.mapping.kinds import DATES, KINDS
from streams.sources.mapping.samples import DateSample, WordSample, combine
from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.rules.names import treatment_id

ROWS_READ = 200_000
SUFFIXES = (".csv", ".tsv")
REPEAT = "redcap_repeat_instrument"

HEAD = """\
# First draft of a mapping.  Read each line: names of columns were guessed from their headers.
# Lines that begin with # are choices that only you can make; docs/ingest_csv.md has the language.
study = "STUDY"           # the identifier of the study
system = "csv"            # the source system, a part of every record's identity
missing = [""]            # texts that say nothing, such as "NA" or "UNK"
"""


@dataclass(slots=True)
class Listing:
    """One file as the draft sees it: its guessed fields, and what its values show."""

    file: CsvFile
    header: list[str]
    record: str | None
    columns: dict[str, str]
    """The guessed column by field."""
    dates: dict[str, DateSample] = field(default_factory=dict[str, DateSample])
    words: dict[str, WordSample] = field(default_factory=dict[str, WordSample])
    instruments: set[str] = field(default_factory=set[str])
    """REDCap instruments of the rows with data of this record type."""

    @property
    def required_columns(self) -> list[str]:
        """The guessed columns of fields without which no row of the record type can count."""
        required = KINDS[self.record].required if self.record else ()
        return [self.columns[name] for name in required if name in self.columns]


def draft_mapping(folder: Path) -> str:
    """Return the draft of a mapping of the CSV files in *folder*, as commented TOML.

    Raises `UnreadableSource` where there is none, or one cannot be read.
    """
    paths = [folder]
    if folder.is_dir():
        paths = sorted(each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES)
    if not paths:
        raise UnreadableSource(f"{folder} has no file *.csv: give the folder of the listings")
    listings = [_sample(path) for path in paths]
    blocks = [HEAD, *_arms(listings), *("\n".join(_file_lines(each)) + "\n" for each in listings)]
    return "\n".join(blocks)


def _sample(path: Path) -> Listing:
    file = CsvFile(path=path, file=path.name, delimiter=_delimiter(path))
    header = file.header()
    record = guess_record(header)
    columns = guess_fields(record, header) if record else {}
    listing = Listing(file, header, record, columns)
    for name in columns:
        if name in DATES:
            listing.dates[name] = DateSample()
        elif name in CODED_VALUES or name in CRITERIA or name == "randomised_treatment":
            listing.words[name] = WordSample()
    for row in islice(file.rows(frozenset(header), IngestReport()), ROWS_READ):
        _add_row(listing, {column: text.strip() for column, text in row.cells.items()})
    return listing


def _delimiter(path: Path) -> str:
    """Return the delimiter by which the header has most columns."""
    return max(",;\t|", key=lambda delimiter: _width(path, delimiter))


def _width(path: Path, delimiter: str) -> int:
    try:
        return len(CsvFile(path=path, file=path.name, delimiter=delimiter).header())
    except UnreadableSource:
        return 0


def _add_row(listing: Listing, cells: dict[str, str]) -> None:
    for samples in (listing.dates, listing.words):
        for name, sample in samples.items():
            sample.add(cells[listing.columns[name]])
    if REPEAT in cells and all(cells[column] for column in listing.required_columns):
        listing.instruments.add(cells[REPEAT])


def _arms(listings: list[Listing]) -> Iterator[str]:
    samples = [each.words.get("randomised_treatment", WordSample()) for each in listings]
    words = dict.fromkeys(word for each in samples for word in each.words)
    lines = ["[arms]                    # as the file writes them = treatment of the plan"]
    lines += [f"{_quoted(word)} = {_quoted(treatment_id(word))}" for word in words]
    yield "\n".join(lines) + "\n" if words else '# [arms]\n# "Drug 10 mg" = "drug"\n'


def _file_lines(listing: Listing) -> Iterator[str]:
    name = listing.file.path.stem
    if listing.record is None:
        yield f"# {_quoted(listing.file.file)}: no record type was recognised by its columns:"
        yield f"# {', '.join(map(_quoted, listing.header))}"
        return
    yield "[[file]]"
    yield f"name = {_quoted(name)}"
    yield f"path = {_quoted(listing.file.file)}"
    yield f"record = {_quoted(listing.record)}"
    if listing.file.delimiter != ",":
        yield f"delimiter = {_quoted(listing.file.delimiter)}"
    if len(listing.instruments) == 1:
        yield f"where = {{ {REPEAT} = {_quoted(*listing.instruments)} }}"
    yield f"key = {_key(listing)}  # rows of one key are versions of one entity"
    known = listing.columns.get("known_at")
    yield f"known_at = [{_quoted(known)}]" if known else "# known_at = [...]  # when it was known"
    yield from _date_lines(listing)
    yield from _field_lines(listing)
    yield from _code_lines(listing)
    used = set(listing.columns.values())
    unused = [_quoted(name) for name in listing.header if name not in used]
    yield f"# not used: {', '.join(unused)}"


def _key(listing: Listing) -> str:
    columns = listing.columns
    names = ["subject", "key"] if "key" in columns else ["subject"]
    if len(names) == 1 and listing.record in ("adverse_event", "dose"):
        names += ["verbatim" if "verbatim" in columns else "preferred_term", "onset", "first_date"]
    found = [columns[name] for name in names if name in columns]
    return f"[{', '.join(map(_quoted, found))}]"


def _date_lines(listing: Listing) -> Iterator[str]:
    formats, is_open = combine(listing.dates.values())
    if not is_open:
        yield f"dates = [{', '.join(map(_quoted, formats))}]"
        return
    for name, sample in listing.dates.items():
        column = _quoted(listing.columns[name])
        if sample.proposed is None:
            yield f"# {column}: no format fits all values; name those that are used"
        elif len(sample.proposed) > 1:
            yield f"# {column}: several formats fit; nothing in the column can decide"
    yield "# choose the formats that are true, and delete the others:"
    for each in formats:
        yield f"# dates = [{_quoted(each)}]"


def _field_lines(listing: Listing) -> Iterator[str]:
    assert listing.record is not None
    yield "[file.fields]"
    known = KINDS[listing.record].fields
    for name in KINDS[listing.record].required:
        if name not in listing.columns:
            yield f'# {name} = "..."  # no column was recognised: name it, or {{ const = "..." }}'
    for name, column in listing.columns.items():
        if name in known:
            yield f"{name} = {_quoted(column)}"
    criteria = [
        f"{name} = {_quoted(listing.columns[name])}"
        for name in CRITERIA
        if name in listing.columns and listing.record == "adverse_event"
    ]
    if criteria:
        yield f"criteria = {{ {', '.join(criteria)} }}"


def _code_lines(listing: Listing) -> Iterator[str]:
    for name, sample in listing.words.items():
        if name in CRITERIA or name not in CODED_VALUES or name == "status":
            continue
        assert listing.record is not None
        unknown = sample.unknown(KINDS[listing.record].fields[name])
        if not unknown:
            continue
        yield f"[file.codes.{name}]  # each is one of: {', '.join(CODED_VALUES[name])}"
        if sample.is_open:
            yield f"# {_quoted(listing.columns[name])} has too many different words for a code list"
        else:
            yield from (f'# {_quoted(word)} = "..."' for word in unknown)


def _quoted(text: str) -> str:
    """Return *text* as a TOML string, on one line and without control characters."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f")
