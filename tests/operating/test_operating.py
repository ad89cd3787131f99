"""Tests false alarms and power on simulated trials: few in `make test`, all in `make operating`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import log

import numpy as np
import pytest

from tests.operating.campaign import Tally, count_crossings, exceeded_bounds, run_campaign
from tests.operating.repeated_logrank import logrank_by_look
from tests.operating.report import table
from tests.operating.settings import BY_LOT, MAIN, SETTINGS, TRIALS_SHORT, TRIPLE, Setting
from tests.operating.trials import NEVER, SEED, Trial, draw_trial, hazard_by_day, log_of
from tests.paths import ROOT


@cache
def first_trials(setting: Setting) -> Tally:
    """Return the tally of the first trials of *setting*, which the seed determines."""
    return count_crossings(setting, 0, TRIALS_SHORT)


@pytest.mark.parametrize(
    "setting", [MAIN, replace(BY_LOT, calendar_trials=0)], ids=lambda one: one.name
)
def test_false_alarms_are_within_their_bounds_in_a_few_trials(setting: Setting):
    """P(ever E >= 20) and P(ever E >= 100) are within three standard errors of their bounds."""
    assert exceeded_bounds(setting, first_trials(setting)) == []


def test_the_same_tolerance_detects_invalid_evidence():
    """Calendar time is invalid under a falling hazard, and these few trials show it."""
    assert len(exceeded_bounds(MAIN, first_trials(MAIN), "calendar")) == 2


def test_a_drug_that_triples_the_rate_is_detected():
    """A watch that never signals would satisfy every bound."""
    tally = count_crossings(replace(TRIPLE, calendar_trials=0), 0, 40)

    assert tally["study.as_treated.20"] >= 36


def test_setting_and_number_determine_a_trial():
    """The records are the same whenever and in whatever order the trials are drawn."""
    reversed_logs = [list(log_of(draw_trial(BY_LOT, number))) for number in (1, 0)]

    assert [list(log_of(draw_trial(BY_LOT, number))) for number in (0, 1)] == reversed_logs[::-1]
    assert reversed_logs[0] != reversed_logs[1]


def test_the_simulated_hazard_falls_as_documented():
    """90 % of the patients have an event, and the last day's hazard is a twentieth of the first."""
    hazard = hazard_by_day(MAIN)

    assert hazard.sum() == pytest.approx(-log(0.1))
    assert 18 < hazard[0] / hazard[-1] < 20


def test_the_logrank_statistic_equals_a_hand_calculation():
    """Treated event on day 1, two of four at risk treated; control event on day 3, one of three."""
    days = np.array([1, 3, NEVER, NEVER])
    trial = Trial(
        setting=MAIN,
        allocated=np.array([1, 0, 1, 0]),
        day_0=np.zeros(4, dtype=np.int64),
        switch=np.full(4, NEVER),
        leave=np.full(4, 112),
        event=days,
        reported=days,
    )

    first, second = logrank_by_look(trial)

    assert first == pytest.approx((1 - 1 / 2) / (1 / 4) ** 0.5)
    assert second == pytest.approx((1 - 1 / 2 - 1 / 3) / (1 / 4 + 2 / 9) ** 0.5)


def test_the_page_has_a_row_for_every_setting():
    """The committed page comes from the current settings and the current seed."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

    assert [one.name for one in SETTINGS if f"| {one.description} |" not in text] == []
    assert f"seed {SEED}" in text


@pytest.mark.campaign
def test_false_alarms_are_within_their_bounds_in_thousands_of_trials():
    """All settings of the page are run; the tables are printed and must equal those of the page."""
    tallies = run_campaign(SETTINGS)
    tables = [table(tallies, null=null) for null in (True, False)]
    print("", *tables, sep="\n\n")
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

    assert [
        message for each in SETTINGS for message in exceeded_bounds(each, tallies[each.name])
    ] == []
    assert [each for each in tables if each not in page] == []
