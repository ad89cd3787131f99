"""Reads doses: which were given, on which days, and what of them becomes a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from streams.sources.report import Problem
from streams.sources.rows import DoseRow, TreatmentRow
from streams.sources.rules.context import RuleContext
from streams.sources.rules.dates import day_of
from streams.sources.rules.names import identifier, normal_text, short_hash, treatment_id
from streams.sources.rules.periods import period_on
from streams.sources.rules.subjects import known_time
from streams.sources.wire import JsonRecord

ZERO_DOSE = Problem(
    "zero_dose",
    "a dose of 0 of a treatment that is no placebo",
    "no dose, and no time on treatment, comes from the row",
)
ZERO_OF_CONTROL = Problem(
    "zero_dose_of_control",
    "a dose of 0 of the control, which is called neither placebo, vehicle nor sham",
    "it counts as a dose; leave the row out where the control is an active substance",
)
NOT_GIVEN = Problem(
    "dose_not_given", "the source says that the dose was not given", "the row is no dose"
)
NO_START = Problem(
    "dose_without_start",
    "a dose has no whole first day",
    "the row is left out: a day is never invented",
)
NO_END = Problem(
    "dose_without_end",
    "a dose has no whole last day",
    "the dose counts for its first day; its treatment lasts until the next one starts",
)
END_BEFORE_START = Problem(
    "dose_ends_before_start",
    "the last day of a dose is before its first",
    "the dose counts for its first day",
)
AMOUNT_NO_NUMBER = Problem(
    "amount_no_number", "the amount of a dose is no number", "the amount is left out"
)
UNKNOWN_PERIOD = Problem(
    "period_not_in_plan",
    "the period or epoch is no period of the plan",
    "the first period of the plan counts; name the others in [[periods]]",
)


class Dose(NamedTuple):
    """A dose that was given: its days, *last* empty where it is open, treatment and period."""

    row: DoseRow
    first: str
    last: str
    treatment: str
    period: str


def doses_given(
    rows: Sequence[DoseRow], elements: Sequence[TreatmentRow], arm: str, context: RuleContext
) -> list[Dose]:
    """Return the doses of a subject of *arm* that were given, by their first days."""
    found = [_dose(row, elements, arm, context) for row in rows if not row.removed]
    return sorted((dose for dose in found if dose), key=lambda dose: (dose.first, dose.row.place))


def _dose(
    row: DoseRow, elements: Sequence[TreatmentRow], arm: str, context: RuleContext
) -> Dose | None:
    treatment = context.arms.treatment_of(arm, row.treatment)
    if row.given == "no":
        return context.note(NOT_GIVEN, row, "given")
    if amount_of(row) == 0 and not is_placebo(row.treatment, treatment):
        if not is_control(context.arms.control, row.treatment, treatment):
            return context.note(ZERO_DOSE, row, "amount")
        context.note(ZERO_OF_CONTROL, row, "amount")
    first, last = context.date_of(row, "first"), context.date_of(row, "last")
    if first is None or not first.day:
        return context.note(NO_START, row, "first")
    if last is None or not last.day:
        context.note(NO_END, row, "last")
    last_day = last.day if last else ""
    if last_day and last_day < first.day:
        context.note(END_BEFORE_START, row, "last")
        last_day = first.day
    name = row.period or period_on(first.day, elements)
    return Dose(row, first.day, last_day, treatment, period_of(row, name, context))


def is_given(row: DoseRow, arm: str, control: str) -> bool:
    """Whether *row* of a subject in *arm* is a dose that counts; *control* is the plan's."""
    names = row.treatment, arm
    return (
        not row.removed
        and row.given != "no"
        and (amount_of(row) != 0 or is_placebo(*names) or is_control(control, *names))
        and bool(day_of(row.first))
    )


def is_placebo(*names: str) -> bool:
    """Whether one of the *names* of a treatment is that of a placebo, of which 0 is a dose."""
    return any(word in name.casefold() for name in names for word in ("placebo", "vehicle", "sham"))


def is_control(control: str, *names: str) -> bool:
    """Whether one of the *names* of a treatment is that of the plan's *control*."""
    return bool(control) and control in map(treatment_id, names)


def amount_of(row: DoseRow) -> float | None:
    """Return the amount of *row*, None where it is no finite number."""
    return _number(row.amount)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def period_of(row: DoseRow | TreatmentRow, name: str, context: RuleContext) -> str:
    """Return the plan's period that the source calls *name*, or else its first."""
    period = context.periods.find(name)
    if period is None:
        context.note(UNKNOWN_PERIOD, row, "period")
    return period or context.periods.first


def dose_records(doses: Sequence[Dose], context: RuleContext) -> Iterator[JsonRecord]:
    """Yield the records of *doses*, each known on its last day, or when its source knew it."""
    seen: Counter[tuple[str, ...]] = Counter()
    for dose in doses:
        row = dose.row
        key = row.key or (short_hash(f"{dose.first} {dose.treatment}"),)
        seen[key] += 1
        known = max(known_time(row.known), dose.last or dose.first)
        if row.key:
            entity, version = identifier(row.subject, *key), seen[key]
        else:  # Two doses of one day are two doses.
            entity, version = identifier(row.subject, *key, str(seen[key])), 1
        yield context.record("dose", "ex", entity, known, _content(dose, context), version)


def _content(dose: Dose, context: RuleContext) -> JsonRecord:
    row, amount = dose.row, amount_of(dose.row)
    if row.amount.strip() and amount is None:
        context.note(AMOUNT_NO_NUMBER, row, "amount")
    return {
        "subject": identifier(row.subject),
        "cycle": int(row.cycle) if row.cycle.isascii() and row.cycle.isdigit() else None,
        "first_date": dose.first,
        "last_date": dose.last or dose.first,
        "amount": amount,
        "unit": normal_text(row.unit, 64)[0],
        "rate": _number(row.rate),
        "batch": identifier(row.batch) if row.batch else None,
    }
