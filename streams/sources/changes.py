"""Finds which rows of an export taken again differ from those of the exports before it."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import blake2b

from streams.sources.rows import AnyRow, Place, SubjectRow

_NOWHERE = Place("", 0)


class ChangedRows(AbstractContextManager["ChangedRows"]):
    """The last content of each key so far, as a hash in a private file on disk."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # SQLite removes the file.
        self._database.execute("create table seen (name blob primary key, content blob)")

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def is_changed(self, row: AnyRow) -> bool:
        """Return whether the last row of the key of *row* said something else; keep what it says.

        When it was known, and where it stands, say nothing.  A row without a key is always new.
        """
        if not row.key and not isinstance(row, SubjectRow):
            return True
        name = _hash(repr((type(row).__name__, row.subject, row.key)))
        content = _hash(repr(replace(row, place=_NOWHERE, known="", version="")))
        found = self._database.execute("select content from seen where name = ?", [name])
        if found.fetchone() == (content,):
            return False
        self._database.execute("insert or replace into seen values (?, ?)", [name, content])
        return True


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
