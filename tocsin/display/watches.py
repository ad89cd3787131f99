"""Terminal tables of the watches of a study: evidence, boundary, verdict and its reason."""

from __future__ import annotations

from monitor.evidence.summary import WatchSummary, signal_boundary
from monitor.state.study import Study
from monitor.state.verdict import VerdictReason
from tocsin.display.grid import Column, Grid, GridRow
from tocsin.display.wording import (
    describe_comparison,
    format_event_counts,
    format_evidence,
    format_rate_ratio,
    level_style,
    term_kind_label,
)

SHORT_REASONS = {VerdictReason.REJECTED: "rejected", VerdictReason.NOT_REJECTED: "not rejected"}


def watch_grid(study: Study, summaries: list[WatchSummary]) -> Grid:
    """Table of the watches named in the plan (tiers 1 and 3), with their verdicts and reasons."""
    columns = (
        Column.text("watch", width_min=16),
        Column(title="events"),
        Column(title=_effect_title(study)),
        Column(title="E"),
        Column(title="boundary"),
        Column(title="verdict", align_right=False),
    )
    return Grid(
        "Watches of the plan; evidence is valid at any number of looks",
        columns,
        tuple(_watch_row(study, summary) for summary in summaries),
    )


def _watch_row(study: Study, summary: WatchSummary) -> GridRow:
    e_boundary = signal_boundary(study, summary.watch)
    verdict = summary.verdict
    boundary_text = "-" if e_boundary is None else f"{e_boundary:,.4g}"
    numbers = (
        format_event_counts(summary),
        format_rate_ratio(summary),
        format_evidence(summary),
        boundary_text,
    )
    return GridRow(
        cells=(summary.watch.id, *numbers, verdict.level.word),
        style=level_style(summary),
        note=f"{describe_comparison(summary.watch)}: {verdict.reason}",
    )


def screening_grid(study: Study, summaries: list[WatchSummary]) -> Grid:
    """Table of the tier 2 watches, which screen every other term, by falling evidence."""
    has_several_arms = len(study.plan.active_treatments) > 1
    columns = (
        Column.text("term", width_min=20),
        Column(title="kind", align_right=False, drop_order=1),
        Column.text("arms", drop_order=0 if has_several_arms else 2),
        Column(title="events"),
        Column(title=_effect_title(study)),
        Column(title="E"),
        Column(title="e-BH", align_right=False),
    )
    if not study.plan.screening_enabled:
        return Grid("Screening of all other terms: turned off by the plan", columns, ())
    e_bh_text = f"e-BH at q = {study.plan.q:g} over {study.hypotheses} watches"
    title = f"Screening of all other terms, {_screening_comparison(study)}: {e_bh_text}"
    return Grid(title, columns, tuple(_screening_row(summary) for summary in summaries))


def _screening_row(summary: WatchSummary) -> GridRow:
    watch, reason = summary.watch, summary.verdict.reason
    names = (watch.term.name, term_kind_label(watch.term), f"{watch.treatment} v {watch.control}")
    numbers = (format_event_counts(summary), format_rate_ratio(summary), format_evidence(summary))
    return GridRow(
        cells=(*names, *numbers, SHORT_REASONS.get(reason, reason.value)),
        style=level_style(summary),
    )


def _screening_comparison(study: Study) -> str:
    screening = study.plan.screening_basis
    treatments = " or ".join(study.plan.active_treatments)
    analysis = f"{screening.period}, {screening.analysis}".replace("_", " ")
    return f"{treatments} v {study.plan.control}, {analysis}"


def _effect_title(study: Study) -> str:
    return f"rate ratio ({100 * (1 - study.plan.alpha):g} % CS)"
