"""The ids of tier 2 watches, which name their term and treatment."""

from __future__ import annotations

from monitor.records import TermKind
from monitor.terms import Term

SCREENING_PREFIX = "screening/"
"""Prefix of the ids of tier 2 watches; no plan may use it for a watch."""


def screening_watch_id(term: Term, treatment: str) -> str:
    """Return the id of the tier 2 watch of *term* on *treatment*.

    >>> screening_watch_id(Term(TermKind.PREFERRED_TERM, "rash"), "drug")
    'screening/preferred_term/rash/drug'
    """
    return f"{SCREENING_PREFIX}{term.kind}/{term.name}/{treatment}"


def split_screening_watch(watch: str) -> tuple[Term, str] | None:
    """Return term and treatment of the id of a tier 2 watch; None for other watches."""
    if not watch.startswith(SCREENING_PREFIX):
        return None
    term, treatment = watch.removeprefix(SCREENING_PREFIX).rsplit("/", 1)
    kind, name = term.split("/", 1)
    return Term(TermKind(kind), name), treatment
