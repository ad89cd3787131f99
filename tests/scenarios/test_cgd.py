"""Tests a replay of recurrent infections in chronic granulomatous disease (NEJM 1991;324:509).

Interferon prevents infections, so the harm watch has placebo as its active arm.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.scenarios.realdata import (
    WireRecord,
    day_after,
    in_order,
    log_bytes,
    plan_record,
    shared_table,
    wire_record,
)
from tests.scenarios.replay_result import Result, cells, comparisons, replay_json

STUDY = "CGD"
INFECTION = ("preferred_term", "Serious infection")
ARMS = ("placebo", "rIFN-g")
SAMPLED = ("1989-02-28", "1989-09-30")

PLAN = f"""\
study = "{STUDY}"
title = "Interferon gamma in chronic granulomatous disease, arms swapped"
alpha = 0.05
q = 0.1

[treatments]
control = "rIFN-g"
active = ["placebo"]

[[periods]]
id = "randomised"
randomised = true

[at_risk]
window_days = 0

[screening]
period = "randomised"
analysis = "as_treated"
time = "study"

[[watches]]
id = "infection"
kind = "concurrent"
preferred_term = "Serious infection"
treatment = "placebo"
period = "randomised"
analysis = "as_treated"
time = "study"
tier = 1
share = 1.0
"""

MONTHS = [
    f"{year}-{month:02}-{last}"
    for year, month, last in [
        (1988, 9, 30), (1988, 10, 31), (1988, 11, 30), (1988, 12, 31), (1989, 1, 31),
        (1989, 2, 28), (1989, 3, 31), (1989, 4, 30), (1989, 5, 31), (1989, 6, 30),
        (1989, 7, 31), (1989, 8, 31), (1989, 9, 30), (1989, 10, 31), (1989, 11, 30),
        (1989, 12, 31), (1990, 1, 31), (1990, 2, 28), (1990, 3, 31),
    ]
]  # fmt: skip
EVERY_MONTH = [
    pytest.param(month, marks=() if month in SAMPLED else pytest.mark.campaign) for month in MONTHS
]


def treatments() -> Iterator[WireRecord]:
    """Yield intervals ``[rand + 1, rand + futime + 1)``: day 1 is the day after randomisation."""
    for row in shared_table("cgd", "subjects.csv"):
        last = day_after(row["rand_date"], int(row["futime"]))
        first = day_after(row["rand_date"])
        content: WireRecord = {
            "subject": row["id"],
            "treatment": row["arm"],
            "period": "randomised",
        }
        yield wire_record(
            "treatment", STUDY, f"{row['id']}.t", row["rand_date"], start=first, **content
        )
        ended = content | {"start": first, "end": day_after(last)}
        yield wire_record("treatment", STUDY, f"{row['id']}.t", last, 2, **ended)


def infections() -> Iterator[WireRecord]:
    """Yield every infection, known on its day of onset."""
    for row in shared_table("cgd", "events.csv"):
        yield wire_record(
            "adverse_event",
            STUDY,
            f"{row['id']}.e{row['event_number']}",
            row["event_date"],
            subject=row["id"],
            preferred_term=row["term"],
            system_organ_class="Infections and infestations",
            onset=row["event_date"],
            serious=True,
        )


@cache
def cgd_records() -> tuple[WireRecord, ...]:
    """Return the trial as a log."""
    records = in_order([*treatments(), *infections()])
    return (plan_record(STUDY, PLAN, records[0]["known_at"][:10]), *records)


@pytest.fixture(scope="session")
def log_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the trial to a file."""
    path = tmp_path_factory.mktemp("cgd") / "log.jsonl"
    path.write_bytes(log_bytes(cgd_records()))
    return path


@pytest.fixture(scope="session")
def result(log_path: Path) -> Result:
    """Return the result of a replay of the whole log."""
    return replay_json(log_path)


def test_patients_infections_and_person_days_agree(result: Result):
    """56 against 20 infections in 30 of 65 against 14 of 63 patients; the onset day is at risk."""
    counts = cells(result)
    columns = {
        "subjects_exposed": "n_subjects",
        "subjects": "subjects_with_event",
        "events": "events",
        "person_days": "person_days",
        "person_days_to_first": "person_days_to_first",
    }
    expected = {row["arm"]: row for row in shared_table("cgd", "expected", "events_by_arm.csv")}

    for arm in ARMS:
        row = {name: counts[(*INFECTION, arm)][name] for name in columns}
        assert row == {name: int(expected[arm][column]) for name, column in columns.items()}
    assert [counts[(*INFECTION, arm)]["subjects"] for arm in ARMS] == [30, 14]
    assert [counts[(*INFECTION, arm)]["events"] for arm in ARMS] == [56, 20]


def test_fisher_p_and_rate_ratio_agree(result: Result):
    """Fisher's p compares patients with an infection, the rate ratio first infections."""
    fisher = float(shared_table("cgd", "expected", "tests.csv")[0]["fisher_two_sided"])
    arms = {row["arm"]: row for row in shared_table("cgd", "expected", "events_by_arm.csv")}
    placebo, interferon = (float(arms[arm]["first_event_per_100py"]) for arm in ARMS)
    compared = comparisons(result)[(*INFECTION, "placebo")]

    assert compared["control"] == "rIFN-g"
    assert compared["fisher_p"] == pytest.approx(fisher, abs=1e-9)
    assert compared["rate_ratio"] == pytest.approx(placebo / interferon, abs=1e-6)


def test_the_watch_signals_on_first_infections_only(result: Result):
    """All 76 infections would overstate the evidence of the 44 patients who have one.

    One first infection, on interferon, is on study day 373, when no placebo patient is at risk.
    Its risk set compares no arms, so 43 events remain.
    """
    watch = next(watch for watch in result["watches"] if watch["id"] == "infection")

    assert (watch["events"], watch["control_events"]) == (43, 13)
    assert watch["level"] == "signal"
    assert watch["interval"][0] > 1


@pytest.mark.parametrize("month", EVERY_MONTH)
@pytest.mark.parametrize("flag", ["--as-of", "--onset-until"])
def test_the_trial_at_the_end_of_a_month_equals_the_snapshot(log_path: Path, month: str, flag: str):
    """Every infection is known on its day, so arrival time and event time give the same counts."""
    counts = cells(replay_json(log_path, flag, month))
    rows = shared_table("cgd", "expected", "monthly_snapshots.csv")
    expected = {row["arm"]: row for row in rows if row["snapshot_date"] == month}

    assert set(expected) == set(ARMS)
    for arm, row in expected.items():
        infections, arm_row = counts[(*INFECTION, arm)], counts["any", "any", arm]
        assert arm_row["person_days"] == int(row["person_days"])
        assert infections["events"] == int(row["events"])
        assert infections["subjects"] == int(row["subjects_with_event"])
        assert arm_row["subjects_exposed"] == subjects_started(arm, month)


def subjects_started(arm: str, month: str) -> int:
    """Count patients whose first day at risk, the day after randomisation, is not after *month*."""
    rows = shared_table("cgd", "subjects.csv")
    return sum(row["arm"] == arm and row["rand_date"] < month for row in rows)
