"""What an alert's evidence rests on: patients, expectation, ratio, the other arms."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from board.views.evidence_now import is_rejected, screening_boundary
from board.views.exposure import StudyTables, finite
from board.views.naming import is_as_randomised, reference_text
from monitor.evidence.evaluate import LOG_E_MAX, likelihood_of
from monitor.evidence.summary import WatchSummary, signal_boundary
from monitor.exposure.person_time import spell_on
from monitor.plan.watch import Watch
from monitor.state.study import ActiveWatch, Study
from monitor.state.verdict import Level
from monitor.stats.reference import EstimatedRate, KnownRate
from monitor.tables.exposure import ALL_PERIODS


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherArm:
    """Patients with an event and patients exposed on an arm that a watch does not judge."""

    treatment: str
    patients: int
    exposed: int
    person_years: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvidence:
    """The evidence of a watch as of now.

    *patients* have a first event on *treatment*; *events* is the number of all their events,
    None where the tables do not count as the watch does.  *expected* is the number of first
    events at the reference rate, and *control_patients* that of the control arm; each is None
    for the other kind of watch.  *reference* is the reference rate as text.  *open_label_patients*
    had theirs in a period without randomised control.
    """

    treatment: str
    control: str | None
    patients: int
    events: int | None
    expected: float | None
    reference: str | None
    control_patients: int | None
    other_arms: tuple[OtherArm, ...]
    open_label_patients: int
    rate_ratio: float | None
    rate_ratio_low: float | None
    rate_ratio_high: float | None
    log_e: float
    e_value: float
    boundary: float | None
    level: str
    subjects: tuple[str, ...]


def evidence_of(summary: WatchSummary, tables: StudyTables) -> CardEvidence:
    """Return the evidence of the watch of *summary*."""
    study, watch = tables.study, summary.watch
    active_watch = tables.watches[watch.id]
    is_reference = watch.risk_set_basis is None
    low, high = summary.rate_ratio_interval
    first_events = _first_events(tables, active_watch)
    level = Level.SIGNAL if is_rejected(active_watch) else summary.verdict.level
    return CardEvidence(
        treatment=watch.treatment,
        control=watch.control,
        patients=summary.treatment_events,
        events=None if is_as_randomised(watch) else _events(watch, tables),
        expected=_expected(study, active_watch) if is_reference else None,
        reference=None if watch.reference_rate is None else reference_text(watch.reference_rate),
        control_patients=None if is_reference else summary.control_events,
        other_arms=tuple(_other_arms(study, watch, tables)) if is_reference else (),
        open_label_patients=sum(_is_open_label(study, *each) for each in first_events),
        rate_ratio=finite(summary.rate_ratio),
        rate_ratio_low=finite(low),
        rate_ratio_high=finite(high),
        log_e=summary.log_e,
        e_value=exp(min(summary.log_e, LOG_E_MAX)),
        boundary=screening_boundary(study) if watch.tier == 2 else signal_boundary(study, watch),
        level=level.word,
        subjects=tuple(sorted(name for name, _ in first_events)),
    )


def _first_events(tables: StudyTables, active_watch: ActiveWatch) -> list[tuple[str, int]]:
    """Return subject and onset of each first event on the watch's treatment by now."""
    subjects, as_of = tables.subjects, tables.study.as_of or 0
    as_randomised = is_as_randomised(active_watch.design.watch)
    return [
        (subjects[number].name, onset)
        for number, onset, arm in active_watch.first_events
        if onset <= as_of
        and (subjects[number].allocated_arm if as_randomised else arm)
        in active_watch.design.treated_arms
    ]


def _is_open_label(study: Study, name: str, onset: int) -> bool:
    randomised = {
        study.period_numbers[period.id] for period in study.plan.periods if period.randomised
    }
    spell = spell_on(onset, study.subjects[name].spells)
    return spell is not None and spell.period not in randomised


def _period_of(watch: Watch) -> str:
    if watch.risk_set_basis is not None:
        return watch.risk_set_basis.period
    return watch.period or ALL_PERIODS


def _events(watch: Watch, tables: StudyTables) -> int:
    period = _period_of(watch)
    return sum(tables.cell((period, name), watch.term).events for name in watch.treatments)


def _expected(study: Study, active_watch: ActiveWatch) -> float | None:
    likelihood = likelihood_of(study, active_watch)
    if isinstance(likelihood, KnownRate):
        return likelihood.expected
    if isinstance(likelihood, EstimatedRate):
        return likelihood.historical_events * likelihood.time_ratio
    return None


def _other_arms(study: Study, watch: Watch, tables: StudyTables) -> list[OtherArm]:
    period = _period_of(watch)
    keys = [(period, name) for name in study.treatment_numbers if name not in watch.treatments]
    return [
        OtherArm(
            treatment=key[1],
            patients=tables.cell(key, watch.term).subjects,
            exposed=tables.exposure[key].subjects,
            person_years=tables.person_years(key),
        )
        for key in keys
        if tables.exposure[key].subjects
    ]
