"""How numbers, terms and verdicts read in the tables."""

from __future__ import annotations

from math import exp, inf, isnan

from monitor.evidence.evaluate import LOG_E_MAX
from monitor.evidence.summary import WatchSummary
from monitor.plan.watch import ReferenceRate, Watch
from monitor.records import TermKind
from monitor.state.verdict import Level
from monitor.stats.estimate import Estimate
from monitor.terms import Term

LEVEL_STYLES = {Level.QUIET: "", Level.WATCH: "yellow", Level.SIGNAL: "bold red"}
TERM_KIND_LABELS = {TermKind.PREFERRED_TERM: "PT", TermKind.SYSTEM_ORGAN_CLASS: "SOC"}


def term_kind_label(term: Term) -> str:
    """The kind of *term*, short."""
    return TERM_KIND_LABELS.get(term.kind, term.kind.value)


def level_style(summary: WatchSummary) -> str:
    """The style of a standing's row."""
    return LEVEL_STYLES[summary.verdict.level]


def format_evidence(summary: WatchSummary) -> str:
    """The e-value of now."""
    return format_e_value(exp(min(summary.log_e, LOG_E_MAX)))


def format_e_value(value: float) -> str:
    """An e-value to four digits: what lies beyond says nothing to anybody."""
    return f"{value:,.0f}" if 1000 <= value < 1e6 else f"{value:.4g}"


def format_event_counts(summary: WatchSummary) -> str:
    """First events, on treatment and on control."""
    if summary.watch.risk_set_basis is None:
        return str(summary.treatment_events)
    return f"{summary.treatment_events} v {summary.control_events}"


def describe_comparison(watch: Watch) -> str:
    """What a watch compares with what."""
    if watch.risk_set_basis is not None:
        analysis = (
            f"{watch.risk_set_basis.period}, {watch.risk_set_basis.analysis}, "
            f"{watch.risk_set_basis.time_scale} time"
        )
        return f"{watch.term.name}, {watch.treatment} v {watch.control}, {analysis}".replace(
            "_", " "
        )
    assert watch.reference_rate is not None
    period = f", {watch.period}" if watch.period else ""
    return (
        f"{watch.term.name} on {watch.treatment}{period}, against "
        f"{format_reference_rate(watch.reference_rate)}"
        f" ({watch.source})"
    )


def format_reference_rate(reference_rate: ReferenceRate) -> str:
    """A reference rate, as the plan gives it."""
    if reference_rate.per_100_patient_years is not None:
        return f"{reference_rate.per_100_patient_years:g} per 100 patient-years"
    return (
        f"{reference_rate.historical_events} in "
        f"{reference_rate.historical_patient_years:g} patient-years"
    )


def format_rate_ratio(summary: WatchSummary) -> str:
    """The rate ratio with its confidence sequence."""
    if isnan(summary.rate_ratio):
        return "-"
    return format_estimate(Estimate(summary.rate_ratio, *summary.rate_ratio_interval), 2)


def format_estimate(estimate: Estimate, digits: int) -> str:
    """A value with its limits."""
    value, low, high = (format_number(each, digits) for each in estimate)
    return f"{value} ({low} to {high})"


def format_number(value: float | None, digits: int) -> str:
    """A number to *digits* places, without them from 100 on, where they only take room."""
    if value is None or isnan(value):
        return "-"
    if abs(value) == inf:
        return "inf" if value > 0 else "-inf"
    return f"{value:,.{digits if abs(value) < 100 else 0}f}"


def format_p_value(value: float) -> str:
    """A p-value to three places; what is smaller is said to be smaller, never zero."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
