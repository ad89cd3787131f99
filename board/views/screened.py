"""The evidence that belongs to each term of a comparison: its watch on the same basis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, isfinite

from monitor.evidence.evaluate import LOG_E_MAX
from monitor.evidence.summary import WatchSummary
from monitor.plan.watch import Analysis
from monitor.terms import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class TermEvidence:
    """A watch of a term: its id, e-value, ratio with confidence sequence, level and tier.

    A ratio or limit that is not finite is None; *only_treatment* is true where every first event
    is on treatment.
    """

    watch: str
    tier: int
    e_value: float
    level: str
    rate_ratio: float | None
    low: float | None
    high: float | None
    only_treatment: bool


def evidence_by_term(
    summaries: Iterable[WatchSummary], period: str, analysis: Analysis, treatment: str
) -> dict[Term, TermEvidence]:
    """Return the evidence of each term whose watch compares arms in *period* by *analysis*."""
    evidence: dict[Term, TermEvidence] = {}
    for summary in summaries:
        basis, watch = summary.watch.risk_set_basis, summary.watch
        if basis is None or watch.treatment != treatment or watch.within_study_days is not None:
            continue
        if basis.period == period and basis.analysis is analysis:
            evidence.setdefault(watch.term.folded, _term_evidence(summary))
    return evidence


def _term_evidence(summary: WatchSummary) -> TermEvidence:
    low, high = summary.rate_ratio_interval
    return TermEvidence(
        watch=summary.watch.id,
        tier=summary.watch.tier,
        e_value=exp(min(summary.log_e, LOG_E_MAX)),
        level=summary.verdict.level.word,
        rate_ratio=finite(summary.rate_ratio),
        low=finite(low),
        high=finite(high),
        only_treatment=bool(summary.treatment_events) and not summary.control_events,
    )


def finite(value: float | None) -> float | None:
    """Return *value*, or None where it is not finite: JSON has no infinity."""
    return value if value is not None and isfinite(value) else None
