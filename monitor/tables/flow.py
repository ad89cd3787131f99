"""Flow of subjects through periods, assessment scores, and counts of data findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.evidence.scopes import is_exempt
from monitor.exposure.person_time import Spell, build_spells, spell_on
from monitor.records import (
    AdverseEvent,
    Assessment,
    Disposition,
    PartialDate,
    Status,
    Treatment,
    day_of,
)
from monitor.state.study import Study, SubjectState
from monitor.tables.context import joined_groups, onset_of
from monitor.tables.counting import terms_of
from monitor.terms import has_inconsistent_seriousness, is_serious


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFlow:
    """Subjects of one randomised arm in one period.

    *entered* have days at risk in the period.  *completed* have a disposition that says so, of the
    period or of the study.  *ongoing* are the others who are on treatment on the as-of date, and
    *left* those who are not.  *switched* received another treatment than the randomised
    one; it is counted in randomised periods only.
    """

    period: str
    randomised_treatment: str
    entered: int
    completed: int
    ongoing: int
    left: int
    switched: int


def count_randomised(study: Study) -> dict[str, int]:
    """Return the number of subjects randomised to each treatment."""
    counts = Counter(subject.allocated_arm for subject in study.subjects.values())
    return {name: counts[number] for name, number in study.treatment_numbers.items()}


def period_flows(study: Study) -> Iterator[PeriodFlow]:
    """Yield the flow of each randomised arm in each period."""
    for period in study.plan.periods:
        for treatment, arm in study.treatment_numbers.items():
            entered = completed = ongoing = switched = 0
            for subject in study.subjects.values():
                number = study.period_numbers[period.id]
                spells = [s for s in treated_spells(study, subject) if s.period == number]
                received = {spell.treatment for spell in spells}
                if subject.allocated_arm == arm and received:
                    entered += 1
                    has_ended = has_completed(subject, period.id)
                    completed += has_ended
                    ongoing += not has_ended and is_on_treatment(study, subject, period.id)
                    switched += period.randomised and bool(received - {arm})
            yield PeriodFlow(
                period=period.id,
                randomised_treatment=treatment,
                entered=entered,
                completed=completed,
                ongoing=ongoing,
                left=entered - completed - ongoing,
                switched=switched,
            )


def treated_spells(study: Study, subject: SubjectState) -> tuple[Spell, ...]:
    """Return the subject's spells, with the days on which a record says it is not at risk."""
    if subject.exempt_days is None:
        return subject.spells
    return build_spells(
        study.treatment_intervals_of(subject),
        study.follow_up_ends_of(subject),
        study.plan.window_days,
    )


def is_on_exempt_day(
    study: Study, subject: SubjectState, entity_id: str, case: AdverseEvent
) -> bool:
    """Return whether the onset is on a day on which the subject is not at risk of the event."""
    onset = None if subject.exempt_days is None else onset_of(study, subject, case)
    if onset is None:
        return False
    numbers, context_groups = terms_of(study, case, serious=is_serious(case))
    if context_groups:
        numbers += joined_groups(study, subject, context_groups, entity_id, case, onset)
    return any(is_exempt(subject, number, onset) for number in numbers)


def has_completed(subject: SubjectState, period: str) -> bool:
    """Return whether a disposition says that the subject completed *period*, or the study.

    A disposition that says otherwise of the period itself outweighs one of the study.
    """
    bodies = [e.body for e in subject.facts.values() if isinstance(e.body, Disposition)]
    own = [body.status for body in bodies if body.period == period]
    statuses = own or [body.status for body in bodies if body.period is None]
    return Status.COMPLETED in statuses


def is_on_treatment(study: Study, subject: SubjectState, period: str) -> bool:
    """Return whether the subject is followed and on treatment in *period* on the as-of date."""
    day, number = study.as_of or 0, study.period_numbers[period]
    spell = spell_on(day, treated_spells(study, subject))
    return (
        spell is not None
        and spell.period == number
        and any(
            each.start <= day < each.end and each.period == number
            for each in study.treatment_intervals_of(subject)
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderSummary:
    """Scores of one instrument at one visit in one randomised arm, for the board's panel only.

    *subjects* is the number of scores, *imputed* of them imputed.  *responders* has, for each
    threshold of the plan, the number of scores at or above it.
    """

    instrument: str
    visit: str
    treatment: str
    subjects: int
    imputed: int
    mean: float
    responders: dict[float, int]


def responder_summaries(study: Study) -> Iterator[ResponderSummary]:
    """Yield the scores by instrument, visit and arm: the benefit side of the benefit-risk panel."""
    scores: defaultdict[tuple[str, str, str], list[Assessment]] = defaultdict(list)
    treatment_names = {number: name for name, number in study.treatment_numbers.items()}
    for entity_id, entity in study.entities.by_id.items():
        body = entity.body
        if isinstance(body, Assessment) and study.entities.is_active(entity_id):
            subject = study.subjects.get(study.entities.surviving_subject(body.subject))
            if subject is not None and subject.allocated_arm is not None:
                treatment = treatment_names[subject.allocated_arm]
                scores[body.instrument, body.visit, treatment].append(body)
    for (instrument, visit, treatment), assessments in sorted(scores.items()):
        values = [body.value for body in assessments]
        yield ResponderSummary(
            instrument=instrument,
            visit=visit,
            treatment=treatment,
            subjects=len(assessments),
            imputed=sum(body.imputed for body in assessments),
            mean=sum(values) / len(values),
            responders={t: sum(v >= t for v in values) for t in study.plan.responder_thresholds},
        )


def count_unallocated(study: Study) -> int:
    """Return the number of case records whose subject has neither allocation nor treatment."""
    return sum(
        entity.versions
        for subject in study.subjects.values()
        if subject.cases and study.is_unallocated(subject)
        for entity in subject.cases.values()
    )


def is_onset_after_known(known_at: int, case: AdverseEvent) -> bool:
    """Return whether the onset is after the day on which the case became known.

    Causes are time zones and wrong dates.  Partial dates are not checked.
    """
    return isinstance(case.onset, int) and case.onset > day_of(known_at)


def count_data_findings(study: Study) -> dict[str, int]:
    """Return counts of data findings by name, without zeros.

    The records concerned are accepted; a data manager should review them.
    """
    counts: Counter[str] = Counter()
    for subject in study.subjects.values():
        for entity_id, entity in subject.cases.items():
            body = entity.body
            assert isinstance(body, AdverseEvent)
            counts["serious_by_criteria_or_fatal_but_not_flagged"] += has_inconsistent_seriousness(
                body
            )
            counts["onset_after_known_at"] += is_onset_after_known(entity.known_at, body)
            counts["partial_onset_imputed"] += isinstance(body.onset, PartialDate)
            if onset_of(study, subject, body) is None:
                counts["onset_unknown"] += 1
            elif is_on_exempt_day(study, subject, entity_id, body):
                counts["event_on_days_not_at_risk"] += 1
            elif not study.is_unallocated(subject) and entity.contribution is None:
                counts["not_treatment_emergent"] += 1
        counts["treated_without_randomisation"] += subject.allocated_arm is None and any(
            isinstance(entity.body, Treatment) for entity in subject.facts.values()
        )
    return {name: count for name, count in sorted(counts.items()) if count}
