"""Reads a sheet of FDA's OND Custom Medical Queries (OCMQ), saved as CSV.

The sheets have changed their headers between versions, so a column is found by any of its known
names, or by the name that the user gives.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from streams.dictionaries.term_group import Scope, TermGroup
from streams.sources.report import UnreadableSource

ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumns:
    """Names of the columns of a sheet; None for one of the known names."""

    query: str | None = None
    term: str | None = None
    scope: str | None = None


KNOWN_NAMES = {
    "query": ("ocmq", "ocmq name", "fmq", "fmq name", "query", "query name"),
    "term": ("pt", "preferred term", "preferred term name", "meddra pt", "pt name", "pt_name"),
    "scope": ("scope", "narrow/broad", "narrow or broad", "classification", "term scope"),
}
SCOPE_WORDS = {"narrow": Scope.NARROW, "n": Scope.NARROW, "broad": Scope.BROAD, "b": Scope.BROAD}


def ocmq_group(
    path: Path,
    query: str,
    version: str,
    scope: Scope,
    columns: SheetColumns,
    name: str | None = None,
) -> TermGroup:
    """Return the group of the *query* in the sheet at *path*: its terms of *scope*.

    Rows of an algorithm are left out, with a note.  Raises UnreadableSource where the file is no
    such sheet or has no such query.
    """
    rows = _rows_of(path)
    header = [cell.strip() for cell in rows[0]] if rows else []
    places = {key: _place_of(path, header, key, getattr(columns, key)) for key in KNOWN_NAMES}
    terms: set[str] = set()
    other = 0
    names = {row[places["query"]].strip() for row in rows[1:] if len(row) > places["query"]}
    for row in rows[1:]:
        cells = [*(cell.strip() for cell in row), *[""] * len(header)]
        if cells[places["query"]].casefold() != query.casefold() or not cells[places["term"]]:
            continue
        row_scope = SCOPE_WORDS.get(cells[places["scope"]].casefold())
        other += row_scope is None
        if row_scope is Scope.NARROW or (row_scope and scope is Scope.BROAD):
            terms.add(cells[places["term"]])
    if not terms:
        raise UnreadableSource(
            f"{path} has no {scope} term of the query that you name."
            f" It has {len(names)} queries; give the name as the sheet spells it."
        )
    note = f"Left out: {other} rows that are neither narrow nor broad, as of an algorithm."
    return TermGroup(
        name=name or _group_name(query),
        title=f"{query}, {scope}",
        dictionary=f"OCMQ {version} {query} {scope}",
        terms=tuple(sorted(terms)),
        notes=(note,) if other else (),
    )


def _rows_of(path: Path) -> list[list[str]]:
    try:
        return list(csv.reader(StringIO(_text_of(path), newline="")))
    except csv.Error as error:
        raise UnreadableSource(f"{path} is not CSV ({error}). Save the sheet as CSV.") from None


def _text_of(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content.startswith(ZIP_MAGIC):
            raise UnreadableSource(
                f"{path} is an Excel workbook. Save its sheet of terms as CSV (UTF-8)."
            )
        return content.decode("utf-8-sig")
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 (byte {error.start}). Save the sheet as CSV (UTF-8)."
        raise UnreadableSource(message) from None


def _place_of(path: Path, header: list[str], key: str, given: str | None) -> int:
    wanted = KNOWN_NAMES[key] if given is None else (given.casefold(),)
    found = [index for index, cell in enumerate(header) if cell.casefold() in wanted]
    if len(found) != 1:
        problem = "no column" if not found else f"{len(found)} columns"
        raise UnreadableSource(f"{path} has {problem} of the {key}. Name it with --{key}-column.")
    return found[0]


def _group_name(query: str) -> str:
    name = "".join(each if each.isascii() and each.isalnum() else "-" for each in query.lower())
    return f"ocmq-{name}"[:64].rstrip("-")
