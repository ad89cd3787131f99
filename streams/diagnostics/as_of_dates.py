"""Compares the as-of dates of stored studies with the clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

import orjson

from monitor.dates import iso
from streams.store import Store


class StudyDate(NamedTuple):
    """The as-of date of a study (None: no data yet), and the number of days ahead of it."""

    study: str
    as_of: int | None
    ahead: int


class DateCheck(NamedTuple):
    """Result for one study or for all: whether a fault was found, its text and the next command."""

    what: str
    is_wrong: bool
    says: str
    next: str


async def read_study_dates(stores: Iterable[Store]) -> AsyncIterator[StudyDate]:
    """Yield the date of each study with a row in *stores*, one for each partition."""
    for store in stores:
        for study in await store.studies():
            if head := await store.field(study, "head"):
                values = orjson.loads(head)
                yield StudyDate(study, values["latest"], values.get("ahead", 0))


def check_dates(dates: Iterable[StudyDate], today: int) -> list[DateCheck]:
    """Return a check for each study whose date is after *today* or has days ahead, then one of all.

    A date of tomorrow is no fault: the clock of a source may be a time zone ahead.
    """
    known = sorted((each for each in dates if each.as_of is not None), key=lambda each: each.study)
    checks = [check for each in known for check in _check_study(each, today)]
    ages = [today - each.as_of for each in known if each.as_of is not None]
    text = (
        f"the as-of dates of {len(ages)} studies are {min(ages)} to {max(ages)} days before today"
        if ages
        else "no study has data yet"
    )
    return [*checks, DateCheck("as-of dates", False, text, "")]


def _check_study(date: StudyDate, today: int) -> list[DateCheck]:
    study, as_of, ahead = date
    assert as_of is not None
    what, checks = f"study {study}", list[DateCheck]()
    if as_of > today + 1:
        text = (
            f"its as-of date {iso(as_of)} is after today: two subjects, or ticks, have wrong dates;"
            " set `no_day_after` in [limits] and send the plan's next version"
        )
        checks.append(DateCheck(what, True, text, "tocsin plan sign PLAN"))
    if ahead:
        text = (
            f"{ahead} days on record are after its as-of date {iso(as_of)} and do not count yet;"
            " after a true silence, send ticks"
        )
        checks.append(DateCheck(what, False, text, f"tocsin tick {study} --since {iso(as_of)}"))
    return checks
