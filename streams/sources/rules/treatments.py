"""Makes treatment intervals from doses, or from what the source states of treatment itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from streams.sources.report import Problem
from streams.sources.rows import SubjectRow, TreatmentRow
from streams.sources.rules.context import RuleContext, SubjectRows
from streams.sources.rules.dates import day_after, day_of
from streams.sources.rules.doses import Dose, period_of
from streams.sources.rules.names import identifier, normal_text, treatment_id
from streams.sources.rules.subjects import arm_of, known_time
from streams.sources.wire import JsonRecord

START_DIFFERS = Problem(
    "start_differs",
    "the start of treatment (RFXSTDTC) is not the day of the earliest valid dose",
    "treatment begins with the earliest valid dose",
)
START_UNKNOWN = Problem(
    "start_unknown",
    "the start of treatment (RFXSTDTC) is no whole day",
    "treatment begins with the earliest valid dose; without a dose it has not begun",
)
NOT_TREATED = Problem(
    "randomised_not_treated",
    "a randomised subject has no dose and no start of treatment",
    "it has no time on treatment, and its events are in no table",
)
OVERLAP = Problem(
    "treatments_overlap",
    "two different treatments of a subject overlap",
    "the earlier one ends where the later one starts",
)
HIDDEN_DOSES = Problem(
    "treatment_name_hides_doses",
    "one name of a treatment stands for the doses of several arms",
    "the arm counts as the treatment",
)
SEQUENCE = Problem(
    "arm_is_a_sequence",
    "the arm is a sequence of treatments",
    "treatment intervals come from the doses; the treatment that begins it counts as randomised",
)
UNRECONCILED = Problem(
    "arm_and_doses_unreconciled",
    "the arm is not what the subject received: the treatments of its doses count",
    "treatment intervals come from the doses; check the arm",
)
UNKNOWN_TREATMENT = Problem(
    "treatment_not_in_plan",
    "a subject received what is no treatment of the plan",
    "name it in [treatments] of the plan, or map it to one of them in [arms] of --mapping",
)
NO_TREATMENT = Problem(
    "treatment_without_name",
    "a treatment has no name, and its subject no arm",
    "it is no time on treatment",
)
NOT_STATED = Problem(
    "treatment_without_start",
    "a treatment has no whole first day",
    "the row is left out: a day is never invented",
)


class Interval(NamedTuple):
    """Days on one treatment in one period; *last* is empty while it goes on."""

    treatment: str
    period: str
    start: str
    last: str
    known: str = ""
    """When the source had its first row, empty where it does not tell."""
    end_known: str = ""
    """When the source had its last row."""
    end_reason: str = ""


def treatment_intervals(
    row: SubjectRow | None, rows: SubjectRows, doses: Sequence[Dose], context: RuleContext
) -> list[Interval]:
    """Return the intervals of a subject, each until the next treatment starts."""
    arm, received = arm_of(row, context) if row else ("", "")
    stated = [one for one in rows.treatments if not one.is_element and not one.removed]
    if stated:
        parts = [_stated_interval(one, received, context) for one in stated]
    elif received != arm:  # The plan chose the actual arm.
        parts = [_dose_interval(dose)._replace(treatment=received) for dose in doses]
    else:
        parts = [_dose_interval(dose) for dose in doses]
        if row is not None:
            _compare_arm(row, arm, doses, context)
    named = [part for part in parts if part and part.treatment]
    if any(part and not part.treatment for part in parts):
        context.note(NO_TREATMENT, [*stated, *rows.doses][0], "treatment")
    united = _united(sorted(named, key=lambda part: part.start))
    if any(one.treatment not in context.treatments for one in united):
        context.stop(UNKNOWN_TREATMENT, [*stated, *rows.doses][0], "treatment")
    if row is None:
        return united
    return _begun(row, context.arms.randomised(received), _cut(united, row, context), context)


def _dose_interval(dose: Dose) -> Interval:
    return Interval(dose.treatment, dose.period, dose.first, dose.last, known_time(dose.row.known))


def _stated_interval(row: TreatmentRow, arm: str, context: RuleContext) -> Interval | None:
    start, end = context.date_of(row, "start"), context.date_of(row, "end")
    if start is None or not start.day:
        return context.note(NOT_STATED, row, "start")
    last = day_after(end.day, -1) if end and end.day > start.day else ""
    treatment = context.arms.treatment_of(arm, row.treatment)
    period = period_of(row, row.period, context)
    reason = normal_text(row.end_reason, 64)[0]
    known = known_time(row.known)
    return Interval(treatment, period, start.day, last, known, known, reason)


def _compare_arm(row: SubjectRow, arm: str, doses: Sequence[Dose], context: RuleContext) -> None:
    """Add what the names of the treatments of *doses* say of *arm*."""
    hiding = (one.row for one in doses if context.arms.hides_doses(arm, one.row.treatment))
    if row_that_hides := next(hiding, None):
        context.note(HIDDEN_DOSES, row_that_hides, "treatment")
    if arm in context.arms.sequences:
        context.note(SEQUENCE, row, "arm")
    elif arm and {one.treatment for one in doses} - {arm}:
        context.note(UNRECONCILED, row, "arm")


def _united(parts: Sequence[Interval]) -> list[Interval]:
    """Unite what follows each other of one treatment and period; open if its last part is."""
    united: list[Interval] = []
    for _, group in groupby(parts, key=lambda part: (part.treatment, part.period)):
        same = list(group)
        last = max(part.last for part in same) if same[-1].last else ""
        end_known, reason = max(part.known for part in same), same[-1].end_reason
        united.append(same[0]._replace(last=last, end_known=end_known, end_reason=reason))
    return united


def _cut(intervals: list[Interval], row: SubjectRow, context: RuleContext) -> list[Interval]:
    """End each interval before the next one starts; overlapping ones are a finding."""
    for index, (one, following) in enumerate(pairwise(intervals)):
        overlaps = bool(one.last) and one.last >= following.start
        if overlaps and one.treatment != following.treatment:
            context.note(OVERLAP, row, "arm")
        if (overlaps or not one.last) and one.start < following.start:
            intervals[index] = one._replace(last=day_after(following.start, -1))
    return intervals


def _begun(
    row: SubjectRow, arm: str, intervals: list[Interval], context: RuleContext
) -> list[Interval]:
    """Compare the stated start of treatment with *intervals*, or begin one where there is none."""
    stated = context.date_of(row, "treatment_start")
    if row.treatment_start.strip() and not (stated and stated.day):
        context.note(START_UNKNOWN, row, "treatment_start")
    start = stated.day if stated else ""
    if not intervals:
        if start and arm:
            return [Interval(arm, context.periods.first, start, "")]
        if arm:
            context.note(NOT_TREATED, row, "treatment_start")
        return []
    if start and start != intervals[0].start:
        context.note(START_DIFFERS, row, "treatment_start")
    return intervals


def treatment_records(
    subject: str, intervals: Sequence[Interval], context: RuleContext
) -> Iterator[JsonRecord]:
    """Yield each interval when it starts, and where its end is known as version 2 on its last day.

    The interval that begins the treatment keeps the id `treatment`; others have their period, or a
    number, in theirs.
    """
    for number, one in enumerate(intervals, start=1):
        name = "treatment" if number == 1 else f"treatment-{number}"
        entity = identifier(subject, name)
        content = {
            "subject": identifier(subject),
            "treatment": one.treatment,
            "period": one.period,
            "start": one.start,
        }
        yield context.record("treatment", "dm", entity, max(one.start, one.known), content)
        if one.last:
            ended = content | {"end": day_after(one.last), "end_reason": one.end_reason}
            known = max(one.last, one.end_known)
            yield context.record("treatment", "dm", entity, known, ended, 2)


def has_start(row: SubjectRow) -> bool:
    """Whether *row* is of a subject with an arm that was treated from a known day on."""
    return bool(treatment_id(row.arm) and day_of(row.treatment_start))
