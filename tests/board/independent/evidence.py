"""The evidence of watches by batch: first events, numbers at risk on their days, and log E."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import log
from typing import NamedTuple

from tests.board.independent.recounted import Recounted, Selection, TermName
from tests.independent.evidence import log_e_of, reference_counts, term_of
from tests.independent.likelihood import Factor, concurrent_log_e, mean_of_choices
from tests.independent.wire_records import Record

DAYS_PER_YEAR = 365.25

LogLikelihood = Callable[[float], float]

Basis = tuple[str, str, bool]
"""Period, analysis and whether time is the calendar's."""


class WatchEvidence(NamedTuple):
    """First events on treatment and on control (None: a reference watch), and log E.

    *on_arms* counts the first events on either arm, whether or not they compare anything.
    *log_likelihood* is that of a rate ratio.
    """

    treated: int
    control: int | None
    log_e: float
    on_arms: int
    log_likelihood: LogLikelihood


def evidence_of_watch(count: Recounted, watch: Record) -> WatchEvidence:
    """Return the evidence of a watch that the plan names."""
    if watch["kind"] == "reference":
        events, days = reference_counts(count.trial, watch)
        curve = reference_curve(watch, events, days / DAYS_PER_YEAR)
        return WatchEvidence(events, None, log_e_of(count.trial, watch), events, curve)
    control = watch.get("control", count.trial.plan["treatments"]["control"])
    return evidence_of_term(count, watch, term_of(watch), watch["treatment"], control)


def screened_evidence(count: Recounted) -> dict[tuple[str, str, str], WatchEvidence]:
    """Return the evidence of each screened (kind, term, treatment) with a first event."""
    plan = count.trial.plan
    control = plan["treatments"]["control"]
    named = {
        term_of(watch)
        for watch in plan.get("watches", [])
        if watch["kind"] == "concurrent" and watch["tier"] == 1
    }
    kinds = ("preferred_term", "system_organ_class")
    terms = {term for each in count.placed for term in each.terms if term[0] in kinds} - named
    found: dict[tuple[str, str, str], WatchEvidence] = {}
    for term in terms:
        for treatment in plan["treatments"]["active"]:
            each = evidence_of_term(count, plan["screening"], term, treatment, control)
            if each.on_arms:
                found[*term, treatment] = each
    return found


def evidence_of_term(
    count: Recounted, rule: Record, term: TermName, treatment: str, control: str
) -> WatchEvidence:
    """Return the evidence of a concurrent watch by the *rule*: period, analysis and time.

    A first event on a day on which nobody is at risk on the other arm compares nothing, and is
    not in the likelihood.
    """
    assert term not in count.trial.collected
    study_time, as_randomised = rule["time"] == "study", rule["analysis"] == "as_randomised"
    days = days_by_subject(count, rule["period"], study_time, as_randomised)
    at_risk = Counter(each for own in days.values() for each in own.items())
    selection = Selection(period=rule["period"])
    first: dict[str, int] = {}
    for case in count.cases(selection, term):
        first[case.subject] = min(case.onset or 0, first.get(case.subject, case.onset or 0))
    scaled = {
        name: onset - day_0(count, name, rule["period"], study_time)
        for name, onset in first.items()
    }
    factors, on_arms = list[Factor](), 0
    for subject, day in scaled.items():
        arm = days.get(subject, {}).get(day)
        if arm not in (treatment, control):
            continue
        on_arms += 1
        gone = [days[other].get(day) for other, onset in scaled.items() if onset < day]
        on, off = (at_risk[day, name] - gone.count(name) for name in (treatment, control))
        if on and off:
            factors.append(Factor(day, int(arm == treatment), on, off))
    treated = sum(factor.on_treatment for factor in factors)
    log_e = concurrent_log_e(sorted(factors))
    curve = partial_curve(factors)
    return WatchEvidence(treated, len(factors) - treated, log_e, on_arms, curve)


def partial_curve(factors: list[Factor]) -> LogLikelihood:
    """Return the log partial likelihood of a rate ratio."""
    treated = sum(factor.on_treatment for factor in factors)
    days = Counter((factor.day, factor.treated, factor.control) for factor in factors)
    return lambda theta: (
        treated * log(theta)
        - sum(log(mean_of_choices(on, off, each, theta)) for (_, on, off), each in days.items())
    )


def reference_curve(watch: Record, events: int, years: float) -> LogLikelihood:
    """Return the log-likelihood of the ratio to a known rate, or to one of a history."""
    if "rate_per_100_patient_years" in watch:
        expected = watch["rate_per_100_patient_years"] / 100 * years
        return lambda theta: events * log(theta) - (theta - 1) * expected
    total, time = events + watch["historical_events"], years / watch["historical_patient_years"]
    return lambda theta: events * log(theta) - total * (log(1 + theta * time) - log(1 + time))


def day_0(count: Recounted, subject: str, period: str, study_time: bool) -> int:
    """Return the day from which the days of *subject* are counted."""
    starts = [each.start for each in count.trial.intervals[subject] if each.period == period]
    return min(starts, default=0) if study_time else 0


def days_by_subject(
    count: Recounted, period: str, study_time: bool, as_randomised: bool
) -> dict[str, dict[int, str | None]]:
    """Return the arm of each day at risk in *period*, by subject and day of the time scale."""
    key = (period, study_time, as_randomised)
    if key not in count.stored:
        count.stored[key] = {
            subject: {
                day - day_0(count, subject, period, study_time): (
                    count.trial.arms.get(subject) if as_randomised else interval.treatment
                )
                for day, interval in own.items()
                if interval.period == period
            }
            for subject, own in count.trial.days.items()
        }
    return count.stored[key]
