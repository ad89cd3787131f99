"""The evidence of a study as of now: its tier 1 watches, and the strongest of those screened."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from math import exp, log

from board.views.estimates import ESTIMATES
from board.views.exposure import StudyTables, finite
from board.views.naming import watch_comparison, watch_title
from monitor.evidence.evaluate import (
    LOG_E_MAX,
    has_event_on_arms,
    likelihood_of,
    log_e_upper_bound,
)
from monitor.evidence.summary import (
    WatchSummary,
    signal_boundary,
    summaries_of,
)
from monitor.state.study import ActiveWatch, Study
from monitor.state.verdict import Level
from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.e_value import log_e


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRow:
    """One watch on the common scale of evidence.

    *log_e* is a natural logarithm, *e_value* is its exponential, and *boundary* the e-value at
    which the watch signals; *ratio* is their quotient.  A *screened* watch is the strongest of
    tier 2, and its boundary is that of e-BH.
    """

    watch: str
    title: str
    comparison: str
    level: str
    reason: str
    screened: bool
    treatment_events: int
    control_events: int | None
    log_e: float
    e_value: float
    boundary: float
    ratio: float
    rate_ratio: float | None
    rate_ratio_low: float | None
    rate_ratio_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """The screened terms of a study: how many have an event, and which signal."""

    terms: int
    signals: tuple[str, ...]


def current_summaries(study: Study) -> dict[str, WatchSummary]:
    """Return the summary of each tier 1 and tier 3 watch by id, by falling evidence."""
    watches = [each for each in study.active_watches() if each.design.watch.tier != 2]
    summaries = summaries_of(study, watches, ESTIMATES)
    ordered = sorted(summaries, key=lambda each: (-each.log_e, each.watch.id))
    return {each.watch.id: each for each in ordered}


def screened_summary(tables: StudyTables, watch_id: str) -> WatchSummary | None:
    """Return the summary of a tier 2 watch, None where it is gone or has no event."""
    study, active_watch = tables.study, tables.watches.get(watch_id)
    if active_watch is None:
        return None
    return next(iter(summaries_of(study, [active_watch], ESTIMATES)), None)


def screening_of(study: Study) -> Screening:
    """Return how many terms are screened and which of them signal."""
    signals = sorted(
        watch_title(study, each.watch) for each in study.e_bh_candidates if is_rejected(each)
    )
    return Screening(terms=study.hypotheses, signals=tuple(signals))


def is_rejected(active_watch: ActiveWatch) -> bool:
    """Return whether e-BH rejects a tier 2 watch, or a tier 1 watch signals."""
    return active_watch.verdict is not None and active_watch.verdict.level is Level.SIGNAL


def strongest_screened(study: Study) -> ActiveWatch | None:
    """Return the tier 2 watch with the most evidence, None where none has an event.

    Watches are evaluated by falling bound, until no bound exceeds the best evidence.
    """
    if study.as_of is None:
        return None
    screened = [each for each in _screened(study) if has_event_on_arms(each)]
    bounds = sorted(
        ((log_e_upper_bound(each), each.id, each) for each in screened),
        key=lambda entry: (-entry[0], entry[1]),
    )
    best: tuple[float, ActiveWatch] | None = None
    seen: dict[Hashable, float] = {}
    for bound, _, active_watch in bounds:
        if best is not None and bound < best[0]:
            break
        value = _log_e_of(study, active_watch, seen)
        if best is None or value > best[0]:
            best = value, active_watch
    return None if best is None else best[1]


def _screened(study: Study) -> Iterator[ActiveWatch]:
    return (each for each in study.active_watches() if each.design.watch.tier == 2)


def _log_e_of(study: Study, active_watch: ActiveWatch, seen: dict[Hashable, float]) -> float:
    """Return log E; *seen* has that of equal likelihoods: many terms have the same few events."""
    likelihood = likelihood_of(study, active_watch)
    key = likelihood.key if isinstance(likelihood, PartialLikelihood) else likelihood
    if key not in seen:
        seen[key] = log_e(likelihood.log_likelihood)
    return seen[key]


def screening_boundary(study: Study) -> float:
    """Return the e-value that e-BH asks of the strongest term, by the number it rejects."""
    rejected = sum(is_rejected(each) for each in study.e_bh_candidates)
    return study.hypotheses / max(rejected, 1) / study.plan.q


def ladder_rows(study: Study, summaries: dict[str, WatchSummary]) -> tuple[LadderRow, ...]:
    """Return every tier 1 watch by falling evidence, then the strongest screened term."""
    rows = [
        ladder_row(study, summary, boundary)
        for summary in summaries.values()
        if (boundary := signal_boundary(study, summary.watch)) is not None
    ]
    strongest = strongest_screened(study)
    if strongest is not None:
        (summary,) = summaries_of(study, [strongest], ESTIMATES)
        level = Level.SIGNAL if is_rejected(strongest) else Level.QUIET
        rows.append(
            ladder_row(study, summary, screening_boundary(study), level=level, screened=True)
        )
    return tuple(rows)


def ladder_row(
    study: Study,
    summary: WatchSummary,
    boundary: float,
    *,
    level: Level | None = None,
    screened: bool = False,
) -> LadderRow:
    """Return the row of one watch; *level* takes the place of its verdict's."""
    watch, verdict = summary.watch, summary.verdict
    shown = verdict.level if level is None else level
    low, high = summary.rate_ratio_interval
    return LadderRow(
        watch=watch.id,
        title=watch_title(study, watch),
        comparison=watch_comparison(study, watch),
        level=shown.word,
        reason="rejected by e-BH" if screened and shown is Level.SIGNAL else verdict.reason.value,
        screened=screened,
        treatment_events=summary.treatment_events,
        control_events=None if watch.risk_set_basis is None else summary.control_events,
        log_e=summary.log_e,
        e_value=exp(min(summary.log_e, LOG_E_MAX)),
        boundary=boundary,
        ratio=exp(min(summary.log_e - log(boundary), LOG_E_MAX)),
        rate_ratio=finite(summary.rate_ratio),
        rate_ratio_low=finite(low),
        rate_ratio_high=finite(high),
    )
