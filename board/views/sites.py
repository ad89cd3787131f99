"""Sites: when each last sent a record, and whether it reports as many events as others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from alerts.register.update import register_of
from monitor.dates import iso
from monitor.state.study import Study
from monitor.state.subject import SubjectState
from monitor.stats.benjamini_hochberg import benjamini_hochberg
from monitor.stats.gamma_poisson import excess_variance, gamma_poisson_lower_tail
from monitor.stats.garwood import DAYS_IN_100_YEARS

UNDER_REPORTING_Q = 0.1
"""False discovery rate over all sites at which a site is named as reporting too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """One site: subjects, exposure, events, and how many events the other sites' rate expects.

    *p_few* is the probability of at most as many events, where subjects differ in their rates as
    they do in this study; *reports_little* is decided over all sites by Benjamini and Hochberg.
    *silent_days* are the days without a record, by the as-of date.
    """

    site: str
    subjects: int
    person_years: float
    events: int
    expected: float | None
    p_few: float | None
    reports_little: bool
    last_record: str | None
    silent_days: int | None
    is_silent: bool


@dataclass(slots=True)
class _Counts:
    subjects: int = 0
    person_days: int = 0
    events: int = 0
    active: bool = field(default=False)


def site_lines(study: Study) -> Iterator[SiteLine]:
    """Yield the sites of *study*, by name."""
    counts = _counts_by_site(study)
    expected = {site: _expected(each, counts) for site, each in counts.items()}
    tested = [site for site in sorted(counts) if expected[site] is not None]
    variance = _excess_variance(study)
    p_values = [
        gamma_poisson_lower_tail(
            counts[site].events,
            expected[site] or 0.0,
            subjects=counts[site].subjects,
            variance=variance,
        )
        for site in tested
    ]
    rejected = benjamini_hochberg(p_values, UNDER_REPORTING_Q)
    few = {tested[index] for index in rejected}
    p_by_site = dict(zip(tested, p_values, strict=True))
    last_days, as_of = register_of(study).overdue_tracker.last_record_day, study.as_of
    for site, each in sorted(counts.items()):
        last = last_days.get(site)
        silent = None if last is None or as_of is None else as_of - last
        yield SiteLine(
            site=site,
            subjects=each.subjects,
            person_years=100 * each.person_days / DAYS_IN_100_YEARS,
            events=each.events,
            expected=expected[site],
            p_few=p_by_site.get(site),
            reports_little=site in few,
            last_record=None if last is None else iso(last),
            silent_days=silent,
            is_silent=each.active
            and silent is not None
            and silent >= study.plan.data_limits.silent_site_days,
        )


def _days_and_events(study: Study, subject: SubjectState) -> tuple[int, int]:
    """Return the days at risk and the counted events of *subject* as of now."""
    end_day = (study.as_of or 0) + 1
    days = sum(max(0, min(spell.end, end_day) - spell.start) for spell in subject.spells)
    return days, sum(bool(entity.counted_versions) for entity in subject.cases.values())


def _excess_variance(study: Study) -> float:
    """Return how much the subjects' rates differ, by all subjects of the study."""
    pairs = [_days_and_events(study, subject) for subject in study.subjects.values()]
    days, events = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0, 0)
    rate = events / days if days else 0.0
    return excess_variance([each[1] for each in pairs], [rate * each[0] for each in pairs])


def _counts_by_site(study: Study) -> dict[str, _Counts]:
    counts = defaultdict[str, _Counts](_Counts)
    end_day = (study.as_of or 0) + 1
    for subject in study.subjects.values():
        if subject.site is None:
            continue
        each = counts[subject.site]
        days, events = _days_and_events(study, subject)
        each.subjects += 1
        each.person_days += days
        each.events += events
        if subject.spells:
            each.active |= subject.spells[-1].end > end_day
        else:
            each.active |= subject.allocated_arm is not None
    return dict(counts)


def _expected(own: _Counts, counts: dict[str, _Counts]) -> float | None:
    """Return the events expected by the rate of the other sites; None without their exposure."""
    others = sum(each.person_days for each in counts.values()) - own.person_days
    events = sum(each.events for each in counts.values()) - own.events
    return events / others * own.person_days if others else None
