"""Makes the record of a subject, and finds the first day on which its study knew it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from streams.sources.report import Problem
from streams.sources.rows import SubjectRow
from streams.sources.rules.context import RuleContext, SubjectRows
from streams.sources.rules.dates import SourceDate, day_of, parse_date
from streams.sources.rules.names import identifier, treatment_id
from streams.sources.wire import JsonRecord

NO_REASON = Problem(
    "no_arm_without_reason",
    "a subject has no arm, and no reason why (ARMNRS)",
    "the subject counts as not randomised",
)
ARM_DIFFERS = Problem(
    "actual_arm_differs",
    "the actual arm differs from the planned one",
    'the planned arm counts; [ingest] treatment = "actual_arm" in the plan chooses the other',
)
TWO_ARMS = Problem(
    "two_arms_for_one_subject",
    "two rows give one subject different arms, and nothing says which is the later one",
    "keep one row a subject, or give the rows a version or the time of their change",
)
NO_SUBJECT_ROW = Problem(
    "no_subject_row",
    "a subject has rows, but is not among the subjects",
    "its cases are kept; they are in no table until it is allocated or treated",
)
UNKNOWN_ARM = Problem(
    "arm_not_in_plan",
    "the arm is no treatment of the plan",
    "name it in [treatments] of the plan, or map it to one of them in [arms] of --mapping",
)

VALUES = [each.name for each in fields(SubjectRow) if each.name not in ("place", "subject", "key")]


def merged_subject(rows: SubjectRows, context: RuleContext) -> SubjectRow | None:
    """Return what the rows about one subject give together: of each field the last value."""
    ordered = sorted(rows.demographics, key=lambda row: (row.version, row.known, row.place))
    if not ordered:
        return None
    merged = ordered[0]
    for row in ordered[1:]:
        order = (row.version, row.known) if row.key else (row.version, "")
        is_later = order > (merged.version, merged.known if row.key else "")
        if row.arm and merged.arm and row.arm != merged.arm and not is_later:
            context.stop(TWO_ARMS, row, "arm")
        values = {name: getattr(row, name) for name in VALUES}
        merged = replace(merged, **{name: value for name, value in values.items() if value})
    return merged


def days_known(rows: SubjectRows) -> Iterator[str]:
    """Yield the days on which the study certainly knew the subject: its first one decides."""
    yield from _whole_days(row.known for row in rows.demographics)
    yield from _whole_days(row.allocated for row in rows.demographics)
    yield from _whole_days(row.treatment_start for row in rows.demographics)
    yield from _whole_days(row.first for row in rows.doses)
    yield from _whole_days(row.start for row in rows.treatments)


def _whole_days(texts: Iterator[str]) -> Iterator[str]:
    return filter(None, map(day_of, texts))


def first_known(rows: SubjectRows, context: RuleContext) -> str:
    """Return the first day on which the study knew the subject; empty if no day is known."""
    days = list(days_known(rows))
    if not days:
        days = list(_whole_days(row.date for row in rows.dispositions))
    if not days:
        days = list(_whole_days(row.known for row in rows.events))
    return min(days, default=context.study_start)


def arm_of(row: SubjectRow, context: RuleContext, *, quiet: bool = True) -> tuple[str, str]:
    """Return the id of the arm to which the subject was randomised, and of the one it received."""
    arm, actual = treatment_id(row.arm), treatment_id(row.arm_received)
    differs = bool(row.arm_received) and actual != arm
    if differs and not quiet:
        context.note(ARM_DIFFERS, row, "arm_received")
    return arm, actual if differs and context.choices.actual_arm else arm


def subject_record(
    row: SubjectRow, context: RuleContext, known_from: str, start: str
) -> JsonRecord:
    """Return the record of a subject, known when it was randomised, or else screened.

    *known_from* is the first day on which its study knew it, *start* its first day of treatment.
    """
    arm, _ = arm_of(row, context, quiet=False)
    if not arm and not row.arm.strip() and not row.no_arm_reason.strip():
        context.note(NO_REASON, row, "arm")
    if arm and context.arms.randomised(arm) not in context.treatments:
        context.stop(UNKNOWN_ARM, row, "arm")
    allocated = context.date_of(row, "allocated")
    known = context.date_of(row, "known")
    day = (allocated and allocated.day) or start or known_from
    content = {
        "subject": identifier(row.subject),
        "site": identifier(row.site) if row.site else None,
        "randomised_treatment": context.arms.randomised(arm),
        "stratum": identifier(row.stratum) if row.stratum else None,
        "date": day,
    }
    since = max(day, known.day) if known else day
    return context.record("subject", "dm", identifier(row.subject), since, content)


def known_time(text: str) -> str:
    """Return the instant or the day in *text*, empty where neither is known."""
    parsed = parse_date(text)
    return parsed.instant or parsed.day if isinstance(parsed, SourceDate) else ""
