"""The ProDERM log as a log: the same bytes again, on the wire's terms, in order of arrival."""

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


def test_the_log_is_what_solution_and_seed_give():
    """Nobody edits the log by hand, and every machine writes the same bytes."""
    assert (PRODERM_FOLDER / "log.jsonl").read_bytes() == build_log()


def test_every_record_is_as_the_contract_has_it():
    """Field by field: nothing unknown, nothing missing, every value of its kind."""
    assert {
        number: invalid_fields(one)
        for number, one in enumerate(records(), 1)
        if invalid_fields(one)
    } == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"subject": "P 001"},
        {"onset": "2017-13"},
        {"severity": "bad"},
        {"known_at": "2017-03-05"},
        {"serious": 1},
    ],
)
def test_a_wrong_field_would_be_found(wrong: dict[str, object]):
    """A check that accepts everything shows nothing."""
    event = next(one for one in records() if one["type"] == "adverse_event")

    assert invalid_fields({**event, **wrong}) == [*wrong]


def test_the_plan_comes_first_and_a_tick_last():
    """The log carries the plan it is judged by, to the byte."""
    first, last = records()[0], records()[-1]

    assert first["toml"] == (PRODERM_FOLDER / "plan.toml").read_text()
    assert first["sha256"] == sha256(first["toml"].encode()).hexdigest()
    assert sum(each.get("share", 0) for each in tomllib.loads(first["toml"])["watches"]) <= 1
    assert last["type"] == "tick"


def test_reports_arrive_in_order_and_versions_only_rise():
    """Arrival order is the order of the lines; a third of the cases is followed up."""
    known = [one["known_at"] for one in records()]
    versions: dict[str, list[int]] = defaultdict(list)
    for one in records():
        versions[one["source"]["id"]].append(one["source"]["version"])
    cases = [seen for name, seen in versions.items() if name.startswith("ae-")]

    assert known == sorted(known)
    assert all(seen == list(range(1, len(seen) + 1)) for seen in versions.values())
    assert round(sum(len(seen) > 1 for seen in cases) / len(cases), 2) == 0.33


def test_serious_cases_are_known_in_days_and_others_in_two_weeks():
    """Reporting lags as in practice: expedited for the serious, by visit for the rest."""
    lags: dict[bool, list[int]] = defaultdict(list)
    for one in records():
        if one["type"] == "adverse_event" and one["source"]["version"] == 1:
            lag = recount.day_number(one["known_at"]) - recount.day_number(one["onset"])
            lags[one["serious"]].append(lag)

    assert 1 <= min(lags[True]) <= max(lags[True]) <= 4
    assert 11 <= median(lags[False]) <= 17
    assert min(lags[False]) >= 1


def test_the_general_population_signals_and_polymyositis_only_asks_to_watch():
    """The answer depends on the background: along the whole log, and at its end."""
    watches = {each["id"]: each for each in tomllib.loads(records()[0]["toml"])["watches"]}
    seen: dict[str, list[float]] = defaultdict(list)
    so_far = recount.Trial()
    for one in records():
        so_far.add(one)
        if one["type"] == "tick" or "adjudications" in one:
            for name in ("tee-general-population", "tee-polymyositis"):
                rate = watches[name]["rate_per_100_patient_years"]
                now = recount.day_number(one["known_at"])
                seen[name].append(recount.reference_evidence(so_far, now, rate))
    boundary = {name: 1 / (0.05 * watches[name]["share"]) for name in seen}

    assert seen["tee-general-population"][-1] >= boundary["tee-general-population"]
    assert seen["tee-polymyositis"][-1] >= 5
    assert max(seen["tee-polymyositis"]) < boundary["tee-polymyositis"]
