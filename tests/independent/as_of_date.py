"""The as-of date of a log by the rule in words, from the set of (witness, day) pairs."""

from __future__ import annotations

from collections.abc import Iterable

from tests.independent.wire_records import Record, ordinal

WitnessedDays = set[tuple[str, int]]
"""Witnesses with the days of their records; "-" stands for all that name no subject."""


def witnessed(record: Record) -> WitnessedDays:
    """Return what one record that is not refused adds: nothing for a plan or a review."""
    if record["type"] in ("plan", "review"):
        return set()
    day = record["date"] if record["type"] == "tick" else record["known_at"]
    return {(record.get("subject") or "-", ordinal(day))}


def as_of_date(
    pairs: WitnessedDays, plan_day: int, jump: int, last: int | None = None
) -> int | None:
    """Return the as-of date; days after *last* do not count.

    It is the end of the longest chain.  One chain begins on the plan's day, and counts if it meets
    a day.  The other begins on the day *reached*, or with one witness on its first day.
    """
    counted = {(who, day) for who, day in pairs if last is None or day <= last}
    days = {day for _, day in counted}
    from_plan = chain_ends(plan_day, days, jump)
    if not days:
        return None
    witnesses = {who for who, _ in counted}
    if len(witnesses) == 1:
        return max(from_plan or chain_ends(min(days), days, jump))
    latest_days = sorted(max(day for w, day in counted if w == who) for who in witnesses)
    reached = latest_days[-2]
    return max(from_plan | chain_ends(reached, days, jump))


def chain_ends(start: int, days: Iterable[int], jump: int) -> set[int]:
    """Return all days that a chain from *start* meets, in steps of at most *jump* days."""
    met: set[int] = set()
    place = start
    for day in sorted(days):
        if place <= day <= place + jump:
            place = day
            met.add(day)
    return met
