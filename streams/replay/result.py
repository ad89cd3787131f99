"""The JSON result of a replay: a public contract, whose schema is in ``schemas/``."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, isfinite
from typing import Any

from alerts.dictionary import dictionary_of
from monitor.dates import iso
from monitor.evidence.evaluate import LOG_E_MAX
from monitor.evidence.summary import WatchSummary, signal_boundary, watch_summaries
from monitor.plan.watch import Watch
from monitor.state.digest import state_digest
from monitor.state.entities import RecordOutcome
from monitor.state.study import Study
from monitor.stats.estimate import Estimate
from monitor.tables.compare import Comparison, compare_arms
from monitor.tables.exposure import exposure_rows
from monitor.tables.flow import (
    count_data_findings,
    count_randomised,
    count_unallocated,
    period_flows,
    responder_summaries,
)
from monitor.tables.tabulate import RateRow, rate_rows
from streams.replay.replay import Replay
from streams.replay.result_alerts import register_json

Json = dict[str, Any]


def result_line(replay: Replay, study: Study) -> Json:
    """The result line of *study*, the last line that a replay prints for it."""
    tables = tables_json(study)
    return {
        "type": "result",
        "study": study.name,
        "hypothetical": replay.what_if.is_hypothetical,
        "digest": state_digest(study),
        "plan_sha256": study.plan.sha256,
        "as_of": None if study.as_of is None else iso(study.as_of),
        "lines": replay.lines,
        "records": count_outcomes(replay, study),
        "findings": count_data_findings(study),
        "tables": tables["tables"],
        "comparisons": tables["comparisons"],
        "exposure": tables["exposure"],
        "flow": _flow_json(study),
        "assessments": list(_assessment_json(study)),
        "watches": [_watch_json(study, summary) for summary in watch_summaries(study)],
        "alerts": register_json(study),
    }


def tables_json(study: Study) -> Json:
    """The tables of *study*: events and rates, comparisons of arms, and exposure."""
    rows = list(rate_rows(study))
    return {
        "study": study.name,
        "as_of": None if study.as_of is None else iso(study.as_of),
        "plan_sha256": study.plan.sha256,
        "tables": [_row_json(row) for row in rows],
        "comparisons": [_comparison_json(each) for each in compare_arms(study.plan, rows)],
        "exposure": list(_exposure_json(study)),
    }


def count_outcomes(replay: Replay, study: Study) -> dict[str, int]:
    """Number of records of *study* by outcome; with a cutoff, ``cut`` counts the lines after it.

    With one study in the log, the counts add up to its lines.  Unreadable lines name no study and
    are counted only then, as are those after the cutoff.
    """
    is_only_study = len(replay.studies) == 1
    counts = replay.outcomes if is_only_study else replay.pipeline.outcomes[study.name]
    not_allocated = count_unallocated(study)
    by_outcome = {outcome.value: counts.get(outcome, 0) for outcome in RecordOutcome}
    by_outcome[RecordOutcome.FOLDED.value] -= not_allocated
    by_outcome[RecordOutcome.UNALLOCATED.value] = not_allocated
    if replay.what_if.horizon is not None:
        by_outcome["cut"] = replay.lines_after_cutoff if is_only_study else 0
    return by_outcome


def _row_json(row: RateRow) -> Json:
    cell = row.cell
    return {
        "period": row.period,
        "treatment": row.treatment,
        "kind": row.term.kind.value,
        "term": row.term.name,
        "subjects_exposed": row.subjects_exposed,
        "subjects": cell.subjects,
        "events": cell.events,
        "versions": cell.versions,
        "serious_subjects": cell.serious_subjects,
        "serious_events": cell.serious_events,
        "related_subjects": cell.related_subjects,
        "related_events": cell.related_events,
        "person_days": row.person_days,
        "person_days_to_first": row.person_days_to_first,
        "rate_per_100_patient_years": _estimate_json(row.rate),
    }


def _estimate_json(estimate: Estimate) -> Json:
    """An estimate with its limits; a null value is undefined, a null limit is unbounded."""
    return {
        "value": _finite_or_null(estimate.value),
        "low": _finite_or_null(estimate.low),
        "high": _finite_or_null(estimate.high),
    }


def _finite_or_null(value: float | None) -> float | None:
    """*value*, or None where it is not finite, because JSON has no infinity."""
    return value if value is not None and isfinite(value) else None


def _comparison_json(comparison: Comparison) -> Json:
    return {
        "period": comparison.period,
        "kind": comparison.term.kind.value,
        "term": comparison.term.name,
        "treatment": comparison.treatment,
        "control": comparison.control,
        "fisher_p": comparison.fisher_p,
        "risk_difference": _finite_or_null(comparison.risk_difference.value),
        "risk_difference_interval": _interval_json(comparison.risk_difference),
        "rate_ratio": _finite_or_null(comparison.rate_ratio.value),
        "rate_ratio_interval": _interval_json(comparison.rate_ratio),
    }


def _interval_json(estimate: Estimate) -> list[float | None]:
    return [_finite_or_null(estimate.low), _finite_or_null(estimate.high)]


def _exposure_json(study: Study) -> Iterator[Json]:
    for row in exposure_rows(study):
        yield {
            "period": row.period,
            "treatment": row.treatment,
            "subjects": row.subjects,
            "cycles": row.cycles,
            "person_days": row.person_days,
        }


def _flow_json(study: Study) -> Json:
    """The flow of subjects: randomised subjects by arm, then the flow of each period."""
    return {
        "subjects": len(study.subjects),
        "randomised": count_randomised(study),
        "periods": [
            {
                "period": period_flow.period,
                "randomised_treatment": period_flow.randomised_treatment,
                "entered": period_flow.entered,
                "completed": period_flow.completed,
                "ongoing": period_flow.ongoing,
                "left": period_flow.left,
                "switched": period_flow.switched,
            }
            for period_flow in period_flows(study)
        ],
    }


def _assessment_json(study: Study) -> Iterator[Json]:
    for summary in responder_summaries(study):
        yield {
            "instrument": summary.instrument,
            "visit": summary.visit,
            "treatment": summary.treatment,
            "subjects": summary.subjects,
            "imputed": summary.imputed,
            "mean": summary.mean,
            "responders": {
                f"{threshold:g}": count for threshold, count in summary.responders.items()
            },
        }


def _watch_json(study: Study, summary: WatchSummary) -> Json:
    watch = summary.watch
    return {
        "id": watch.id,
        "kind": watch.control_kind.value,
        "term_kind": watch.term.kind.value,
        "term": watch.term.name,
        "treatment": watch.treatment,
        "control": watch.control,
        "period": watch.risk_set_basis.period if watch.risk_set_basis else watch.period,
        "analysis": watch.risk_set_basis.analysis.value if watch.risk_set_basis else None,
        "time": watch.risk_set_basis.time_scale.value if watch.risk_set_basis else None,
        "source": watch.source or None,
        "tier": watch.tier,
        "share": watch.share or None,
        "boundary": signal_boundary(study, watch),
        "events": summary.treatment_events + summary.control_events,
        "treatment_events": summary.treatment_events,
        "control_events": summary.control_events,
        "e_value": exp(min(summary.log_e, LOG_E_MAX)),
        "log_e_value": summary.log_e,
        "p_always_valid": summary.p_always_valid,
        "rr": _finite_or_null(summary.rate_ratio),
        "interval": [_finite_or_null(limit) for limit in summary.rate_ratio_interval],
        "probability_rr_above_1": summary.posterior.above_1,
        "probability_rr_above_2": summary.posterior.above_2,
        "median_rr": summary.posterior.median,
        "level": summary.verdict.level.word,
        "verdict": summary.verdict.reason.name.lower(),
        "reason": summary.verdict.reason.value,
    } | _selection_json(study, watch)


def _selection_json(study: Study, watch: Watch) -> Json:
    """What only some watches have: pooled arms, a limit of study days, a dictionary."""
    optional: Json = {
        "treatments": watch.treatments if len(watch.treatments) > 1 else (),
        "controls": watch.controls if len(watch.controls) > 1 else (),
        "within_study_days": watch.within_study_days,
        "dictionary": dictionary_of(study.plan, watch.id),
    }
    return {name: value for name, value in optional.items() if value}
