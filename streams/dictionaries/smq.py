"""Lists the preferred terms of a Standardised MedDRA Query (SMQ), with those of its children."""

from __future__ import annotations

from collections.abc import Iterator

from streams.dictionaries.meddra import (
    BROAD,
    CHILD_LEVEL,
    LOWEST_LEVEL,
    NARROW,
    TERM_LEVEL,
    Content,
    Meddra,
    Query,
)
from streams.dictionaries.term_group import Scope, TermGroup
from streams.sources.report import UnreadableSource

SCOPES = {Scope.NARROW: (NARROW,), Scope.BROAD: (NARROW, BROAD)}
ALGORITHM = (
    "This query has an algorithm: its terms of categories other than A count only in combination,"
    " which the group does not express; write `any_of` and `both` for that."
)


def smq_group(meddra: Meddra, code: str, scope: Scope, name: str | None = None) -> TermGroup:
    """Return the group of the SMQ with *code*: the active preferred terms of its *scope*.

    Terms of child queries belong to it.  Raises UnreadableSource where there is no such query, the
    queries form a circle, or a term is not in the hierarchy.
    """
    query = _query_of(meddra, code)
    rows = list(_content_of(meddra, query, scope, ()))
    codes = {row.code for row in rows if row.level == TERM_LEVEL}
    missing = codes - meddra.terms.keys()
    if missing:
        raise UnreadableSource(
            f"{len(missing)} terms of SMQ {code} are not in mdhier.asc: the files are of different"
            " releases. Unpack one release into an empty folder."
        )
    if not codes:
        raise UnreadableSource(f"SMQ {code} has no active preferred term of the {scope} scope.")
    return TermGroup(
        name=name or f"smq-{code}",
        title=f"{query.name}, {scope}",
        dictionary=f"MedDRA {meddra.version} SMQ {code} {scope}",
        terms=tuple(sorted({meddra.terms[each] for each in codes})),
        notes=tuple(_notes(meddra, query, rows, codes)),
    )


def _query_of(meddra: Meddra, code: str) -> Query:
    query = meddra.queries.get(code)
    if query is None:
        raise UnreadableSource(f"smq_list.asc has no SMQ {code}. Give the code of a listed SMQ.")
    if not query.is_active:
        raise UnreadableSource(f"SMQ {code} is inactive in MedDRA {meddra.version}.")
    return query


def _content_of(
    meddra: Meddra, query: Query, scope: Scope, parents: tuple[str, ...]
) -> Iterator[Content]:
    """Yield the content of the query and of its children; *parents* lead to it."""
    if query.code in parents:
        path = " > ".join([*parents[parents.index(query.code) :], query.code])
        raise UnreadableSource(
            f"smq_content.asc: SMQs contain each other in a circle ({path})."
            " Unpack the release again."
        )
    for row in meddra.content.get(query.code, ()):
        if row.level == CHILD_LEVEL:
            child = _query_of(meddra, row.code)
            yield from _content_of(meddra, child, scope, (*parents, query.code))
        elif row.scope in SCOPES[scope]:
            yield row


def _notes(meddra: Meddra, query: Query, rows: list[Content], codes: set[str]) -> Iterator[str]:
    if query.is_algorithmic:
        yield ALGORITHM
    lowest = {row.code for row in rows if row.level == LOWEST_LEVEL}
    alone = [
        each
        for each in lowest
        if (term := meddra.lowest_terms.get(each))
        and term.is_current
        and term.term_code not in codes
    ]
    if alone:
        yield (
            f"Left out: {len(alone)} current lowest level terms whose preferred term is not in the"
            " query; cases count by their preferred term."
        )
