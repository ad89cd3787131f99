"""Who went where: the flow of subjects, their assessments, and what a data manager should see."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.records import AdverseEvent, Assessment, Disposition, PartialDate, Status, Treatment
from monitor.state.study import Study, SubjectState
from monitor.tables.counting import onset_of
from monitor.terms import contradicts_itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Subjects of one randomised arm in one period.

    *switched* received another treatment in it than they were randomised to; *left* entered
    and did not complete.
    """

    period: str
    randomised_treatment: str
    entered: int
    completed: int
    left: int
    switched: int


def randomised(study: Study) -> dict[str, int]:
    """Subjects randomised to each treatment."""
    counts = Counter(subject.allocated for subject in study.subjects.values())
    return {name: counts[number] for name, number in study.treatments.items()}


def passages(study: Study) -> Iterator[Passage]:
    """The flow through every period, by randomised arm."""
    for period in study.plan.periods:
        for treatment, arm in study.treatments.items():
            entered = completed = switched = 0
            for subject in study.subjects.values():
                spells = [s for s in subject.spells if s.period == study.periods[period.id]]
                received = {spell.treatment for spell in spells}
                if subject.allocated == arm and received:
                    entered += 1
                    completed += has_completed(subject, period.id)
                    switched += period.randomised and bool(received - {arm})
            yield Passage(
                period=period.id,
                randomised_treatment=treatment,
                entered=entered,
                completed=completed,
                left=entered - completed,
                switched=switched,
            )


def has_completed(subject: SubjectState, period: str) -> bool:
    """Whether a disposition says that the subject completed *period*."""
    return any(
        isinstance(held.body, Disposition)
        and held.body.status is Status.COMPLETED
        and held.body.period == period
        for held in subject.facts.values()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Scores of one instrument at one visit in one randomised arm; for the board's panel only.

    *responders* counts, for each of the plan's thresholds, the scores at or above it.
    """

    instrument: str
    visit: str
    treatment: str
    subjects: int
    imputed: int
    mean: float
    responders: dict[float, int]


def responses(study: Study) -> Iterator[Response]:
    """The benefit side of the benefit-risk panel, if the plan declares one."""
    scores: defaultdict[tuple[str, str, str], list[Assessment]] = defaultdict(list)
    names = {number: name for name, number in study.treatments.items()}
    for thing, held in study.ledger.things.items():
        body = held.body
        if isinstance(body, Assessment) and study.ledger.live(thing):
            arm = study.subject(body.subject).allocated
            if arm is not None:
                scores[body.instrument, body.visit, names[arm]].append(body)
    for (instrument, visit, treatment), bodies in sorted(scores.items()):
        values = [body.value for body in bodies]
        yield Response(
            instrument=instrument,
            visit=visit,
            treatment=treatment,
            subjects=len(bodies),
            imputed=sum(body.imputed for body in bodies),
            mean=sum(values) / len(values),
            responders={t: sum(v >= t for v in values) for t in study.plan.responder},
        )


def unallocated(study: Study) -> int:
    """Accepted records of events whose subject has neither allocation nor treatment yet."""
    return sum(
        held.versions
        for subject in study.subjects.values()
        if subject.cases and study.waiting(subject)
        for held in subject.cases.values()
    )


def findings(study: Study) -> dict[str, int]:
    """Counts of what a data manager should look at; each is accepted, none is silent."""
    found: Counter[str] = Counter()
    for subject in study.subjects.values():
        for held in subject.cases.values():
            body = held.body
            assert isinstance(body, AdverseEvent)
            found["serious_by_criteria_or_fatal_but_not_flagged"] += contradicts_itself(body)
            found["onset_after_known_at"] += held.foretold
            found["partial_onset_imputed"] += isinstance(body.onset, PartialDate)
            if onset_of(study, subject, body) is None:
                found["onset_unknown"] += 1
            elif not study.waiting(subject) and held.place is None:
                found["not_treatment_emergent"] += 1
        found["treated_without_randomisation"] += subject.allocated is None and any(
            isinstance(held.body, Treatment) for held in subject.facts.values()
        )
    return {name: count for name, count in sorted(found.items()) if count}
