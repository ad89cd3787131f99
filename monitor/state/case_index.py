"""Indexes the cases of one subject, so that one record need not read all of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from monitor.dates import FOREVER
from monitor.exposure.first_events import FirstEvents
from monitor.exposure.person_time import DayRange
from monitor.plan.plan import ARMS_MAX
from monitor.records import AdverseEvent
from monitor.state.entities import Contribution
from monitor.terms import TermPair, fold_term

INDEXED_FROM = 64
"""Cases from which a subject has an index; fewer are scanned, in less time and memory."""

CaseKey = tuple[int, str]
"""Onset, as an ordinal day, and entity id of a case."""


def keys_within(keys: list[CaseKey], days: DayRange) -> list[CaseKey]:
    """Return the *keys*, which are sorted, with an onset within *days*."""
    start, end = days
    return keys[bisect_left(keys, (start, "")) : bisect_left(keys, (end, ""))]


def remove_key(keys: list[CaseKey], key: CaseKey) -> None:
    """Remove *key*, which must be there, from sorted *keys*."""
    index = bisect_left(keys, key)
    assert keys[index] == key, "removes a case that was never indexed"
    del keys[index]


@dataclass(slots=True)
class CaseIndex:
    """The cases of one subject in the orders in which they are looked up.

    *by_onset* holds all cases with an onset, imputed where it is partial.  *by_term* holds, by
    folded preferred term, those with a complete onset.  *counted_onsets* holds the sorted onsets of
    the counted cases by term number and then by ``period * ARMS_MAX + treatment``.  *uncounted*
    holds the ids of cases that are not counted.
    """

    by_onset: list[CaseKey] = field(default_factory=list[CaseKey])
    by_term: dict[str, list[CaseKey]] = field(default_factory=dict[str, list[CaseKey]])
    counted_onsets: dict[int, dict[int, array[int]]] = field(
        default_factory=dict[int, dict[int, "array[int]"]]
    )
    uncounted: dict[str, None] = field(default_factory=dict[str, None])

    def add_case(
        self, entity_id: str, case: AdverseEvent, onset: int | None, *, is_counted: bool
    ) -> None:
        """Add an active case; *onset* is imputed, and None where it is unknown."""
        if not is_counted:
            self.uncounted[entity_id] = None
        if onset is not None:
            insort(self.by_onset, (onset, entity_id))
        if isinstance(case.onset, int):
            term = fold_term(case.preferred_term)
            insort(self.by_term.setdefault(term, []), (case.onset, entity_id))

    def remove_case(self, entity_id: str, case: AdverseEvent, onset: int | None) -> None:
        """Remove a case that was added with these values."""
        self.uncounted.pop(entity_id, None)
        if onset is not None:
            remove_key(self.by_onset, (onset, entity_id))
        if isinstance(case.onset, int):
            remove_key(self.by_term[fold_term(case.preferred_term)], (case.onset, entity_id))

    def add_contribution(self, entity_id: str, contribution: Contribution) -> None:
        """Add the contribution of a case that becomes counted."""
        del self.uncounted[entity_id]
        period, treatment, onset, _, terms = contribution
        scope = period * ARMS_MAX + treatment
        for term in terms:
            onsets_by_scope = self.counted_onsets.setdefault(term, {})
            onsets = onsets_by_scope.get(scope)
            if onsets is None:
                onsets = onsets_by_scope[scope] = array("i")
            insort(onsets, onset)

    def remove_contribution(self, entity_id: str, contribution: Contribution) -> None:
        """Remove the contribution of a case that is not counted any more."""
        self.uncounted[entity_id] = None
        period, treatment, onset, _, terms = contribution
        scope = period * ARMS_MAX + treatment
        for term in terms:
            onsets = self.counted_onsets[term][scope]
            # Popping the last is cheaper, and with many onsets on one day each is the last.
            if onsets[-1] == onset:
                onsets.pop()
            else:
                del onsets[bisect_left(onsets, onset)]

    def next_first_event(self, first_events: FirstEvents) -> int | None:
        """Return the earliest counted case in the scope, packed as a first event, or None."""
        first: int | None = None
        for scope, onsets in self.counted_onsets.get(first_events.term, {}).items():
            if onsets and first_events.covers(scope // ARMS_MAX, scope % ARMS_MAX):
                packed = onsets[0] * ARMS_MAX + scope % ARMS_MAX
                first = packed if first is None or packed < first else first
        return first

    def ids_within(self, ranges: Iterable[DayRange]) -> list[str]:
        """Return the ids of the cases with an onset within one of *ranges*."""
        return [name for days in ranges for _, name in keys_within(self.by_onset, days)]

    def ids_near(self, term: str, onset: int, days: int, count_max: int) -> list[str]:
        """Return ids of cases of a folded *term* with a complete onset at most *days* from *onset*.

        At most *count_max* of each day are returned, the smallest ids.
        """
        keys = self.by_term.get(term, [])
        found: list[str] = []
        for day in range(onset - days, onset + days + 1):
            first = bisect_left(keys, (day, ""))
            found += [name for each, name in keys[first : first + count_max] if each == day]
        return found


@dataclass(slots=True)
class PairCases:
    """The cases of one subject that match a group with a pair, by (onset, entity id).

    *firsts* have a term of the pair's first set, *seconds* one of the second; a term may be in
    both sets.
    """

    firsts: list[CaseKey] = field(default_factory=list[CaseKey])
    seconds: list[CaseKey] = field(default_factory=list[CaseKey])

    def add_case(self, pair: TermPair, term: str, key: CaseKey) -> None:
        """Add a case of *term* at *key*."""
        for own, _ in self._lists(pair, term):
            insort(own, key)

    def remove_case(self, pair: TermPair, term: str, key: CaseKey) -> None:
        """Remove a case of *term* that was added at *key*."""
        for own, _ in self._lists(pair, term):
            remove_key(own, key)

    def has_partner(self, pair: TermPair, term: str, key: CaseKey) -> bool:
        """Whether the case of *term* at *key* is the later case of a pair.

        Of two cases with the same onset, the one with the greater entity id is the later, so a
        pair counts once.
        """
        for _, partners in self._lists(pair, term):
            index = bisect_left(partners, key)
            if index and partners[index - 1][0] >= key[0] - pair.within_days:
                return True
        return False

    def affected_ids(self, pair: TermPair, term: str, key: CaseKey) -> Iterator[str]:
        """Yield the cases whose partner a case of *term* at *key* is, and no other of its side.

        The case itself must not be there.  A later case has another partner where one stands
        between the two, or so shortly before this one that it is within reach as well.
        """
        for own, partners in self._lists(pair, term):
            index = bisect_left(own, key)
            start = max(key, (own[index - 1][0] + pair.within_days + 1, "")) if index else key
            next_own = own[index] if index < len(own) else (FOREVER, "")
            end = bisect_left(partners, (key[0] + pair.within_days + 1, ""))
            for position in range(bisect_left(partners, start), end):
                if partners[position] > next_own:
                    break
                yield partners[position][1]

    def _lists(self, pair: TermPair, term: str) -> Iterator[tuple[list[CaseKey], list[CaseKey]]]:
        """Yield, for each side of the pair that *term* is on, its cases and their partners."""
        if term in pair.first_terms:
            yield self.firsts, self.seconds
        if term in pair.second_terms:
            yield self.seconds, self.firsts
