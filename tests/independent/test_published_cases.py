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
from tests.independent.test_displayed_estimates import COMPUTED_BY_METHOD
from tests.independent.test_evidence_cases import CASES_BY_METHOD
from tests.paths import shared

STUDY_TIME = "concurrent_study_time"

NOT_IN_THE_PRODUCT = {
    "alpha_spending_function", "barnard_exact_unconditional", "beta_binomial_prob_greater",
    "beta_posterior_exceed", "betting_martingale", "binomial_maxsprt", "binomial_maxsprt_llr",
    "binomial_maxsprt_performance", "blinded_relative_risk_posterior", "bonferroni",
    "boschloo_exact_unconditional", "cmaxsprt_cv_exact", "cmaxsprt_cv_gamma_c",
    "concurrent_exact_ties", "concurrent_stratified", "cond_poisson_llr", "confseq_bernoulli_ci",
    "confseq_log_mixture", "confseq_mixture_bound", "confseq_poly_stitching", "fdr_bh",
    "fdr_double", "gamma_poisson_prob_greater", "gs_binomial_exact", "gs_bounds",
    "gs_spending_bounds", "gs_unadjusted_type_I", "gs_wang_tsiatis_constant",
    "hierarchical_ae_1a", "hierarchical_ae_pointmass", "historical_rate_upper_limit",
    "logrank_z", "odds_ratio_conditional_ci", "poisson_e_test", "poisson_maxsprt_cv",
    "poisson_maxsprt_group", "poisson_maxsprt_llr", "poisson_maxsprt_performance",
    "rate_difference_score_ci", "rate_ratio_score_ci", "reference_averaged_rate",
    "reference_piecewise_rate", "risk_difference_agresti_caffo", "risk_difference_wald",
    "risk_ratio_katz", "risk_ratio_score_ci", "safe_2x2_evalue", "safe_logrank_gaussian",
    "stopping_rule_binary", "stopping_rule_person_time", "thall_simon_boundary",
    "wald_sprt_binomial",
}  # fmt: skip
"""Methods that the product does not compute."""


def test_the_copy_is_the_shared_file_to_the_byte():
    """Skipped where the shared file is absent: the copy stands alone there."""
    assert CASES_FILE.read_bytes() == shared("cases", "statistics.json").read_bytes()


def test_every_method_is_computed_or_listed_as_none_of_the_product():
    """A new method of the file must be computed, or be listed above."""
    computed = {*COMPUTED_BY_METHOD, *CASES_BY_METHOD, STUDY_TIME}
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
