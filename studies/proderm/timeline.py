"""Draws a subject's calendar: infusion cycles, treatment intervals, exit and onset days."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

FIRST_ENTRY = 736_387
"""2017-02-27, the trial's start (ClinicalTrials.gov), as a date ordinal."""
LAST_VISIT = 737_368
"""2019-11-05, the trial's completion: week 40 of the last subject."""
CYCLE_DAYS, WEEK_16, WEEK_28, WEEK_40 = 28, 112, 196, 280
INFUSIONAL_DAYS = 3
DETERIORATED_DAY = 142
"""The published day of the one confirmed deterioration on IVIG."""


class Cycle(NamedTuple):
    """The infusions of one cycle, days of study *first* to *last*, both inclusive."""

    number: int
    slot: str
    first: int
    last: int
    grams_per_kg: float | None


class Interval(NamedTuple):
    """A treatment interval ``[start, end)`` in days of study, and the reason for its end."""

    treatment: str
    period: str
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One subject's calendar in days of study; day 0 is the date ordinal *entry*."""

    entry: int
    cycles: tuple[Cycle, ...]
    intervals: tuple[Interval, ...]
    exit: int


def draw_entries(number: int, rng: Random) -> list[int]:
    """Draw *number* entry dates as ordinals in order, on weekdays within the published dates."""
    last = LAST_VISIT - WEEK_40
    weekdays = [day for day in range(FIRST_ENTRY + 1, last) if (day - 1) % 7 < 5]
    return [FIRST_ENTRY, *sorted(rng.choices(weekdays, k=number - 2)), last]


def draw_timeline(
    entry: int,
    cycles: dict[str, int],
    *,
    exit_reason: str | None,
    has_deteriorated: bool,
    is_stable: bool,
    rng: Random,
) -> Timeline:
    """Draw the calendar of one subject whose cycles follow each other every 28 days.

    *cycles* counts them by slot; *exit_reason* is the reason for leaving, None for a completer.
    """
    cycles_given = _draw_cycles(cycles, is_stable, rng)
    last = cycles_given[-1]
    if exit_reason is None:
        exit_day = WEEK_40
    elif has_deteriorated and last.slot == "extension":
        exit_day = DETERIORATED_DAY
    elif exit_reason == "lack_of_efficacy" and "extension" not in cycles:
        exit_day = WEEK_16  # "drop out after the week-16 assessment" (protocol)
    else:
        exit_day = rng.randint(last.last + 12, last.first + CYCLE_DAYS - 1)
    return Timeline(
        entry=entry,
        cycles=cycles_given,
        intervals=_intervals(cycles_given, exit_reason),
        exit=exit_day,
    )


def _draw_cycles(cycles: dict[str, int], is_stable: bool, rng: Random) -> tuple[Cycle, ...]:
    """Draw 2.0 g/kg over two to five days; from week 28 some stable subjects get 1.0 g/kg."""
    cycles_given: list[Cycle] = []
    days = rng.choice((2, 2, 3, 4, 5))
    reduced = rng.random() < 0.25 and is_stable
    slots = [slot for slot in ("first_placebo", "first_ivig", "extension") if slot in cycles]
    for slot in slots:
        for _ in range(cycles[slot]):
            start = CYCLE_DAYS * len(cycles_given)
            if slot == "extension" and not any(cycle.slot == slot for cycle in cycles_given):
                start = WEEK_16
            grams = 1.0 if reduced and start >= WEEK_28 else 2.0
            cycles_given.append(
                Cycle(
                    len(cycles_given) + 1,
                    slot,
                    start,
                    start + days - 1,
                    None if slot == "first_placebo" else grams,
                )
            )
    return tuple(cycles_given)


def _intervals(cycles: tuple[Cycle, ...], exit_reason: str | None) -> tuple[Interval, ...]:
    """Return one interval a slot, up to the next slot's start, the last up to the last infusion.

    The 28 days after it are the plan's end-of-treatment window, which the exit shortens.
    """
    slots = list(dict.fromkeys(cycle.slot for cycle in cycles))
    starts = [next(c.first for c in cycles if c.slot == slot) for slot in slots]
    ends = [*starts[1:], cycles[-1].last + 1]
    intervals: list[Interval] = []
    switch_reasons = {"first_ivig": "escape", "extension": "period completed"}
    reasons = [*(switch_reasons[slot] for slot in slots[1:]), exit_reason or "course completed"]
    for slot, start, end, reason in zip(slots, starts, ends, reasons, strict=True):
        period = "extension" if slot == "extension" else "first"
        treatment = "placebo" if slot == "first_placebo" else "ivig"
        intervals.append(Interval(treatment, period, start, end, reason))
    return tuple(intervals)


def onset_days(subject_timeline: Timeline, slot: str, infusional: bool, number: int) -> range:
    """Return the days of study on which a case of cycle *number* (from 1) of *slot* may begin."""
    cycle = [cycle for cycle in subject_timeline.cycles if cycle.slot == slot][number - 1]
    if infusional:
        return range(cycle.first, cycle.last + INFUSIONAL_DAYS + 1)
    later_starts = [later.first for later in subject_timeline.cycles if later.first > cycle.first]
    end = min([*later_starts, subject_timeline.exit, cycle.last + CYCLE_DAYS + 1])
    return range(cycle.last + INFUSIONAL_DAYS + 1, end)
