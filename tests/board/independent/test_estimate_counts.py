"""Tests that ratios, confidence sequences and posteriors are those of a batch count."""

from __future__ import annotations

from itertools import product
from math import inf
from typing import Any

import pytest

from board.views.catalogue import VIEWS
from tests.board.independent.alert_counts import evidence_of_alert
from tests.board.independent.estimates import (
    confidence_sequence_of,
    most_likely,
    posterior_of,
)
from tests.board.independent.evidence import WatchEvidence, evidence_of_term
from tests.board.independent.logs import LOGS, board_log
from tests.board.independent.test_alert_counts import alerts_of_watches

RATIO_TOLERANCE = 1e-4
POSTERIOR_TOLERANCE = 1e-4
"""The page rounds to four digits."""

TERMS_OF_KIND = 60
"""Screened terms that are looked at, those of most evidence first."""


def estimates_of(expected: WatchEvidence, alpha: float) -> Any:
    """Return the most likely ratio and the limits of its sequence, to be compared with."""
    curve, compared = expected.log_likelihood, expected.treated or expected.control
    numbers = most_likely(curve) if compared else inf, *confidence_sequence_of(curve, alpha)
    return pytest.approx(numbers, rel=RATIO_TOLERANCE)


def numbers_of(*shown: Any) -> tuple[float, ...]:
    """Return the numbers of a page, on which an infinite one is left out."""
    return tuple(inf if each is None else float(each) for each in shown)


@pytest.mark.parametrize("name", LOGS)
def test_ratio_and_sequence_of_screened_terms(name: str):
    """The limits hold at any look: the likelihood falls to alpha times its mixture at them."""
    log = board_log(name)
    plan, alpha = log.count.trial.plan, log.facts.study.plan.alpha
    rule, control = plan["screening"], plan["treatments"]["control"]
    kinds = ("preferred_term", "system_organ_class")
    for kind, treatment in product(kinds, plan["treatments"]["active"]):
        given = {"kind": kind, "treatment": treatment, "all": "yes"}
        rows = VIEWS["rates"].build(log.facts, given).tables[0].rows
        judged = [row for row in rows if row["e_value"] is not None]
        assert judged
        for row in judged[:TERMS_OF_KIND]:
            where = (log.name, treatment, row["term"])
            each = evidence_of_term(log.count, rule, (kind, str(row["term"])), treatment, control)
            shown = numbers_of(*(row[f"rate_ratio{of}"] for of in ("", "_low", "_high")))
            assert shown == estimates_of(each, alpha), where


@pytest.mark.parametrize("name", LOGS)
def test_ratio_sequence_and_posterior_of_every_alert(name: str):
    """As on its page: the posterior is marked as nominal there, the sequence is not."""
    log = board_log(name)
    alpha, seen = log.facts.study.plan.alpha, 0
    for alert_id, watch in alerts_of_watches(log):
        view, where = VIEWS["alert"].build(log.facts, {"id": alert_id}), (log.name, alert_id)
        expected = evidence_of_alert(log, watch)
        observed, nominal = view.evidence.observed, view.evidence.nominal
        shown = numbers_of(observed.ratio, observed.ratio_low, observed.ratio_high)
        assert shown == estimates_of(expected, alpha), where
        if nominal is not None:
            seen += 1
            figures = posterior_of(expected.log_likelihood)
            shown = (
                nominal.posterior_above_1,
                nominal.posterior_above_2,
                nominal.posterior_median,
            )
            assert shown == pytest.approx(figures, abs=POSTERIOR_TOLERANCE), where
    assert seen
