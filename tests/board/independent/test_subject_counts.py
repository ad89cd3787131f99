"""Tests that the list of subjects and the page of a subject are those of a batch count."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any

import pytest

from board.views.catalogue import VIEWS
from tests.board.independent.logs import LOGS, board_log
from tests.board.independent.recounted import Recounted, Selection
from tests.independent.groups import is_serious
from tests.independent.trial import Case
from tests.independent.wire_records import ordinal


def first_day(count: Recounted, subject: str) -> int | None:
    """Return the first day of treatment: study day 1."""
    return min((each.start for each in count.trial.intervals.get(subject, [])), default=None)


def study_day(count: Recounted, case: Case) -> int | None:
    """Return the study day of the onset; there is no study day 0."""
    start = first_day(count, case.subject)
    if start is None or case.onset is None:
        return None
    return case.onset - start + (1 if case.onset >= start else 0)


def days_since_dose(count: Recounted, case: Case) -> int | None:
    """Return the days since the last day of a dose begun before the onset, 0 during one."""
    ends = [
        ordinal(dose["last_date"])
        for dose in count.trial.doses.get(case.subject, [])
        if case.onset is not None and ordinal(dose["first_date"]) <= case.onset
    ]
    return max(0, (case.onset or 0) - max(ends)) if ends else None


def status_of(count: Recounted, subject: str) -> str:
    """Return the latest disposition of the study, else of a period, else what goes on."""
    every = count.facts("disposition", subject)
    of_study = [each for each in every if each.get("period") is None]
    found = sorted(of_study or every, key=lambda each: (each["date"], each.get("period", "")))
    for last in found[-1:]:
        where = f" {last['period']}" if "period" in last else ""
        return f"{last['status'].replace('_', ' ')}{where}, {last['date']}"
    return "in follow-up" if has_spell(count, subject) else "not treated"


def has_spell(count: Recounted, subject: str) -> bool:
    """Whether the subject is ever at risk."""
    return bool(count.trial.days.get(subject))


def row_of(count: Recounted, subject: str) -> dict[str, Any]:
    """Return the counts of a subject."""
    days = count.trial.days.get(subject, {})
    cases = [case for case in count.trial.cases if case.subject == subject]
    received = [days[day].treatment for day in sorted(days)]
    return {
        "subject": subject,
        "randomised": count.trial.arms.get(subject),
        "treatments": ", then ".join(name for name, _ in groupby(received)),
        "days_at_risk": len(days),
        "doses": len(count.trial.doses.get(subject, [])),
        "cases": len(cases),
        "serious_cases": sum(is_serious(case.fields) for case in cases),
        "status": status_of(count, subject),
    }


@pytest.mark.parametrize("name", LOGS)
def test_every_subject(name: str):
    """Treatments, days at risk, doses, cases and status of every subject with a record."""
    log = board_log(name)
    rows = {row["subject"]: row for row in VIEWS["subjects"].build(log.facts, {}).tables[0].rows}
    named = {each["subject"] for each in log.count.entities.values() if "subject" in each}
    assert named <= set(rows), log.name
    for subject, row in rows.items():
        expected = row_of(log.count, str(subject))
        assert {key: row[key] for key in expected} == expected, log.name
        first = [ordinal(each["first_date"]) for each in log.count.trial.doses.get(subject, [])]
        first += [each.start for each in log.count.trial.intervals.get(subject, [])]
        start = date.fromordinal(min(first)).isoformat() if first else None
        assert row["start"] == start, (log.name, subject)
        (site,) = {each.get("site") for each in log.count.facts("subject", str(subject))} or {None}
        assert row["site"] == site, (log.name, subject)


@pytest.mark.parametrize("name", LOGS)
def test_every_case_of_every_subject(name: str):
    """Study day, days since the last dose, where it counts, and how many versions it has."""
    log = board_log(name)
    placed = {each.case.entity: each for each in log.count.placed}
    seen: set[str] = set()
    for subject in sorted({case.subject for case in log.count.trial.cases}):
        view = VIEWS["subject"].build(log.facts, {"id": subject})
        for row in view.tables[0].rows:
            where = (log.name, subject, row["case"])
            each = placed[str(row["case"])]
            seen.add(each.case.entity)
            assert each.case.subject == subject, where
            assert row["onset"] == each.case.fields.get("onset"), where
            assert row["day"] == study_day(log.count, each.case), where
            assert row["days_since_dose"] == days_since_dose(log.count, each.case), where
            assert row["versions"] == len(log.count.versions[each.case.entity]), where
            assert (row["serious"] != "no") == is_serious(each.case.fields), where
            if each.interval is None:
                assert str(row["counts"]).startswith("not counted"), where
            else:
                counts = f"{each.interval.treatment}, {each.interval.period}"
                assert row["counts"] == counts, where
    assert seen == set(placed), log.name


@pytest.mark.parametrize("name", LOGS)
def test_stays_and_doses_of_every_subject(name: str):
    """The days of the page's picture, counted from the first dose."""
    log = board_log(name)
    for subject, own in log.count.trial.days.items():
        view = VIEWS["subject"].build(log.facts, {"id": subject})
        start = date.fromisoformat(str(view.subject.start)).toordinal()
        drawn = {
            (stay.period, stay.treatment, day + start)
            for stay in view.stays
            for day in range(stay.first_day, stay.last_day + 1)
        }
        assert drawn == {(i.period, i.treatment, day) for day, i in own.items()}, (
            log.name,
            subject,
        )
        doses = log.count.trial.doses.get(subject, [])
        assert view.dose_days == sorted(ordinal(dose["first_date"]) - start for dose in doses)


def test_selections_of_a_log_add_up():
    """The batch count itself: days by period and treatment are all days at risk."""
    count = board_log("proderm").count
    total = sum(len(days) for days in count.trial.days.values())
    parts = [
        sum(map(len, count.days(Selection(period=period, treatment=treatment)).values()))
        for period in count.periods
        for treatment in count.treatments
    ]
    assert sum(parts) == total > 0
