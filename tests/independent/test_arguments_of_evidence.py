"""Every public function of the evidence refuses arguments that no trial can have."""

# pyright: reportArgumentType=false
from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_bh import e_bh
from monitor.stats.e_value import always_valid_p, log_e, log_e_bound_of_treated, log_mean_exp
from monitor.stats.log_e_bounds import excess_needed, log_e_bound_of_shares
from monitor.stats.maximum_likelihood import rate_ratio_mle
from monitor.stats.posterior import posterior
from monitor.stats.reference import EstimatedRate, KnownRate

NAN: Any = nan
HALF: Any = 0.5


def not_a_number(log_theta):
    """Return a log-likelihood that is nowhere a number."""
    return log_theta * nan


def flat(log_theta):
    """Return the log-likelihood without data."""
    return log_theta * 0


def from_counts(treated: Any, on_treatment: Any, on_control: Any, dtype: Any = np.int64):
    """Return the likelihood of these lists as arrays."""
    lists = treated, on_treatment, on_control, range(len(treated))
    return PartialLikelihood.from_counts(
        **dict(
            zip(
                ("treated", "on_treatment", "on_control", "study_days"),
                (np.array(each, dtype=dtype) for each in lists),
                strict=True,
            )
        )
    )


REFUSED = {
    "e_bh without a number of hypotheses": lambda: e_bh([30.0], 0.1, hypotheses=NAN),
    "p of no number": lambda: always_valid_p(nan),
    "fewer than no events": lambda: KnownRate(events=-1, expected=1.0),
    "half an event": lambda: KnownRate(events=HALF, expected=1.0),
    "a negative expectation": lambda: KnownRate(events=1, expected=-1.0),
    "no number expected": lambda: KnownRate(events=1, expected=nan),
    "an infinite expectation": lambda: KnownRate(events=1, expected=inf),
    "an event where none can be": lambda: KnownRate(events=1, expected=0.0),
    "negative history": lambda: EstimatedRate(events=1, historical_events=-1, time_ratio=1.0),
    "history of no number": lambda: EstimatedRate(events=1, historical_events=NAN, time_ratio=1.0),
    "no number of time": lambda: EstimatedRate(events=1, historical_events=1, time_ratio=nan),
    "negative time": lambda: EstimatedRate(events=1, historical_events=1, time_ratio=-0.1),
    "an event without time": lambda: EstimatedRate(events=1, historical_events=1, time_ratio=0.0),
    "alpha 0": lambda: confidence_sequence(flat, 0.0),
    "alpha 1": lambda: confidence_sequence(flat, 1.0),
    "alpha no number": lambda: confidence_sequence(flat, nan),
    "limits of no number": lambda: confidence_sequence(not_a_number, 0.05),
    "posterior of no number": lambda: posterior(not_a_number),
    "posterior of infinity": lambda: posterior(lambda b: b * 0 + inf),
    "posterior of what cannot be": lambda: posterior(lambda b: b * 0 - inf),
    "ratio of no number": lambda: rate_ratio_mle(not_a_number),
    "evidence of no number": lambda: log_e(not_a_number),
    "mean of nothing": lambda: log_mean_exp(np.array([])),
    "fewer than no treated": lambda: log_e_bound_of_treated(-1),
    "an infinite level": lambda: excess_needed(inf),
    "no number as a level": lambda: excess_needed(nan),
    "more treated than events": lambda: PartialLikelihood(treated=2, events=1, shares=[0.5]),
    "fewer treated than none": lambda: PartialLikelihood(treated=-1, events=1, shares=[0.5]),
    "shares of other events": lambda: PartialLikelihood(treated=1, events=2, shares=[0.5]),
    "share of no number": lambda: log_e(
        PartialLikelihood(treated=1, events=2, shares=[0.5, nan]).log_likelihood
    ),
    "a share above 1": lambda: log_e(
        PartialLikelihood(treated=1, events=1, shares=np.array([1.5])).log_likelihood
    ),
    "a negative share bound": lambda: log_e_bound_of_shares(1, 2, -0.5, 0.5, 0.2),
    "a share bound above 1": lambda: log_e_bound_of_shares(1, 2, 0.5, 1.5, 0.7),
    "a negative arm": lambda: from_counts([1], [-3], [-5]),
    "an empty arm of its own": lambda: from_counts([1, 0], [0, 3], [9, 9]),
    "an empty control arm of its own": lambda: from_counts([0], [3], [0]),
    "two empty arms": lambda: from_counts([1], [0], [0]),
    "unequal lengths": lambda: from_counts([1], [3, 4], [3, 4]),
    "arms of no number": lambda: from_counts([1], [nan], [3], dtype=np.float64),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_an_argument_that_no_trial_has_is_refused(call):
    """A wrong argument raises ValueError; it never gives a number that looks like evidence."""
    with pytest.raises(ValueError, match=r": give|treated of|: count"):
        call()


def test_no_events_are_no_wrong_argument():
    """Evidence of nothing is 1, on both kinds of watch."""
    assert from_counts([], [], []).events == 0
    for nothing in (KnownRate(0, 0.0), EstimatedRate(0, 0, 0.0)):
        assert log_e(nothing.log_likelihood) == pytest.approx(0.0, abs=1e-12)
