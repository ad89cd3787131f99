"""Finds the rows that count where a source states one thing several times, or withdraws it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from streams.sources.rows import StudyRow, SubjectRow

Row = TypeVar("Row", bound=StudyRow)


def current_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the last version of each key, none of a key whose last row is removed.

    Rows without a version are all of one version; a row without a key is a thing of its own.
    """
    if not any(row.version or row.removed for row in rows):
        return list(rows)
    groups: dict[object, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.key or id(row), []).append(row)
    counted: set[int] = set()
    for group in groups.values():
        last = _ordered(group)[-1]
        if not last.removed:
            counted.update(id(row) for row in group if row.version == last.version)
    return [row for row in rows if id(row) in counted and not row.removed]


def current_subject(rows: Sequence[SubjectRow]) -> list[SubjectRow]:
    """Return the rows about one subject, none where the last one is removed.

    Its rows complete each other, whatever their versions and keys.
    """
    if any(row.removed for row in rows) and _ordered(rows)[-1].removed:
        return []
    return [row for row in rows if not row.removed]


def _ordered(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (len(row.version), row.version, row.known, row.place))
