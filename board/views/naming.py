"""Names terms, arms, watches and alerts in the words of a page."""

from __future__ import annotations

from board.views.wording import capitalised, humanize, number
from monitor.plan.watch import Analysis, ReferenceRate, Watch
from monitor.records import TermKind
from monitor.state.study import Study
from monitor.terms import Term


def term_name(study: Study, term: Term) -> str:
    """Return the term as a heading: a group by its title, the first letter a capital."""
    if term.kind is TermKind.ANY:
        return "Any event"
    if term.kind is TermKind.GROUP:
        titles = {group.name: group.title for group in study.plan.groups}
        title = titles.get(term.name) or term.name
        return capitalised(humanize(title) if title == term.name else title)
    return capitalised(term.name)


def watch_title(study: Study, watch: Watch) -> str:
    """Return term and arms of a watch, such as ``Headache, drug v placebo``."""
    name = term_name(study, watch.term)
    if watch.risk_set_basis is None:
        return f"{name} on {watch.treatment}"
    return f"{name}, {watch.treatment} v {watch.control}"


def watch_comparison(study: Study, watch: Watch) -> str:
    """Return what a watch compares with: a reference rate, or a period and an analysis."""
    basis = watch.risk_set_basis
    if basis is not None:
        time = "" if basis.time_scale.value == "study" else ", calendar time"
        text = f"{short_title(period_title(study, basis.period))}; {humanize(basis.analysis)}{time}"
        return f"{text}{study_days(watch)}"
    assert watch.reference_rate is not None
    source = f" ({watch.source})" if watch.source else ""
    period = f"{short_title(period_title(study, watch.period))}; " if watch.period else ""
    rate = reference_text(watch.reference_rate)
    return f"{period}reference rate {rate}{source}{study_days(watch)}"


def study_days(watch: Watch) -> str:
    """Return the study days to which a watch is limited, empty where it is not."""
    days = watch.within_study_days
    return "" if days is None else f"; study days 0 to {days - 1}"


def reference_text(rate: ReferenceRate) -> str:
    """Return a reference rate: a known one, or historical events in their person-years.

    >>> reference_text(ReferenceRate(per_100_patient_years=1.25))
    '1.25 per 100 person-years'
    """
    if rate.per_100_patient_years is not None:
        return f"{number(rate.per_100_patient_years)} per 100 person-years"
    events, years = rate.historical_events, rate.historical_patient_years
    return f"of {events} events in {number(years)} person-years"


def period_title(study: Study, period: str | None) -> str:
    """Return the title of a period of the plan; None stands for all periods."""
    titles = {each.id: each.title for each in study.plan.periods}
    return "All periods" if period is None else titles.get(period, period)


def short_title(title: str) -> str:
    """Return the part of a period's title before its first comma.

    >>> short_title("First period, weeks 0 to 16, double blind")
    'First period'
    """
    return title.partition(",")[0]


def is_as_randomised(watch: Watch) -> bool:
    """Return whether the watch counts events for the arm of the randomisation."""
    basis = watch.risk_set_basis
    return basis is not None and basis.analysis is Analysis.AS_RANDOMISED
