"""Groups alerts of one cause: what events set off beside a tier 1 watch stands under its alert.

Grouping changes no alert: each keeps its id, state, owner and due dates, and needs its own moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from alerts.alert import Alert, AlertKind
from alerts.lifecycle import State
from alerts.register.history import AlertEntry
from monitor.plan.watch import Watch
from monitor.records import TermKind
from monitor.screening_watch import split_screening_watch
from monitor.state.study import Study
from monitor.state.verdict import Level

Cause = tuple[int, tuple[int, ...]]
"""The number of the term of a tier 1 watch, and those of its treatments: several if pooled."""


def is_open(alert: Alert) -> bool:
    """Whether the alert is tracked and not closed, so that a move may be due."""
    return alert.tracked and alert.state is not State.CLOSED


def heads_of_alerts(study: Study, entries: Sequence[AlertEntry]) -> dict[str, str]:
    """Return, by the id of each alert that stands under another, the id of that alert.

    A head is an open alert of a tier 1 watch.  Under it stand the alerts on the same treatment of
    tier 1 watches of the same term, of tier 2 terms of which at least half of the cases count
    under its term, and of single cases that count under its term.  The first cause in the order
    of the plan takes an alert.  An alert that is a head stands under none.
    """
    causes = {
        entry.alert.id: cause for entry in entries if (cause := _cause_of(study, entry.alert))
    }
    heads: dict[Cause, str] = {}
    for entry in sorted((e for e in entries if is_open(e.alert)), key=_rank):
        if entry.alert.id in causes:
            heads.setdefault(causes[entry.alert.id], entry.alert.id)
    ordered = [cause for cause in _causes_of_plan(study) if cause in heads]
    if not ordered:
        return {}
    shares = _TermShares(study, ordered)
    under: dict[str, str] = {}
    for entry in entries:
        alert = entry.alert
        own = causes.get(alert.id)
        found = [own] if own is not None else [c for c in ordered if shares.has_set_off(c, alert)]
        head = next((heads[cause] for cause in found if cause in heads), alert.id)
        if head != alert.id:
            under[alert.id] = head
    return under


def _rank(entry: AlertEntry) -> tuple[bool, int, str]:
    """Sort key of heads: a signal before a lower level, then the one that was raised first."""
    return entry.alert.level != Level.SIGNAL.word, entry.history[0].line, entry.alert.id


def _causes_of_plan(study: Study) -> Iterator[Cause]:
    """Yield the causes of the tier 1 watches in order; under "any" everything would stand."""
    for watch in study.plan.watches:
        if watch.tier == 1 and watch.term.kind is not TermKind.ANY:
            yield _cause_of_watch(study, watch)


def _cause_of_watch(study: Study, watch: Watch) -> Cause:
    arms = tuple(study.treatment_numbers[name] for name in watch.treatments)
    return study.vocabulary.number_of(watch.term), arms


def _cause_of(study: Study, alert: Alert) -> Cause | None:
    """Return the cause of an alert of a tier 1 watch; None for any other alert."""
    if alert.kind is not AlertKind.SIGNAL:
        return None
    for watch in study.plan.watches:
        if watch.id == alert.watch and watch.tier == 1 and watch.term.kind is not TermKind.ANY:
            return _cause_of_watch(study, watch)
    return None


class _TermShares:
    """How many cases of each term on a treatment count under the term of a cause as well."""

    def __init__(self, study: Study, causes: Iterable[Cause]) -> None:
        self.study = study
        self.cases: Counter[tuple[int, int]] = Counter()
        self.shared: Counter[tuple[Cause, int, int]] = Counter()
        causes = set(causes)
        for entity in study.entities.by_id.values():
            if entity.counted_versions:
                self.cases.update((term, entity.treatment) for term in entity.terms)
                for cause in causes:
                    if entity.treatment in cause[1] and cause[0] in entity.terms:
                        self.shared.update((cause, term, entity.treatment) for term in entity.terms)

    def has_set_off(self, cause: Cause, alert: Alert) -> bool:
        """Whether an alert of a tier 2 watch or of a single case is of this cause."""
        if alert.kind is AlertKind.CASE:
            entity = self.study.entities.by_id.get(alert.about)
            return (
                entity is not None
                and entity.counted_versions > 0
                and entity.treatment in cause[1]
                and cause[0] in entity.terms
            )
        parts = split_screening_watch(alert.watch)
        arm = None if parts is None else self.study.treatment_numbers.get(parts[1])
        if parts is None or arm is None or arm not in cause[1]:
            return False
        term = self.study.vocabulary.number_of(parts[0])
        return 0 < self.cases[term, arm] <= 2 * self.shared[cause, term, arm]
