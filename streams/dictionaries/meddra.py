"""Loads a licensed MedDRA distribution: preferred terms, lowest level terms and SMQs.

Nothing of MedDRA is part of Tocsin.  Columns are those of the MedDRA distribution file format
document: ``mdhier.asc``, ``llt.asc``, ``smq_list.asc`` and ``smq_content.asc``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from streams.dictionaries.asc_file import read_asc
from streams.sources.report import UnreadableSource

CHILD_LEVEL, TERM_LEVEL, LOWEST_LEVEL = "0", "4", "5"
"""Levels of the content of an SMQ: another SMQ, a preferred term, a lowest level term."""

NARROW, BROAD = "2", "1"
"""Scopes of the content of an SMQ."""

ACTIVE = "A"
RELEASE_FILE = "meddra_release.asc"


class LowestTerm(NamedTuple):
    """A lowest level term: its preferred term, and whether it is current."""

    term_code: str
    is_current: bool


class Query(NamedTuple):
    """An SMQ of the list; *is_algorithmic* where its terms count in combinations only."""

    code: str
    name: str
    version: str
    is_active: bool
    is_algorithmic: bool


class Content(NamedTuple):
    """An active row of the content of an SMQ."""

    code: str
    level: str
    scope: str
    category: str


@dataclass(slots=True, kw_only=True)
class Meddra:
    """One release: names of preferred terms by code, lowest level terms, SMQs and their content.

    *version* is the one that every SMQ of the list names.
    """

    version: str
    terms: dict[str, str]
    lowest_terms: dict[str, LowestTerm]
    queries: dict[str, Query]
    content: dict[str, list[Content]] = field(default_factory=dict[str, list[Content]])


def load_meddra(folder: Path) -> Meddra:
    """Load the four files of *folder*.

    Raises UnreadableSource where a file is missing, malformed or of another release.
    """
    if not folder.is_dir():
        raise UnreadableSource(f"{folder} is no folder. Give the folder of the ASCII files.")
    queries = _read_queries(folder)
    terms = {row.fields[0]: row.fields[4] for row in read_asc(folder, "mdhier.asc", 12)}
    lowest = {
        row.fields[0]: LowestTerm(row.fields[2], row.fields[9] != "N")
        for row in read_asc(folder, "llt.asc", 10)
    }
    return Meddra(
        version=_version_of(folder, queries),
        terms=terms,
        lowest_terms=lowest,
        queries=queries,
        content=_read_content(folder),
    )


def _read_queries(folder: Path) -> dict[str, Query]:
    queries: dict[str, Query] = {}
    for row in read_asc(folder, "smq_list.asc", 9):
        code, name, _, _, _, _, version, status, algorithm = row.fields[:9]
        is_algorithmic = algorithm not in ("", "N", "n")
        queries[code] = Query(code, name, version, status == ACTIVE, is_algorithmic)
    if not queries:
        raise UnreadableSource(f"{folder / 'smq_list.asc'} lists no SMQ.")
    return queries


def _version_of(folder: Path, queries: dict[str, Query]) -> str:
    """Return the version that all queries and, where it is there, the release file name."""
    versions = {query.version for query in queries.values()}
    if (folder / RELEASE_FILE).exists():
        versions |= {row.fields[0] for row in read_asc(folder, RELEASE_FILE, 1)}
    if len(versions) != 1 or "" in versions:
        named = ", ".join(sorted(versions)[:3]) or "none"
        raise UnreadableSource(
            f"The files of {folder} do not name one version: {named}."
            " Unpack one release into an empty folder."
        )
    return versions.pop()


def _read_content(folder: Path) -> dict[str, list[Content]]:
    content: defaultdict[str, list[Content]] = defaultdict(list)
    for row in read_asc(folder, "smq_content.asc", 7):
        query, code, level, scope, category, _, status = row.fields[:7]
        if status == ACTIVE:
            content[query].append(Content(code, level, scope, category))
    return dict(content)
