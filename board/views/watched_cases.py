"""The cases that a watch counts, with their delays from onset to report and to being counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from board.views.facts import CaseVersion, StudyFacts
from board.views.observed import period_of
from monitor.plan.plan import ARMS_MAX
from monitor.records import Adjudication, AdverseEvent, TermKind, day_of
from monitor.state.entities import Entity
from monitor.state.study import ActiveWatch, Study, SubjectState


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedCase:
    """A case that counts under the term of a watch, on any arm.

    *is_first* marks the cases of the day on which the subject has its first event in the watch.
    *reported* and *counted* are ordinal days: of the first version, and of the version from which
    on it counts under the term; None where the versions do not tell.
    """

    case_id: str
    subject: SubjectState
    entity: Entity
    body: AdverseEvent
    onset: int
    treatment: int
    on_treatment: bool
    is_first: bool
    reported: int | None
    counted: int | None

    @property
    def is_serious(self) -> bool:
        """Whether the case counts as serious."""
        return bool(self.entity.increment >> 20 & 0xFFFFF)


def watched_cases(facts: StudyFacts, active_watch: ActiveWatch) -> list[WatchedCase]:
    """Return the cases that count under the term of *active_watch* in its period, by onset."""
    study = facts.study
    first_onsets = {number: onset for number, onset, _ in active_watch.first_events}
    found = _cases(facts, study, active_watch, first_onsets)
    return sorted(found, key=lambda case: (case.onset, case.case_id))


def _cases(
    facts: StudyFacts, study: Study, active_watch: ActiveWatch, first_onsets: dict[int, int]
) -> Iterator[WatchedCase]:
    term, design = active_watch.first_events.term, active_watch.design
    period = period_of(active_watch.watch)
    number = None if period is None else study.period_numbers[period]
    for subject in study.subjects.values():
        for case_id, entity in subject.cases.items():
            if not entity.counted_versions or term not in entity.terms:
                continue
            if number not in (None, entity.period):
                continue
            packed = entity.onset * ARMS_MAX
            if not active_watch.first_events.accepts(subject.number, packed):
                continue  # After the study days of the watch.
            assert isinstance(entity.body, AdverseEvent)
            versions = facts.case_versions.get(case_id, ())
            in_scope = active_watch.first_events.covers(entity.period, entity.treatment)
            yield WatchedCase(
                case_id=case_id,
                subject=subject,
                entity=entity,
                body=entity.body,
                onset=entity.onset,
                treatment=entity.treatment,
                on_treatment=entity.treatment in design.treated_arms,
                is_first=in_scope and first_onsets.get(subject.number) == entity.onset,
                reported=reported_day(versions),
                counted=counted_day(versions, term),
            )


def reported_day(versions: Sequence[CaseVersion]) -> int | None:
    """Return the day on which the first version was known, as an ordinal."""
    return day_of(versions[0].known_at) if versions else None


def counted_day(versions: Sequence[CaseVersion], term: int) -> int | None:
    """Return the day from which on the case has counted under *term*, as an ordinal.

    None where its latest version did not count when it was folded.
    """
    day: int | None = None
    for version in reversed(versions):
        if term not in version.terms:
            break
        day = day_of(version.known_at)
    return day


def adjudicated_day(versions: Sequence[CaseVersion], adjudication: str) -> int | None:
    """Return the day of the first answer of the committee on *adjudication*, as an ordinal."""
    for version in versions:
        answer = dict(version.body.adjudications).get(adjudication)
        if answer in (Adjudication.YES, Adjudication.NO):
            return day_of(version.known_at)
    return None


def adjudication_of(study: Study, active_watch: ActiveWatch) -> str | None:
    """Return the adjudication that decides on the watch's group; None where none does."""
    term = active_watch.watch.term
    groups = {group.name: group for group in study.plan.groups}
    return groups[term.name].adjudication if term.kind is TermKind.GROUP else None
