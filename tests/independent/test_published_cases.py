"""The committed cases are those of the shared file; each method of the product is among them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.stats.clopper_pearson import clopper_pearson
from monitor.stats.estimate import Estimate
from monitor.stats.garwood import garwood
from monitor.stats.miettinen_nurminen import miettinen_nurminen
from monitor.stats.newcombe import newcombe
from monitor.stats.rate_ratio import rate_ratio
from monitor.stats.wilson import wilson
from tests.independent.published import CASES_FILE, cases_of, published_cases
from tests.independent.run_cases import adapters
from tests.paths import shared

STUDY_TIME = "concurrent_study_time"
EXACT_TIES = "concurrent_exact_ties"

NOT_IN_THE_PRODUCT = {
    "concurrent_stratified",
    "historical_rate_upper_limit", "reference_averaged_rate", "reference_piecewise_rate",
}  # fmt: skip
"""Methods that the product does not compute."""


def test_the_copy_is_the_shared_file_to_the_byte():
    """Skipped where the shared file is absent: the copy stands alone there."""
    assert CASES_FILE.read_bytes() == shared("cases", "statistics.json").read_bytes()


def test_every_method_is_computed_or_listed_as_none_of_the_product():
    """A new method of the file must be computed, or be listed above."""
    computed = {*adapters(), STUDY_TIME, EXACT_TIES}
    methods = {case["method"] for case in published_cases().values()}

    assert methods == computed | NOT_IN_THE_PRODUCT
    assert not computed & NOT_IN_THE_PRODUCT
    assert all(cases_of(method) for method in computed)


def test_no_case_is_read_from_beside_the_checkout():
    """A clone alone must fail when an estimate is wrong."""
    files = [
        path for path in Path(CASES_FILE).parent.glob("*.py") if path.name != Path(__file__).name
    ]

    assert [path.name for path in files if '"statistics.json")' in path.read_text()] == []


RISKS = {"events": 7, "patients": 34, "control_events": 1, "control_patients": 34}
RATES = {"events": 7, "person_time": 34, "control_events": 1, "control_person_time": 30}
DISPLAYED: list[tuple[Callable[..., Estimate], dict[str, int]]] = [
    (wilson, {"events": 7, "patients": 34}),
    (clopper_pearson, {"events": 7, "patients": 34}),
    (garwood, {"events": 7, "person_time": 34}),
    (newcombe, RISKS),
    (miettinen_nurminen, RISKS),
    (rate_ratio, RATES),
]


@pytest.mark.parametrize(("estimate", "counts"), DISPLAYED)
def test_displayed_limits_are_those_of_95_per_cent_unless_another_is_asked_for(
    estimate: Callable[..., Estimate], counts: dict[str, int]
):
    """A reader of a table is told nothing else."""
    default = estimate(**counts)

    assert default == estimate(**counts, confidence=0.95)
    assert default not in (estimate(**counts, confidence=other) for other in (0.9, 0.99))
