"""The lines of the rates page: each term's counts, difference and evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from board.views.arms import Arm, compared_arms, exposure_of
from board.views.estimates import ESTIMATES
from board.views.rate_selection import RateSelection
from board.views.screened import TermEvidence, evidence_by_term, finite
from board.views.term_counts import NO_EVENTS, CountedCases, TermCount, count_terms
from monitor.evidence.summary import watch_summaries
from monitor.state.shown import shown_term
from monitor.state.study import Study
from monitor.stats.garwood import DAYS_IN_100_YEARS
from monitor.stats.miettinen_nurminen import miettinen_nurminen
from monitor.terms import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmHeading:
    """An arm of the page with its exposure; *is_part* marks a part of a later arm, their sum."""

    label: str
    is_part: bool
    subjects: int
    person_years: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCount:
    """A term in a further arm, with events per 100 person-years, None without person-time."""

    subjects: int
    events: int
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLine:
    """One term: counts on treatment and control, their risk difference, and its evidence.

    Percents are of the subjects exposed.  The *difference*, in points of percent, and its limits
    (Miettinen and Nurminen, 95 %) are for one look.  *evidence* is None where no watch has this
    term on this basis.
    """

    term: str
    treated_subjects: int
    treated_events: int
    treated_percent: float | None
    control_subjects: int
    control_events: int
    control_percent: float | None
    difference: float | None
    low: float | None
    high: float | None
    evidence: TermEvidence | None
    others: Sequence[OtherCount]

    @property
    def e_value(self) -> float:
        """The evidence of the term, 0 where no watch has it."""
        return 0.0 if self.evidence is None else self.evidence.e_value


Evidence = Mapping[Term, TermEvidence]

_difference = lru_cache(maxsize=1 << 14)(miettinen_nurminen)
"""Most terms have the same few patients; the limits are those that take the time."""


def arm_heading(study: Study, arm: Arm) -> ArmHeading:
    """Return the heading of *arm*."""
    exposure = exposure_of(study, arm)
    years = 100 * exposure.person_days / DAYS_IN_100_YEARS
    is_part = None not in (arm.treatment, arm.randomised)
    return ArmHeading(
        label=arm.label, is_part=is_part, subjects=exposure.subjects, person_years=years
    )


def evidence_of(study: Study, selection: RateSelection) -> Evidence:
    """Return the evidence of each term on the basis of *selection*.

    Evidence counts all cases, so there is none for a selection of serious or related ones.
    """
    if selection.count is not CountedCases.ALL:
        return {}
    summaries = watch_summaries(study, ESTIMATES)
    return evidence_by_term(summaries, selection.period, selection.analysis, selection.treatment)


def rate_lines(
    study: Study, selection: RateSelection, others: Sequence[Arm], evidence: Evidence
) -> list[RateLine]:
    """Return the lines of *selection*: every term with an event in one of its arms, sorted."""
    arms = (*compared_arms_of(study, selection), *others)
    counts = [count_terms(study, arm, selection.count) for arm in arms]
    headings = [arm_heading(study, arm) for arm in arms]
    lines = [
        _line(term, [each.get(number, NO_EVENTS) for each in counts], headings, evidence)
        for number, term in _terms(study, selection, set[int]().union(*counts))
    ]
    return sorted(lines, key=lambda line: _sort_key(line, selection.sort))


def compared_arms_of(study: Study, selection: RateSelection) -> tuple[Arm, Arm]:
    """Return the arm of treatment and the control arm of *selection*."""
    return compared_arms(study, selection.period, selection.analysis, selection.treatment)


def _terms(study: Study, selection: RateSelection, numbers: set[int]) -> Iterator[tuple[int, Term]]:
    for number in numbers:
        term = shown_term(study, number)
        if term.kind is selection.kind and selection.search.casefold() in term.name.casefold():
            yield number, term


def _line(
    term: Term, counts: Sequence[TermCount], headings: Sequence[ArmHeading], evidence: Evidence
) -> RateLine:
    (treated, control), (on_treatment, on_control) = counts[:2], headings[:2]
    patients = max(on_treatment.subjects, treated.subjects)
    control_patients = max(on_control.subjects, control.subjects)
    difference = _difference(
        events=treated.subjects,
        patients=patients,
        control_events=control.subjects,
        control_patients=control_patients,
    )
    return RateLine(
        term=term.name,
        treated_subjects=treated.subjects,
        treated_events=treated.events,
        treated_percent=_percent(treated.subjects, patients),
        control_subjects=control.subjects,
        control_events=control.events,
        control_percent=_percent(control.subjects, control_patients),
        difference=_points(difference.value),
        low=_points(difference.low),
        high=_points(difference.high),
        evidence=evidence.get(term.folded),
        others=[
            OtherCount(
                subjects=count.subjects,
                events=count.events,
                rate=100 * count.events / heading.person_years if heading.person_years else None,
            )
            for count, heading in zip(counts[2:], headings[2:], strict=True)
        ],
    )


def _percent(subjects: int, exposed: int) -> float | None:
    return 100 * subjects / exposed if exposed else None


def _points(value: float | None) -> float | None:
    finite_value = finite(value)
    return None if finite_value is None else 100 * finite_value


def _sort_key(line: RateLine, sort: str) -> tuple[float, float, str]:
    """Return the key of *line*: largest first, except by term."""
    if sort == "term":
        return 0.0, 0.0, line.term.casefold()
    patients = float(line.treated_subjects)
    by = {"evidence": line.e_value, "difference": line.difference or 0.0, "subjects": patients}
    return -by[sort], -(line.difference or 0.0), line.term.casefold()
