"""Terms under which events are counted, and the plan's named groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from unicodedata import category, normalize

from monitor.records import (
    RELATED,
    ActionTaken,
    Adjudication,
    AdverseEvent,
    Outcome,
    Severity,
    TermKind,
)
from monitor.severity import GRADES, grade_of

FORMS_CACHED_MAX = 1 << 16
"""Folded forms that are kept: more than the 27,000 preferred terms of MedDRA."""


@lru_cache(maxsize=FORMS_CACHED_MAX)
def fold_term(spelling: str) -> str:
    """Return the form by which terms are compared: without case, white space or Unicode form.

    NFKC, not NFC: full-width letters, ligatures, subscripts and non-breaking spaces come from the
    system that exported a term, never from its meaning.  Invisible format characters (category Cf:
    zero-width space, soft hyphen, byte order mark) are left out.  A run of white space is one
    space.  Folding a folded form again changes nothing.

    >>> fold_term(" Deep\u00a0vein  THROMBOSIS") == fold_term("deep vein thrombosis")
    True
    """
    text = normalize("NFD", "".join(each for each in spelling if category(each) != "Cf"))
    text = normalize("NFKC", normalize("NFKC", text.casefold()).casefold())
    return " ".join(text.split())


class Term(NamedTuple):
    """A preferred term, a system organ class, a named group, or any event."""

    kind: TermKind
    name: str

    @property
    def folded(self) -> Term:
        """The term by which it is counted; groups have identifiers, which are not folded."""
        return Term(self.kind, fold_term(self.name)) if self.kind in CODED_KINDS else self


CODED_KINDS = (TermKind.PREFERRED_TERM, TermKind.SYSTEM_ORGAN_CLASS)
"""Kinds of terms that a case names as its source spells them."""

ANY = Term(TermKind.ANY, "any")


@dataclass(frozen=True, slots=True)
class TermPair:
    """The algorithmic part of a group: one term of each set within *within_days* days.

    Both cases belong to one subject.  ``term in pair`` is true for a folded term of either set.
    """

    first_terms: frozenset[str]
    second_terms: frozenset[str]
    within_days: int

    def __contains__(self, folded_term: str) -> bool:
        return folded_term in self.first_terms or folded_term in self.second_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named group of cases: the conjunction of all conditions that are not None.

    *label_groups* match a case's label group where it has one, else its preferred term.  All
    terms of a group are folded forms.
    *within_days_after_dose* counts from the last day of an administration.  *dictionary* names
    the dictionary that the terms come from, with its version; it is no condition.
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
    severity_at_least: Severity | None = None
    dictionary: str = ""

    @property
    def hypothesis(self) -> Group:
        """The group without what does not change its cases: its title and its dictionary."""
        return replace(self, title="", dictionary="")

    @property
    def term(self) -> Term:
        """The term under which the group's cases are counted."""
        return Term(TermKind.GROUP, self.name)

    def matches(self, case: AdverseEvent) -> bool:
        """Whether *case* meets every condition that can be checked without other records.

        A term found only in *term_pair* matches here; ``needs_context`` is then true.
        """
        label = case.label_group or case.preferred_term
        return (
            (self.preferred_terms is None or self._matches_term(fold_term(case.preferred_term)))
            and (self.label_groups is None or fold_term(label) in self.label_groups)
            and (self.serious is None or is_serious(case) is self.serious)
            and (self.related is None or (case.relatedness in RELATED) is self.related)
            and (
                self.adjudication is None
                or (self.adjudication, Adjudication.YES) in case.adjudications
            )
            and (self.action_taken is None or case.action_taken in self.action_taken)
            and (self.outcome is None or case.outcome in self.outcome)
            and (self.severity_at_least is None or grade_of(case) >= GRADES[self.severity_at_least])
        )

    def _matches_term(self, folded_term: str) -> bool:
        assert self.preferred_terms is not None
        in_pair = self.term_pair is not None and folded_term in self.term_pair
        return folded_term in self.preferred_terms or in_pair

    def needs_context(self, case: AdverseEvent) -> bool:
        """Whether membership of *case* depends on a dose or another case of its subject."""
        return self.within_days_after_dose is not None or (
            self.term_pair is not None
            and (term := fold_term(case.preferred_term)) in self.term_pair
            and term not in (self.preferred_terms or ())
        )


class CaseTerms(NamedTuple):
    """What the fields of a case alone tell of its terms.

    It counts under the terms with *numbers*, and under those of *context_groups*, each with its
    number, that it joins because of other records.
    """

    numbers: tuple[int, ...]
    context_groups: tuple[tuple[int, Group], ...]


def grouping_fields(groups: Sequence[Group]) -> tuple[str, ...]:
    """Return the fields of a case that, with its seriousness, determine its terms.

    Cases that agree in these fields count under the same terms, except for groups that need
    context.
    """
    is_used = {
        "label_group": any(group.label_groups is not None for group in groups),
        "relatedness": any(group.related is not None for group in groups),
        "adjudications": any(group.adjudication is not None for group in groups),
        "action_taken": any(group.action_taken is not None for group in groups),
        "outcome": any(group.outcome is not None for group in groups),
    }
    used_fields = [name for name, used in is_used.items() if used]
    if any(group.severity_at_least is not None for group in groups):
        used_fields += ["severity", "criteria", *(() if is_used["outcome"] else ("outcome",))]
    return ("preferred_term", "system_organ_class", *used_fields)


def is_serious(case: AdverseEvent) -> bool:
    """Whether the case is flagged serious, meets a seriousness criterion, or is fatal.

    21 CFR 312.32(a) lists death among the serious outcomes, so it overrides the flag.
    """
    return case.serious or bool(case.criteria) or case.outcome is Outcome.FATAL


def has_inconsistent_seriousness(case: AdverseEvent) -> bool:
    """Whether the case is flagged not serious but meets a criterion or is fatal."""
    return not case.serious and is_serious(case)


@dataclass(slots=True, eq=False)
class Vocabulary:
    """Maps terms to small integers: counting by integer is cheaper than by term.

    All spellings of a term have its number, by which *terms* holds the folded term.
    """

    numbers: dict[Term, int] = field(default_factory=dict[Term, int])
    terms: dict[int, Term] = field(default_factory=dict[int, Term])
    unused: Iterator[int] = field(default_factory=count)

    def number_of(self, term: Term) -> int:
        """Return the number of *term*; its first use assigns the next free number."""
        number = self.numbers.get(term)
        return self._add(term) if number is None else number

    def _add(self, term: Term) -> int:
        """Add *term*, unless another thread has added it meanwhile."""
        folded = term.folded
        number = self.numbers.get(folded)
        if number is None:
            number = next(self.unused)
            self.terms[number] = folded
            number = self.numbers.setdefault(folded, number)
        return self.numbers.setdefault(term, number)

    def __getitem__(self, number: int) -> Term:
        return self.terms[number]

    def __iter__(self) -> Iterator[Term]:
        return iter(self.numbers)


VOCABULARY = Vocabulary()
"""Shared by all studies of a process.  Its numbers are never stored or sent."""
