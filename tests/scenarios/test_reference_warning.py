"""`tocsin check` says what the error rate of a reference watch requires."""

from __future__ import annotations

from typing import Any

from monitor.plan.plan import read_plan
from tests.monitor.small_plans import plan_of, reference_watch
from tocsin.commands.check import plan_warnings


def warnings_of(**watch: Any) -> str:
    """The warnings about a plan with one reference watch."""
    return "\n".join(plan_warnings(read_plan(plan_of(reference_watch(**watch)))))


def test_a_reference_watch_requires_its_rate_on_every_day():
    """A falling hazard of the same average signals too often."""
    assert "every day since first dose" in warnings_of()
    assert "every day" not in warnings_of(tier=3)


def test_an_estimated_history_is_marginal():
    """The error rate is an average over histories."""
    history = reference_watch(historical_events=3, historical_patient_years=50)
    toml = plan_of(history.replace("rate_per_100_patient_years = 1\n", ""))

    assert "average over repetitions" in "\n".join(plan_warnings(read_plan(toml)))
    assert "average over repetitions" not in warnings_of()
