"""Tests the committed ProDERM log: reproducible bytes, valid records, order of arrival."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from hashlib import sha256
from statistics import median

import pytest

from studies.proderm.generate import build_log
from tests.scenarios import proderm_recount as recount
from tests.scenarios.proderm_committed import PRODERM_FOLDER, records
from tests.scenarios.proderm_wire import invalid_fields


def test_the_generator_reproduces_the_committed_log():
    """The log is not edited by hand, and its bytes do not depend on the machine."""
    assert (PRODERM_FOLDER / "log.jsonl").read_bytes() == build_log()


def test_every_record_meets_the_wire_contract():
    """No field is unknown, missing or invalid."""
    assert {
        number: invalid_fields(one)
        for number, one in enumerate(records(), 1)
        if invalid_fields(one)
    } == {}


@pytest.mark.parametrize(
    "invalid",
    [
        {"colour": "red"},
        {"subject": "P 001"},
        {"onset": "2017-13"},
        {"severity": "bad"},
        {"known_at": "2017-03-05"},
        {"serious": 1},
    ],
)
def test_an_invalid_field_is_found(invalid: dict[str, object]):
    """A check that accepts every record would prove nothing."""
    event = next(one for one in records() if one["type"] == "adverse_event")

    assert invalid_fields({**event, **invalid}) == [*invalid]


def test_the_plan_comes_first_and_a_tick_last():
    """The plan in the log equals the committed plan to the byte."""
    first, last = records()[0], records()[-1]

    assert first["toml"] == (PRODERM_FOLDER / "plan.toml").read_text()
    assert first["sha256"] == sha256(first["toml"].encode()).hexdigest()
    assert sum(each.get("share", 0) for each in tomllib.loads(first["toml"])["watches"]) <= 1
    assert last["type"] == "tick"


def test_reports_arrive_in_order_and_versions_only_rise():
    """Lines are in order of arrival, and a third of the cases has a follow-up."""
    known = [one["known_at"] for one in records()]
    versions: dict[str, list[int]] = defaultdict(list)
    for one in records():
        versions[one["source"]["id"]].append(one["source"]["version"])
    cases = [numbers for name, numbers in versions.items() if name.startswith("ae-")]

    assert known == sorted(known)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in versions.values())
    assert round(sum(len(numbers) > 1 for numbers in cases) / len(cases), 2) == 0.33


def test_serious_cases_are_known_in_days_and_others_in_two_weeks():
    """Reporting delays are as in practice: expedited for serious cases, by visit for others."""
    lags: dict[bool, list[int]] = defaultdict(list)
    for one in records():
        if one["type"] == "adverse_event" and one["source"]["version"] == 1:
            lag = recount.day_number(one["known_at"]) - recount.day_number(one["onset"])
            lags[one["serious"]].append(lag)

    assert 1 <= min(lags[True]) <= max(lags[True]) <= 4
    assert 11 <= median(lags[False]) <= 17
    assert min(lags[False]) >= 1


def test_the_general_population_signals_and_polymyositis_reaches_watch_only():
    """The background rate decides the result, both along the log and at its end."""
    watches = {each["id"]: each for each in tomllib.loads(records()[0]["toml"])["watches"]}
    e_values: dict[str, list[float]] = defaultdict(list)
    trial = recount.Trial()
    for one in records():
        trial.add(one)
        if one["type"] == "tick" or "adjudications" in one:
            for name in ("tee-general-population", "tee-polymyositis"):
                rate = watches[name]["rate_per_100_patient_years"]
                day = recount.day_number(one["known_at"])
                e_values[name].append(recount.reference_evidence(trial, day, rate))
    boundary = {name: 1 / (0.05 * watches[name]["share"]) for name in e_values}

    assert e_values["tee-general-population"][-1] >= boundary["tee-general-population"]
    assert e_values["tee-polymyositis"][-1] >= 5
    assert max(e_values["tee-polymyositis"]) < boundary["tee-polymyositis"]
