"""How numbers, terms and verdicts read in the tables."""

from __future__ import annotations

from math import exp, inf, isnan

from monitor.evidence.evaluate import LOG_MAX
from monitor.evidence.summary import Standing
from monitor.plan.watch import Rate, Watch
from monitor.records import TermKind
from monitor.state.verdict import Level
from monitor.stats.estimate import Estimate
from monitor.terms import Term

STYLES = {Level.QUIET: "", Level.WATCH: "yellow", Level.SIGNAL: "bold red"}
KINDS = {TermKind.PREFERRED_TERM: "PT", TermKind.SYSTEM_ORGAN_CLASS: "SOC"}


def kind(term: Term) -> str:
    """The kind of *term*, short."""
    return KINDS.get(term.kind, term.kind.value)


def style(standing: Standing) -> str:
    """The style of a standing's row."""
    return STYLES[standing.verdict.level]


def evidence(standing: Standing) -> str:
    """The e-value of now."""
    return e_value(exp(min(standing.log_e, LOG_MAX)))


def e_value(value: float) -> str:
    """An e-value to four digits: what lies beyond says nothing to anybody."""
    return f"{value:,.0f}" if 1000 <= value < 1e6 else f"{value:.4g}"


def events(standing: Standing) -> str:
    """First events, on treatment and on control."""
    if standing.watch.basis is None:
        return str(standing.events)
    return f"{standing.events} v {standing.control_events}"


def basis(watch: Watch) -> str:
    """What a watch compares with what."""
    if watch.basis is not None:
        how = f"{watch.basis.period}, {watch.basis.analysis}, {watch.basis.time} time"
        return f"{watch.term.name}, {watch.treatment} v {watch.control}, {how}".replace("_", " ")
    assert watch.rate is not None
    where = f", {watch.period}" if watch.period else ""
    return (
        f"{watch.term.name} on {watch.treatment}{where}, against {rate(watch.rate)}"
        f" ({watch.source})"
    )


def rate(given: Rate) -> str:
    """A reference rate, as the plan gives it."""
    if given.per_100_patient_years is not None:
        return f"{given.per_100_patient_years:g} per 100 patient-years"
    return f"{given.historical_events} in {given.historical_patient_years:g} patient-years"


def effect(standing: Standing) -> str:
    """The rate ratio with its confidence sequence."""
    if isnan(standing.rate_ratio):
        return "-"
    return interval(Estimate(standing.rate_ratio, *standing.interval), 2)


def interval(estimate: Estimate, digits: int) -> str:
    """A value with its limits."""
    value, low, high = (number(each, digits) for each in estimate)
    return f"{value} ({low} to {high})"


def number(value: float | None, digits: int) -> str:
    """A number to *digits* places, without them from 100 on, where they only take room."""
    if value is None or isnan(value):
        return "-"
    if abs(value) == inf:
        return "inf" if value > 0 else "-inf"
    return f"{value:,.{digits if abs(value) < 100 else 0}f}"


def p_value(value: float) -> str:
    """A p-value to three places; what is smaller is said to be smaller, never zero."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
