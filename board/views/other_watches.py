"""The events of an alert through other watches: what each sees of them, and why not more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from board.views.alert_words import describe_comparison, term_title
from board.views.observed import Observed, observe, period_of
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.watched_cases import WatchedCase
from board.views.wording import humanize, plural
from monitor.state.shown import shown_watch
from monitor.state.study import ActiveWatch, Study
from monitor.state.verdict import Level

CANDIDATES_MAX = 12
"""Watches of the screening that are computed: those that see most of the events."""

SCREENED_MAX = 3
"""Watches of the screening that are shown: those with the strongest evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWatch:
    """A watch that could see the events of the alert.

    *subjects_seen* of the *subjects* with a first event under the alert have one under it.  *why*
    says why it sees fewer, or why what it sees does not cross.
    """

    watch: str
    term: str
    comparison: str
    tier: int
    own: bool
    same_term: bool
    subjects_seen: int
    subjects: int
    observed: Observed
    why: str


def other_watches(
    study: Study,
    own: ActiveWatch,
    cases: Sequence[WatchedCase],
    watches: Mapping[str, ActiveWatch],
) -> tuple[OtherWatch, ...]:
    """Return the alert's *own* watch, then those of the same term, then others of its cases.

    *cases* are those of the own watch.  Those of the same term are shown even where they see
    none of the events.
    """
    mine = {case.subject.number for case in cases if case.on_treatment and case.is_first}
    terms = {term for case in cases if case.on_treatment for term in case.entity.terms}
    term, treatments = own.first_events.term, {*own.design.treated_arms}
    related = [
        watch
        for watch in watches.values()
        if treatments & {*watch.design.treated_arms} and watch.first_events.term in terms | {term}
    ]
    planned = [watch for watch in related if watch.design.watch.tier != 2 or watch is own]
    shared = {
        watch: len(mine & set(_treated_subjects(study, watch)))
        for watch in related
        if watch not in planned
    }
    often = sorted((watch for watch in shared if shared[watch]), key=lambda each: -shared[each])
    screened = [row for watch in often[:CANDIDATES_MAX] for row in _row(study, own, watch, mine)]
    screened.sort(key=lambda row: -row.observed.log_e)
    rows = [row for watch in planned for row in _row(study, own, watch, mine)]
    return tuple(sorted([*rows, *screened[:SCREENED_MAX]], key=_rank))


def _rank(row: OtherWatch) -> tuple[bool, bool, bool, int, float]:
    is_screened = row.tier == 2
    return not row.own, not row.same_term, is_screened, row.tier, -row.observed.log_e


def _row(
    study: Study, own: ActiveWatch, watch: ActiveWatch, subjects: set[int]
) -> Iterator[OtherWatch]:
    observed = observe(study, watch)
    if observed is None:
        return
    seen = len(subjects & set(_treated_subjects(study, watch)))
    entry = shown_watch(study, watch)
    yield OtherWatch(
        watch=watch.id,
        term=term_title(study, entry.term),
        comparison=describe_comparison(entry),
        tier=entry.tier,
        own=watch is own,
        same_term=watch.first_events.term == own.first_events.term,
        subjects_seen=seen,
        subjects=len(subjects),
        observed=observed,
        why=_reason(study, own, watch, observed, seen, len(subjects)),
    )


def _treated_subjects(study: Study, watch: ActiveWatch) -> Iterator[int]:
    """Yield the numbers of the subjects with a first event on the watch's treatment by now."""
    for number, onset, arm in watch.first_events:
        if arm in watch.design.treated_arms and onset <= (study.as_of or 0):
            yield number


def _reason(
    study: Study,
    own: ActiveWatch,
    watch: ActiveWatch,
    observed: Observed,
    seen: int,
    total: int,
) -> str:
    """Return why the watch sees fewer of the events, or why they do not cross its boundary."""
    parts: list[str] = []
    period = period_of(watch.watch)
    if watch is not own and seen < total and period not in (None, period_of(own.watch)):
        noun = plural(total - seen, "patient")
        title = humanize(str(period))
        parts.append(f"{total - seen} of {total} {noun} had the event outside the {title} period")
    elif watch is not own and seen < total:
        parts.append(f"{seen} of {total} are first events here")
    low_counts = observed.first_events + observed.control_first_events
    if watch.design.follow_up is not None and low_counts:
        parts.append(
            f"it compares {observed.first_events} on treatment with "
            f"{observed.control_first_events} on {observed.control}"
        )
    if observed.level == Level.QUIET.word or not parts:
        parts.append(observed.verdict)
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def other_watches_table(rows: Iterable[OtherWatch]) -> Table:
    """Return the table of the watches."""
    columns = (
        Column(key="term", label="Term"),
        Column(key="comparison", label="Against"),
        Column(key="watch", label="Watch", shown=False),
        Column(key="tier", label="Tier", kind=ColumnKind.COUNT, shown=False),
        Column(key="first_events", label="Patients", kind=ColumnKind.COUNT),
        Column(key="control_first_events", label="Control", kind=ColumnKind.COUNT, shown=False),
        Column(key="ratio", label="Rate ratio", kind=ColumnKind.NUMBER, unit="at every look"),
        Column(key="ratio_low", label="Low", kind=ColumnKind.NUMBER, shown=False),
        Column(key="ratio_high", label="High", kind=ColumnKind.NUMBER, shown=False),
        Column(key="decision_low", label="Deciding low", kind=ColumnKind.NUMBER, shown=False),
        Column(key="evidence", label="Evidence", kind=ColumnKind.CHART),
        Column(key="e_value", label="E", kind=ColumnKind.NUMBER, unit="of boundary"),
        Column(key="boundary", label="Boundary", kind=ColumnKind.NUMBER, shown=False),
        Column(key="level", label="Level"),
        Column(key="why", label="What it sees"),
    )
    return Table(
        name="watches",
        caption="Watches that could see the events, with what each sees",
        columns=columns,
        rows=[_table_row(row) for row in rows],
        note=(
            "Limits hold at every look.  A watch without a boundary is shown beside and is not "
            "tested; a screened term is tested together with all others."
        ),
    )


def _table_row(row: OtherWatch) -> dict[str, Cell]:
    observed = row.observed
    names = (
        "first_events", "ratio", "ratio_low", "ratio_high", "decision_low",
        "e_value", "boundary", "level",
    )  # fmt: skip
    cells: dict[str, Cell] = {name: getattr(observed, name) for name in names}
    is_concurrent = row.comparison.startswith(f"v {observed.control},")
    return cells | {
        "control_first_events": observed.control_first_events if is_concurrent else None,
        "term": row.term,
        "comparison": row.comparison,
        "watch": row.watch,
        "tier": row.tier,
        "why": row.why,
    }
