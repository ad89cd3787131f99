"""Keeps the rows and the records of an ingest on disk, so that no study is too large for memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import orjson

from streams.sources.row_codec import KINDS, clean_text, decode_row, encode_row
from streams.sources.rows import AnyRow
from streams.sources.wire import TYPE_ORDER, JsonRecord

BATCH_ROWS = 2_000
CACHE_KIB = 32 << 10
"""Memory that the database may use; sorting beyond it goes to files beside it."""

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = FILE;
CREATE TABLE rows (subject TEXT, kind INTEGER, body BLOB);
CREATE TABLE records (
    known TEXT, rank INTEGER, system TEXT, id TEXT, version INTEGER, subject TEXT, line BLOB
);
"""


class Staging:
    """A database in the folder *work*: rows by subject, then records in order of arrival.

    It holds data of subjects, so its folder is deleted with it.
    """

    def __init__(self, work: Path) -> None:
        self.database = sqlite3.connect(work / "staging.sqlite", isolation_level=None)
        self.database.executescript(f"PRAGMA cache_size = -{CACHE_KIB};{SCHEMA}BEGIN")

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def add_rows(self, rows: Iterable[AnyRow]) -> Iterator[int]:
        """Store *rows*; yields the number of rows stored so far, for a progress bar."""
        batch: list[tuple[str, int, bytes]] = []
        stored = 0
        for row in rows:
            batch.append((clean_text(row.subject), KINDS.index(type(row)), encode_row(row)))
            if len(batch) == BATCH_ROWS:
                stored += self._insert_rows(batch)
                yield stored
        yield stored + self._insert_rows(batch)
        self.database.execute("CREATE INDEX by_subject ON rows (subject, kind)")

    def _insert_rows(self, batch: list[tuple[str, int, bytes]]) -> int:
        inserted = len(batch)
        self.database.executemany("INSERT INTO rows VALUES (?, ?, ?)", batch)
        batch.clear()
        return inserted

    def subject_count(self) -> int:
        """Return the number of subjects that have rows."""
        return self._number("SELECT count(DISTINCT subject) FROM rows")

    def largest_subject(self) -> int:
        """Return the number of rows of the subject that has most."""
        counts = "SELECT count(*) AS number FROM rows GROUP BY subject"
        return self._number(f"SELECT coalesce(max(number), 0) FROM ({counts})")

    def subjects(self, *kinds: type[AnyRow]) -> Iterator[tuple[str, Iterator[AnyRow]]]:
        """Yield each subject with its rows in the order of their files, or those of *kinds*."""
        chosen = ", ".join(str(KINDS.index(kind)) for kind in kinds or KINDS)
        found = self.database.execute(
            f"SELECT subject, kind, body FROM rows WHERE kind IN ({chosen}) ORDER BY subject, rowid"
        )
        rows = cast(Iterator[tuple[str, int, bytes]], found)
        for subject, group in groupby(rows, key=lambda row: row[0]):
            yield subject, (decode_row(KINDS[kind], body) for _, kind, body in group)

    def add_records(self, records: Iterable[JsonRecord]) -> None:
        """Store *records*, each as the line that is written in the end."""
        self.database.executemany(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", map(record_row, records)
        )

    def record_count(self) -> int:
        """Return the number of records."""
        return self._number("SELECT count(*) FROM records")

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of all records in order of arrival."""
        found = self.database.execute(
            "SELECT line FROM records ORDER BY known, rank, system, id, version, line"
        )
        return (line for (line,) in found)

    def days(self) -> Iterator[str]:
        """Yield each day on which a record is known, in order."""
        found = self.database.execute(
            "SELECT DISTINCT substr(known, 1, 10) AS day FROM records ORDER BY day"
        )
        return (day for (day,) in found)

    def last_days(self) -> list[str]:
        """Return the last day of each of the two subjects whose records come last."""
        found = self.database.execute(
            "SELECT max(substr(known, 1, 10)) AS day FROM records WHERE subject IS NOT NULL"
            " GROUP BY subject ORDER BY day DESC LIMIT 2"
        )
        return [day for (day,) in found]

    def _number(self, query: str) -> int:
        (number,) = self.database.execute(query).fetchone()
        return int(number)


def record_row(record: JsonRecord) -> tuple[Any, ...]:
    """Return *record* as a row of the table of records."""
    source = record["source"]
    return (
        record["known_at"],
        TYPE_ORDER.index(record["type"]),
        source["system"],
        source["id"],
        source["version"],
        record.get("subject"),
        orjson.dumps(record),
    )
