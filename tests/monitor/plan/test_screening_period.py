"""Screening compares arms that are randomised, whether or not the plan names its period."""

from __future__ import annotations

import pytest

from monitor.plan.plan import PlanError, read_plan
from tests.monitor.small_plans import plan_of

NOT_RANDOMISED = plan_of().replace("randomised = true", "randomised = false")


@pytest.mark.parametrize(
    "section", ["", "[screening]\n", '[screening]\nperiod = "first"\n', "[screening]\nenabled=true"]
)
def test_screening_without_a_randomised_period_is_refused(section: str):
    """A plan that names no period is refused as one that names a period without randomisation."""
    with pytest.raises(PlanError, match=r"screening.*not randomised"):
        read_plan(f"{NOT_RANDOMISED}\n{section}")


def test_a_plan_without_randomised_period_may_disable_screening():
    """A study of one arm has its reference watches."""
    assert not read_plan(f"{NOT_RANDOMISED}\n[screening]\nenabled = false\n").screening_enabled
