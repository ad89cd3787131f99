"""As-of dates are compared with the clock, from the rows of the store alone."""

from __future__ import annotations

import asyncio
from datetime import date

import orjson

from streams.diagnostics.as_of_dates import StudyDate, check_dates, read_study_dates
from streams.store.rows.load import load_row
from tests.streams.metrics.exported import folded_worker
from tests.streams.processor.processors import PRODERM, STUDY

TODAY = date(2026, 11, 30).toordinal()


def test_an_as_of_date_after_tomorrow_is_a_fault_with_its_remedy():
    """Tomorrow may be a time zone; the way back is the plan's last day."""
    dates = [StudyDate("A", TODAY + 2, 0), StudyDate("B", TODAY + 1, 0), StudyDate("C", None, 0)]
    first, last = check_dates(dates, TODAY)

    assert first.is_wrong and first.what == "study A" and "no_day_after" in first.says
    assert (last.is_wrong, last.what) == (False, "as-of dates")


def test_days_ahead_are_a_line_with_the_command_that_ends_a_silence():
    """It is no fault: the days count once a second subject confirms them."""
    first, last = check_dates([StudyDate("A", TODAY - 211, 3)], TODAY)

    assert (first.is_wrong, first.next) == (False, "tocsin tick A --since 2026-05-03")
    assert first.says.startswith("3 days on record")
    assert last.says == "the as-of dates of 1 studies are 211 to 211 days before today"
    assert [each.says for each in check_dates([], TODAY)] == ["no study has data yet"]


def test_the_dates_are_those_of_the_rows():
    """The head of a row has the as-of date and the days ahead of it."""
    wrong = orjson.loads(PRODERM[9]) | {"known_at": "2150-01-01T00:00:00Z"}
    wrong["source"] = {**wrong["source"], "id": "wrong"}
    desk = folded_worker([*PRODERM[:40], orjson.dumps(wrong)], STUDY)
    store = desk.setup.worker.partitions[0].store

    async def read() -> list[StudyDate]:
        return [each async for each in read_study_dates([store])]

    (found,) = asyncio.run(read())
    row = asyncio.run(store.row(STUDY))
    assert found == StudyDate(STUDY, load_row(STUDY, row).study.latest_day, 1)
