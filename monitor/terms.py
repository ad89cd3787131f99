"""What events are counted by: terms, and the plan's named groups of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.dates import FOREVER
from monitor.records import RELATED, ActionTaken, Adjudication, AdverseEvent, Outcome, TermKind


class Term(NamedTuple):
    """A preferred term, a system organ class, a named group, or any event at all."""

    kind: TermKind
    name: str


ANY = Term(TermKind.ANY, "any")


@dataclass(frozen=True, slots=True)
class TermPair:
    """The algorithmic half of a group: a term of *first* and one of *second* close in time."""

    first_terms: frozenset[str]
    second_terms: frozenset[str]
    within_days: int

    def __contains__(self, preferred_term: str) -> bool:
        return preferred_term in self.first_terms or preferred_term in self.second_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named group: the conjunction of the conditions that are given.

    *label_groups* match a case's label group where it has one, else its preferred term.
    """

    name: str
    title: str = ""
    preferred_terms: frozenset[str] | None = None
    label_groups: frozenset[str] | None = None
    serious: bool | None = None
    related: bool | None = None
    adjudication: str | None = None
    action_taken: frozenset[ActionTaken] | None = None
    outcome: frozenset[Outcome] | None = None
    within_days_after_dose: int | None = None
    term_pair: TermPair | None = None

    @property
    def term(self) -> Term:
        """The term under which the group's events are counted."""
        return Term(TermKind.GROUP, self.name)

    def matches(self, case: AdverseEvent) -> bool:
        """Whether *case* by itself meets every condition that needs no other record."""
        label = case.label_group or case.preferred_term
        return (
            (self.preferred_terms is None or self._matches_term(case.preferred_term))
            and (self.label_groups is None or label in self.label_groups)
            and (self.serious is None or is_serious(case) is self.serious)
            and (self.related is None or (case.relatedness in RELATED) is self.related)
            and (
                self.adjudication is None
                or (self.adjudication, Adjudication.YES) in case.adjudications
            )
            and (self.action_taken is None or case.action_taken in self.action_taken)
            and (self.outcome is None or case.outcome in self.outcome)
        )

    def _matches_term(self, preferred_term: str) -> bool:
        assert self.preferred_terms is not None
        in_pair = self.term_pair is not None and preferred_term in self.term_pair
        return preferred_term in self.preferred_terms or in_pair

    def needs_context(self, case: AdverseEvent) -> bool:
        """Whether *case* belongs only beside a dose, or beside another case of its subject."""
        return self.within_days_after_dose is not None or (
            self.term_pair is not None
            and case.preferred_term in self.term_pair
            and case.preferred_term not in (self.preferred_terms or ())
        )


def grouping_fields(groups: Sequence[Group]) -> tuple[str, ...]:
    """The fields of a case that decide, with its seriousness, under which terms it counts."""
    is_used = {
        "label_group": any(group.label_groups is not None for group in groups),
        "relatedness": any(group.related is not None for group in groups),
        "adjudications": any(group.adjudication is not None for group in groups),
        "action_taken": any(group.action_taken is not None for group in groups),
        "outcome": any(group.outcome is not None for group in groups),
    }
    used_fields = (name for name, is_asked in is_used.items() if is_asked)
    return ("preferred_term", "system_organ_class", *used_fields)


def is_serious(case: AdverseEvent) -> bool:
    """Flagged serious, or any criterion met, or fatal: a death is serious whatever the flag says.

    21 CFR 312.32(a) lists death first among the serious outcomes.
    """
    return case.serious or bool(case.criteria) or case.outcome is Outcome.FATAL


def has_inconsistent_seriousness(case: AdverseEvent) -> bool:
    """A case that meets a criterion, or is fatal, and says it is not serious: a data finding."""
    return not case.serious and is_serious(case)


@dataclass(slots=True, eq=False)
class Vocabulary:
    """Terms by small number: the fold counts by number, and names them when it speaks."""

    numbers: dict[Term, int] = field(default_factory=dict[Term, int])
    terms: list[Term] = field(default_factory=list[Term])

    def number_of(self, term: Term) -> int:
        """The number of *term*, given at its first use."""
        number = self.numbers.get(term)
        if number is None:
            number = self.numbers[term] = len(self.terms)
            self.terms.append(term)
        return number

    def __getitem__(self, number: int) -> Term:
        return self.terms[number]

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)


VOCABULARY = Vocabulary()
"""One for all studies of a process, which say the same terms.  Its numbers never leave it."""


class DosedDays(NamedTuple):
    """First and last day of one administration."""

    first: int
    last: int


def is_near_dose(onset: int, doses: Sequence[DosedDays], within_days: int) -> bool:
    """Whether *onset* falls from a dose's first day to *within_days* after its last.

    *doses* are in order: the latest that had begun is asked first, and is nearly always enough.
    """
    begun = bisect_right(doses, (onset, FOREVER))
    return any(onset <= dose.last + within_days for dose in reversed(doses[:begun]))


def completes_pair(
    term_pair: TermPair,
    preferred_term: str,
    onset_key: tuple[int, str],
    other_cases: Iterable[tuple[str, int, str]],
) -> bool:
    """Whether the case of *preferred_term* at *when* (onset, thing) is the later of a pair.

    *others* are (preferred term, onset, thing) of the subject's cases.  Of two cases of one
    day the one with the greater name is the later, so that a pair counts once.
    """
    partner_terms: frozenset[str] = frozenset()
    if preferred_term in term_pair.first_terms:
        partner_terms |= term_pair.second_terms
    if preferred_term in term_pair.second_terms:
        partner_terms |= term_pair.first_terms
    return any(
        term in partner_terms
        and (onset, thing) < onset_key
        and onset >= onset_key[0] - term_pair.within_days
        for term, onset, thing in other_cases
    )
