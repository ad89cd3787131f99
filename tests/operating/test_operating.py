"""Tries the bell on simulated trials: a few in `make test`, thousands in `make operating`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import log

import numpy as np
import pytest

from tests.operating.campaign import Tally, broken_promises, count_crossings, run_campaign
from tests.operating.repeated_logrank import logrank_by_look
from tests.operating.report import table
from tests.operating.settings import BY_LOT, MAIN, SETTINGS, TRIALS_SHORT, TRIPLE, Setting
from tests.operating.trials import NEVER, SEED, Trial, draw_trial, hazard_by_day, log_of
from tests.paths import ROOT


@cache
def first_trials(setting: Setting) -> Tally:
    """What rang in the first trials of *setting*: fixed by the seed, so this cannot flake."""
    return count_crossings(setting, 0, TRIALS_SHORT)


@pytest.mark.parametrize(
    "setting", [MAIN, replace(BY_LOT, calendar_trials=0)], ids=lambda one: one.name
)
def test_the_bell_keeps_its_promise_in_a_few_trials(setting: Setting):
    """P(ever E >= 20) and P(ever E >= 100) are within three standard errors of the promise."""
    assert broken_promises(setting, first_trials(setting)) == []


def test_the_same_tolerance_catches_evidence_that_is_not_valid():
    """Calendar time under a falling hazard is not, and so few trials are enough to see it."""
    assert len(broken_promises(MAIN, first_trials(MAIN), "calendar")) == 2


def test_a_drug_that_triples_the_rate_is_heard():
    """A bell that never rings would keep every promise."""
    tally = count_crossings(replace(TRIPLE, calendar_trials=0), 0, 40)

    assert tally["study.as_treated.20"] >= 36


def test_a_trial_is_named_by_its_setting_and_number():
    """The same records whoever draws it, and in whatever order."""
    again = [list(log_of(draw_trial(BY_LOT, number))) for number in (1, 0)]

    assert [list(log_of(draw_trial(BY_LOT, number))) for number in (0, 1)] == again[::-1]
    assert again[0] != again[1]


def test_the_simulated_hazard_falls_as_the_page_says():
    """Ninety in a hundred have an event, and the last day is a twentieth of the first."""
    hazard = hazard_by_day(MAIN)

    assert hazard.sum() == pytest.approx(-log(0.1))
    assert 18 < hazard[0] / hazard[-1] < 20


def test_the_logrank_test_is_the_one_of_the_books():
    """Four patients: on day 1 the drug fails with two of four at risk, on day 3 one of three."""
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
    """A page that was drawn from other settings or another seed is a page about another bell."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

    assert [one.name for one in SETTINGS if f"| {one.description} |" not in text] == []
    assert f"seed {SEED}" in text


@pytest.mark.campaign
def test_the_bell_keeps_its_promise_in_thousands_of_trials():
    """Every setting of the page; the tables are printed, and must be those of the page."""
    tallies = run_campaign(SETTINGS)
    tables = [table(tallies, null=null) for null in (True, False)]
    print("", *tables, sep="\n\n")
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

    assert [fault for one in SETTINGS for fault in broken_promises(one, tallies[one.name])] == []
    assert [one for one in tables if one not in page] == []
