"""Times of the subjects of an arm: days at risk, events, and how each subject's time ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from board.views.arms import Arm
from monitor.records import AdverseEvent, Disposition, Outcome, Status
from monitor.state.study import Study
from monitor.state.subject import SubjectState
from monitor.stats.aalen_johansen import End


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmTimes:
    """Times in days since each subject's first day in the arm.

    *ends* has for each subject the day of the first event, of death or of the last day at risk.
    *days_at_risk* are intervals ``[start, end)`` of all subjects, *event_days* all events.
    """

    label: str
    ends: Sequence[tuple[int, End]]
    days_at_risk: Sequence[tuple[int, int]]
    event_days: Sequence[int]

    @property
    def longest_days(self) -> int:
        """The day after the last day at risk of any subject."""
        return max((end for _, end in self.days_at_risk), default=0)


def arm_times(study: Study, arm: Arm, term: int) -> ArmTimes:
    """Return the times of *arm* to the events with the number *term*, as of now."""
    end_day = (study.as_of or 0) + 1
    ends: list[tuple[int, End]] = []
    at_risk: list[tuple[int, int]] = []
    events: list[int] = []
    for subject in study.subjects.values():
        spells = [
            (spell.start, min(spell.end, end_day))
            for spell in subject.spells
            if spell.start < end_day and arm.counts(subject, spell.period, spell.treatment)
        ]
        if not spells:
            continue
        day_0, last_day = spells[0][0], spells[-1][1] - 1
        onsets = _onsets(subject, arm, term)
        events += [onset - day_0 for onset in onsets]
        at_risk += [(start - day_0, end - day_0) for start, end in spells]
        ends.append(_end(day_0, last_day, onsets, death_day(study, subject)))
    return ArmTimes(label=arm.label, ends=ends, days_at_risk=at_risk, event_days=events)


def death_day(study: Study, subject: SubjectState) -> int | None:
    """Return the day of death, or None.

    A fatal case without a disposition stands for it with its onset, the last day known.
    """
    bodies = [entity.body for entity in subject.facts.values()]
    days = [b.date for b in bodies if isinstance(b, Disposition) and b.status is Status.DIED]
    if not days:
        days = [
            entity.onset
            for entity in subject.cases.values()
            if entity.counted_versions
            and isinstance(entity.body, AdverseEvent)
            and entity.body.outcome is Outcome.FATAL
        ]
    return min(days, default=None)


def _onsets(subject: SubjectState, arm: Arm, term: int) -> list[int]:
    return sorted(
        entity.onset
        for entity in subject.cases.values()
        if entity.counted_versions
        and term in entity.terms
        and arm.counts(subject, entity.period, entity.treatment)
    )


def _end(day_0: int, last_day: int, onsets: Sequence[int], died: int | None) -> tuple[int, End]:
    """Return the first of event, death and last day; an event on the day of death comes first."""
    if onsets and (died is None or onsets[0] <= died):
        return onsets[0] - day_0, End.EVENT
    if died is not None and day_0 <= died <= last_day:
        return died - day_0, End.COMPETING
    return last_day - day_0, End.CENSORED
