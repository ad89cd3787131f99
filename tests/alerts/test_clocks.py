"""Reporting deadlines, checked against the calendar: they count whole UTC days."""

from __future__ import annotations

from datetime import date, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from alerts.clocks import determination_deadline, receipt_clock_days, receipt_deadline
from monitor.dates import iso
from monitor.records import AdverseEvent, Criterion, Outcome, Relatedness, Severity, day_of

DEATH = AdverseEvent("S1", "DVT", "VASC", outcome=Outcome.FATAL)
HOSPITALISATION = AdverseEvent("S1", "DVT", "VASC", criteria=(Criterion.HOSPITALISATION,))


def instant_of(when: str, zone: str = "UTC") -> int:
    """The wall-clock time *when* in *zone*, in seconds since 1970-01-01 UTC."""
    return int(datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone)).timestamp())


def due_date(case: AdverseEvent, known_at: int) -> str:
    """The ISO date by which an unexpected *case* must be reported."""
    return iso(receipt_deadline(case, day_of(known_at), expected=False).day)


@pytest.mark.parametrize(
    ("received", "short", "long"),
    [
        ("2021-03-05T10:00:00", "2021-03-12", "2021-03-20"),
        ("2021-02-22T10:00:00", "2021-03-01", "2021-03-09"),
        ("2024-02-22T10:00:00", "2024-02-29", "2024-03-08"),
        ("2024-02-29T10:00:00", "2024-03-07", "2024-03-15"),
        ("2000-02-28T10:00:00", "2000-03-06", "2000-03-14"),
        ("2100-02-22T10:00:00", "2100-03-01", "2100-03-09"),
        ("2021-12-25T10:00:00", "2022-01-01", "2022-01-09"),
        ("2021-12-31T23:59:59", "2022-01-07", "2022-01-15"),
    ],
    ids=["plain", "no leap", "leap", "on it", "leap 2000", "no leap 2100", "year", "last second"],
)
def test_a_case_is_due_seven_or_fifteen_days_after_its_receipt(
    received: str, short: str, long: str
):
    """The day of receipt is day 0; leap days and the turn of the year count like other days."""
    assert due_date(DEATH, instant_of(received)) == short
    assert due_date(HOSPITALISATION, instant_of(received)) == long


@pytest.mark.parametrize(
    ("received", "zone", "short"),
    [
        ("2021-03-28T01:30:00", "Europe/Berlin", "2021-04-04"),
        ("2021-03-28T00:30:00", "Europe/Berlin", "2021-04-03"),
        ("2021-10-31T02:30:00", "Europe/Berlin", "2021-11-07"),
        ("2021-10-30T23:30:00", "America/New_York", "2021-11-07"),
        ("2021-03-13T18:59:59", "America/New_York", "2021-03-20"),
        ("2021-03-13T19:00:00", "America/New_York", "2021-03-21"),
    ],
    ids=["spring", "spring, a UTC day before", "autumn", "late in the west", "before UTC midnight",
         "at UTC midnight"],
)  # fmt: skip
def test_a_day_is_a_utc_day_where_the_clocks_change(received: str, zone: str, short: str):
    """A local day of 23 or 25 hours neither adds nor removes a day."""
    assert due_date(DEATH, instant_of(received, zone)) == short


def test_every_hour_of_a_utc_day_has_the_same_due_date():
    """Neither the time of day nor summer time moves the due date within one UTC day."""
    first = instant_of("2021-03-28T00:00:00")

    assert {due_date(DEATH, first + 3_600 * hour) for hour in range(24)} == {"2021-04-04"}
    assert due_date(DEATH, first - 1) == "2021-04-03"


@pytest.mark.parametrize(
    ("fields", "expected"),
    list(
        product(
            [
                {"outcome": Outcome.FATAL},
                {"severity": Severity.FATAL},
                {"criteria": (Criterion.DEATH,)},
                {"criteria": (Criterion.LIFE_THREATENING,)},
            ],
            [False, True],
        )
    ),
)
@pytest.mark.parametrize("relatedness", [None, *Relatedness])
def test_seven_days_are_for_fatal_or_life_threatening_unexpected_suspected_cases(
    fields: dict, expected: bool, relatedness: Relatedness | None
):
    """All three must hold; a case without a causality assessment is suspected."""
    case = AdverseEvent("S1", "DVT", "VASC", relatedness=relatedness, **fields)
    ruled_out = relatedness in (Relatedness.NOT_RELATED, Relatedness.UNLIKELY)

    assert receipt_clock_days(case, expected=expected) == (15 if expected or ruled_out else 7)


@pytest.mark.parametrize("severity", [None, Severity.SEVERE, Severity.LIFE_THREATENING])
def test_severity_alone_does_not_shorten_the_clock(severity: Severity | None):
    """ICH E2A: severe is not serious; a grade 4 laboratory value alone is not life-threatening."""
    case = AdverseEvent("S1", "Neutropenia", "BLOOD", severity=severity)

    assert receipt_clock_days(case, expected=False) == 15


def test_determination_has_its_own_clock():
    """Fifteen days from the day of the determination, independent of the receipt."""
    assert determination_deadline(instant_of("2024-02-20T22:00:00")).as_iso == (
        "determination",
        "2024-03-06",
    )
    received = day_of(instant_of("2024-02-20T22:00:00"))
    assert receipt_deadline(DEATH, received, expected=False).as_iso == (
        "receipt",
        "2024-02-27",
    )


def test_due_dates_are_whole_days_after_receipt_over_forty_years():
    """For one receipt a week over forty years, the due dates are seven and fifteen days later."""
    start = date(2000, 1, 1).toordinal()
    for day in range(start, start + 14_610, 7):
        instant = instant_of(f"{iso(day)}T12:00:00")
        assert due_date(DEATH, instant) == iso(day + 7)
        assert due_date(HOSPITALISATION, instant) == iso(day + 15)
