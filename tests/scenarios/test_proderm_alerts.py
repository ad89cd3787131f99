"""Tests which alerts the ProDERM reconstruction raises, and which it never raises."""

from __future__ import annotations

import pytest

from tests.scenarios import proderm_recount as recount
from tests.scenarios.proderm_committed import records, trial
from tests.scenarios.proderm_replay_output import ReplayOutput, cached_replay


@pytest.fixture(scope="session")
def output() -> ReplayOutput:
    """Return the output of the replay that all tests share."""
    return cached_replay()


def test_thromboembolism_signals_against_the_general_population(output: ReplayOutput):
    """One alert has the level watch, then signal; the case of the signal is from the extension."""
    name = "tee-general-population"
    first, signal = (one for one in output.alerts if one["watch"] == name)
    watch = output.watch(name)
    case = records()[signal["line"] - 1]
    spell = next(
        spell
        for spell in recount.spells(trial(), case["subject"])
        if spell.start <= recount.day_number(case["onset"]) < spell.end
    )

    assert output.alert_levels(name) == [(1, "watch"), (2, "signal")]
    assert first["id"] == signal["id"]
    assert signal["case"] == f"{case['source']['system']}/{case['source']['id']}"
    assert signal["version"] == case["source"]["version"]
    assert (spell.period, spell.treatment) == ("extension", "ivig")
    assert (watch["level"], watch["verdict"], watch["events"]) == ("signal", "crossed", 6)
    assert watch["e_value"] == pytest.approx(recounted_evidence(1.25), rel=1e-9)
    assert round(watch["e_value"]) == 1336


def test_thromboembolism_against_polymyositis_reaches_watch_and_never_signals(
    output: ReplayOutput,
):
    """The same six patients are compared with a background in which thromboembolism is common."""
    watch = output.watch("tee-polymyositis")

    assert output.alert_levels("tee-polymyositis") == [(1, "watch")]
    assert (watch["level"], watch["verdict"]) == ("watch", "below_boundary")
    assert watch["e_value"] == pytest.approx(recounted_evidence(3.27), rel=1e-9)
    assert 11 < watch["e_value"] < 12 < watch["boundary"]


def recounted_evidence(per_100_years: float) -> float:
    """Recount the e-value against a background rate at the end of the log."""
    last = recount.day_number(records()[-1]["date"])
    return recount.reference_evidence(trial(), last, per_100_years)


def test_no_comparison_of_arms_raises_an_alert(output: ReplayOutput):
    """The first period has one patient against none; the other events are not compared."""
    for name in ("tee-randomised", "tee-as-treated"):
        watch = output.watch(name)
        assert (output.alert_levels(name), watch["level"]) == ([], "quiet")
        assert (watch["treatment_events"], watch["control_events"]) == (1, 0)
    assert {one["watch"] for one in output.alerts if one["kind"] == "signal"} == {
        "tee-general-population",
        "tee-polymyositis",
    }
