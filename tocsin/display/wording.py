"""Formats numbers, terms, comparisons and verdicts for tables."""

from __future__ import annotations

from math import exp, inf, isnan

from alerts.alert import Alert
from monitor.evidence.evaluate import LOG_E_MAX
from monitor.evidence.summary import WatchSummary
from monitor.plan.watch import ReferenceRate, Watch
from monitor.records import TermKind
from monitor.screening_watch import screening_watch_id, split_screening_watch
from monitor.state.verdict import Level
from monitor.stats.estimate import Estimate
from monitor.terms import Term

LEVEL_STYLES = {Level.QUIET: "", Level.WATCH: "yellow", Level.SIGNAL: "bold red"}
TERM_KIND_LABELS = {TermKind.PREFERRED_TERM: "PT", TermKind.SYSTEM_ORGAN_CLASS: "SOC"}


def term_kind_label(term: Term) -> str:
    """Short label of the kind of *term*, such as PT or SOC."""
    return TERM_KIND_LABELS.get(term.kind, term.kind.value)


def level_style(summary: WatchSummary) -> str:
    """Style of a watch's row, by the level of its verdict."""
    return LEVEL_STYLES[summary.verdict.level]


def format_evidence(summary: WatchSummary) -> str:
    """Format the current e-value of a watch."""
    return format_e_value(exp(min(summary.log_e, LOG_E_MAX)))


def format_e_value(value: float) -> str:
    """Format an e-value with four significant digits, and with commas from 1,000 to 1 million."""
    return f"{value:,.0f}" if 1000 <= value < 1e6 else f"{value:.4g}"


def format_event_counts(summary: WatchSummary) -> str:
    """Number of first events on treatment and, for a concurrent watch, on control."""
    if summary.watch.risk_set_basis is None:
        return str(summary.treatment_events)
    return f"{summary.treatment_events} v {summary.control_events}"


def describe_comparison(watch: Watch) -> str:
    """Text: the term of a watch, its arms or reference rate, and the basis of the comparison."""
    if watch.risk_set_basis is not None:
        analysis = (
            f"{watch.risk_set_basis.period}, {watch.risk_set_basis.analysis}, "
            f"{watch.risk_set_basis.time_scale} time"
        )
        text = f"{watch.term.name}, {watch.treatment} v {watch.control}, {analysis}"
        return f"{text}{study_days_text(watch)}".replace("_", " ")
    assert watch.reference_rate is not None
    period = f", {watch.period}" if watch.period else ""
    return (
        f"{watch.term.name} on {watch.treatment}{period}{study_days_text(watch)}, against "
        f"{format_reference_rate(watch.reference_rate)}"
        f" ({watch.source})"
    )


def study_days_text(watch: Watch) -> str:
    """Text of the study days to which a watch is limited, empty where it is not."""
    days = watch.within_study_days
    return "" if days is None else f", study days 0 to {days - 1}"


def format_reference_rate(reference_rate: ReferenceRate) -> str:
    """Text of a reference rate: a known rate, or historical events in patient-years."""
    if reference_rate.per_100_patient_years is not None:
        return f"{reference_rate.per_100_patient_years:g} per 100 patient-years"
    return (
        f"{reference_rate.historical_events} in "
        f"{reference_rate.historical_patient_years:g} patient-years"
    )


def format_rate_ratio(summary: WatchSummary) -> str:
    """Format the rate ratio with the limits of its confidence sequence."""
    if isnan(summary.rate_ratio):
        return "-"
    return format_estimate(Estimate(summary.rate_ratio, *summary.rate_ratio_interval), 2)


def format_estimate(estimate: Estimate, digits: int) -> str:
    """Format a value with its limits; *digits* is the number of decimal places."""
    value, low, high = (format_number(each, digits) for each in estimate)
    return f"{value} ({low} to {high})"


def format_number(value: float | None, digits: int) -> str:
    """Format a number with *digits* decimal places below 100, with none from 100; `-` for none."""
    if value is None or isnan(value):
        return "-"
    if abs(value) == inf:
        return "inf" if value > 0 else "-inf"
    return f"{value:,.{digits if abs(value) < 100 else 0}f}"


def format_p_value(value: float) -> str:
    """Format a p-value with three decimal places, or as `<0.001`."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def watch_text(alert: Alert) -> str:
    """The watch of *alert*; the id of a tier 2 watch has its term in the spelling of the alert."""
    parts = split_screening_watch(alert.watch)
    if parts is None:
        return alert.watch
    return screening_watch_id(Term(parts[0].kind, alert.term), parts[1])
