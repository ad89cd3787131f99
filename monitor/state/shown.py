"""How the terms of a study are shown: as its cases spell them."""

from __future__ import annotations

from dataclasses import replace

from monitor.plan.watch import Watch
from monitor.state.study import ActiveWatch, Study
from monitor.terms import CODED_KINDS, Term


def shown_term(study: Study, number: int) -> Term:
    """Return the term with *number* as it is shown: folded where no case counts under it."""
    return _spelled_term(study, number) or study.vocabulary[number]


def shown_watch(study: Study, active_watch: ActiveWatch) -> Watch:
    """Return the entry of *active_watch* with its term as it is shown.

    A watch of the plan shows the plan's spelling as long as no case counts under its term.
    """
    watch, number = active_watch.design.watch, active_watch.first_events.term
    term = _spelled_term(study, number)
    if watch.tier == 2:
        return replace(watch, id=active_watch.id, term=term or study.vocabulary[number])
    return watch if term in (None, watch.term) else replace(watch, term=term)


def _spelled_term(study: Study, number: int) -> Term | None:
    """Return the term as its cases spell it; None for other terms, or where none counts."""
    kind = study.vocabulary[number].kind
    is_counted = any(number in table and table[number].events for table in study.tables)
    name = study.spellings.shown(number) if is_counted and kind in CODED_KINDS else None
    return None if name is None else Term(kind, name)
