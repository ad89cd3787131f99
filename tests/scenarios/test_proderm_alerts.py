"""What the ProDERM reconstruction rings, and what it never does."""

from __future__ import annotations

import pytest

from tests.scenarios import proderm_recount as recount
from tests.scenarios.proderm_committed import records, trial
from tests.scenarios.proderm_replay_output import ReplayOutput, cached_replay


@pytest.fixture(scope="session")
def printed() -> ReplayOutput:
    """The one replay that all tests read."""
    return cached_replay()


def test_thromboembolism_signals_against_the_general_population(printed: ReplayOutput):
    """Watch first, then signal, one alert; the case that rang it began in the extension."""
    name = "tee-general-population"
    first, signal = (one for one in printed.alerts if one["watch"] == name)
    watch = printed.watch(name)
    ringing = records()[signal["line"] - 1]
    spell = next(
        spell
        for spell in recount.spells(trial(), ringing["subject"])
        if spell.start <= recount.day_number(ringing["onset"]) < spell.end
    )

    assert printed.alert_levels(name) == [(1, "watch"), (2, "signal")]
    assert first["id"] == signal["id"]
    assert signal["case"] == f"{ringing['source']['system']}/{ringing['source']['id']}"
    assert signal["version"] == ringing["source"]["version"]
    assert (spell.period, spell.treatment) == ("extension", "ivig")
    assert (watch["level"], watch["verdict"], watch["events"]) == ("signal", "crossed", 6)
    assert watch["e_value"] == pytest.approx(recounted_evidence(1.25), rel=1e-9)
    assert round(watch["e_value"]) == 1336


def test_thromboembolism_against_polymyositis_asks_to_watch_and_never_signals(
    printed: ReplayOutput,
):
    """The same six patients against a background in which clots are common."""
    watch = printed.watch("tee-polymyositis")

    assert printed.alert_levels("tee-polymyositis") == [(1, "watch")]
    assert (watch["level"], watch["verdict"]) == ("watch", "below_boundary")
    assert watch["e_value"] == pytest.approx(recounted_evidence(3.27), rel=1e-9)
    assert 11 < watch["e_value"] < 12 < watch["boundary"]


def recounted_evidence(per_100_years: float) -> float:
    """E at the end of the log against a rate, by the plain recount."""
    last = recount.day_number(records()[-1]["date"])
    return recount.reference_evidence(trial(), last, per_100_years)


def test_no_comparison_of_arms_ever_rings(printed: ReplayOutput):
    """One patient against none in the first period: the evidence lies outside the comparison."""
    for name in ("tee-randomised", "tee-as-treated"):
        watch = printed.watch(name)
        assert (printed.alert_levels(name), watch["level"]) == ([], "quiet")
        assert (watch["treatment_events"], watch["control_events"]) == (1, 0)
    assert {one["watch"] for one in printed.alerts if one["kind"] == "signal"} == {
        "tee-general-population",
        "tee-polymyositis",
    }
