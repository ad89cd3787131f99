"""What a replay prints for programs: a public contract, with its schema in schemas/."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, isfinite
from typing import Any

from monitor.dates import iso
from monitor.evidence.evaluate import LOG_MAX
from monitor.evidence.summary import Standing, boundary, standings
from monitor.state.digest import digest
from monitor.state.entities import Outcome
from monitor.state.study import Study
from monitor.stats.estimate import Estimate
from monitor.tables.compare import Comparison, comparisons
from monitor.tables.flow import findings, passages, randomised, responses, unallocated
from monitor.tables.tabulate import Row, exposure, rows, slots
from streams.replay.replay import Replay
from streams.replay.result_alerts import docket_json

Json = dict[str, Any]


def result_line(replay: Replay, study: Study) -> Json:
    """The last line of a study: everything that its state says."""
    table = list(rows(study))
    return {
        "type": "result",
        "study": study.name,
        "hypothetical": replay.what_if.hypothetical,
        "digest": digest(study),
        "plan_sha256": study.plan.sha256,
        "as_of": None if study.as_of is None else iso(study.as_of),
        "lines": replay.lines,
        "records": account(replay, study),
        "findings": findings(study),
        "tables": [_row_json(row) for row in table],
        "comparisons": [_comparison_json(each) for each in comparisons(study.plan, table)],
        "exposure": list(_exposures(study)),
        "flow": _flow(study),
        "assessments": list(_assessments(study)),
        "watches": [_watch_json(study, standing) for standing in standings(study)],
        "alerts": docket_json(study),
    }


def account(replay: Replay, study: Study) -> dict[str, int]:
    """What became of the study's lines; with one study in the log they add up to its lines.

    Bytes that name no study count here only when there is but one study to count them under.
    """
    alone = len(replay.studies) == 1
    counts = replay.outcomes if alone else replay.pipeline.outcomes[study.name]
    waiting = unallocated(study)
    found = {outcome.value: counts.get(outcome, 0) for outcome in Outcome}
    found[Outcome.FOLDED.value] -= waiting
    found[Outcome.UNALLOCATED.value] = waiting
    if replay.what_if.horizon is not None:
        found["cut"] = replay.cut if alone else 0
    return found


def _row_json(row: Row) -> Json:
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
    """An estimate between its limits; null is "none" for the value, "unbounded" for a limit."""
    return {
        "value": _number(estimate.value),
        "low": _number(estimate.low),
        "high": _number(estimate.high),
    }


def _number(value: float | None) -> float | None:
    """A finite number, or null: JSON knows no infinity."""
    return value if value is not None and isfinite(value) else None


def _comparison_json(each: Comparison) -> Json:
    return {
        "period": each.period,
        "kind": each.term.kind.value,
        "term": each.term.name,
        "treatment": each.treatment,
        "control": each.control,
        "fisher_p": each.fisher_p,
        "risk_difference": _number(each.risk_difference.value),
        "risk_difference_interval": _limits(each.risk_difference),
        "rate_ratio": _number(each.rate_ratio.value),
        "rate_ratio_interval": _limits(each.rate_ratio),
    }


def _limits(estimate: Estimate) -> list[float | None]:
    return [_number(estimate.low), _number(estimate.high)]


def _exposures(study: Study) -> Iterator[Json]:
    for _, slot in slots(study):
        found = exposure(study, slot)
        yield {
            "period": found.period,
            "treatment": found.treatment,
            "subjects": found.subjects,
            "cycles": found.cycles,
            "person_days": found.person_days,
        }


def _flow(study: Study) -> Json:
    """The flow of subjects: randomised by arm, then through each period."""
    return {
        "subjects": len(study.subjects),
        "randomised": randomised(study),
        "periods": [
            {
                "period": passage.period,
                "randomised_treatment": passage.randomised_treatment,
                "entered": passage.entered,
                "completed": passage.completed,
                "left": passage.left,
                "switched": passage.switched,
            }
            for passage in passages(study)
        ],
    }


def _assessments(study: Study) -> Iterator[Json]:
    for response in responses(study):
        yield {
            "instrument": response.instrument,
            "visit": response.visit,
            "treatment": response.treatment,
            "subjects": response.subjects,
            "imputed": response.imputed,
            "mean": response.mean,
            "responders": {f"{t:g}": count for t, count in response.responders.items()},
        }


def _watch_json(study: Study, standing: Standing) -> Json:
    watch = standing.watch
    return {
        "id": watch.id,
        "kind": watch.kind.value,
        "term_kind": watch.term.kind.value,
        "term": watch.term.name,
        "treatment": watch.treatment,
        "control": watch.control,
        "period": watch.basis.period if watch.basis else watch.period,
        "analysis": watch.basis.analysis.value if watch.basis else None,
        "time": watch.basis.time.value if watch.basis else None,
        "source": watch.source or None,
        "tier": watch.tier,
        "share": watch.share or None,
        "boundary": boundary(study, watch),
        "events": standing.events + standing.control_events,
        "treatment_events": standing.events,
        "control_events": standing.control_events,
        "e_value": exp(min(standing.log_e, LOG_MAX)),
        "log_e_value": standing.log_e,
        "p_always_valid": standing.p_always_valid,
        "rr": _number(standing.rate_ratio),
        "interval": [_number(limit) for limit in standing.interval],
        "probability_rr_above_1": standing.posterior.above_1,
        "probability_rr_above_2": standing.posterior.above_2,
        "median_rr": standing.posterior.median,
        "level": standing.verdict.level.word,
        "verdict": standing.verdict.ground.name.lower(),
        "reason": standing.verdict.ground.value,
    }
