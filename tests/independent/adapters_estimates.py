"""Adapters of the published cases of rates, risks, many terms and Bayes to public functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from monitor.stats.bayes.beta_binomial import probability_risk_above, probability_risk_ratio_above
from monitor.stats.bayes.blinded_relative_risk import blinded_relative_risk_above
from monitor.stats.bayes.gamma_poisson_greater import probability_rate_ratio_above
from monitor.stats.benjamini_hochberg import benjamini_hochberg
from monitor.stats.clopper_pearson import clopper_pearson
from monitor.stats.e_bh import e_bh
from monitor.stats.estimates.barnard import barnard
from monitor.stats.estimates.boschloo import boschloo
from monitor.stats.estimates.odds_ratio import odds_ratio
from monitor.stats.estimates.poisson_e_test import poisson_e_test
from monitor.stats.estimates.rate_byar import rate_byar
from monitor.stats.estimates.rate_difference_score import rate_difference_score
from monitor.stats.estimates.rate_jeffreys import rate_jeffreys
from monitor.stats.estimates.rate_mid_p import rate_mid_p
from monitor.stats.estimates.rate_normal import rate_normal
from monitor.stats.estimates.rate_ratio_score import rate_ratio_score
from monitor.stats.estimates.risk_difference_wald import agresti_caffo, risk_difference_wald
from monitor.stats.estimates.risk_ratio_katz import risk_ratio_katz
from monitor.stats.estimates.risk_ratio_score import risk_ratio_score
from monitor.stats.fisher import fisher
from monitor.stats.garwood import garwood
from monitor.stats.many_terms.berry_berry import berry_berry
from monitor.stats.many_terms.bonferroni import bonferroni
from monitor.stats.many_terms.double_fdr import double_fdr
from monitor.stats.many_terms.term_counts import TermCounts
from monitor.stats.miettinen_nurminen import miettinen_nurminen, miettinen_nurminen_test
from monitor.stats.newcombe import newcombe
from monitor.stats.rate_log_normal import rate_log_normal
from monitor.stats.rate_ratio import rate_ratio, rate_ratio_test
from monitor.stats.rate_ratio_minlike import rate_ratio_minlike_p
from monitor.stats.rate_score import rate_score
from monitor.stats.wilson import wilson
from tests.independent.published import published_cases

Inputs = dict[str, Any]

RATE_INTERVALS = {
    "garwood": garwood, "score": rate_score, "normal_log": rate_log_normal, "byar": rate_byar,
    "mid_p": rate_mid_p, "jeffreys": rate_jeffreys,
    "normal, lower limit clipped at 0": rate_normal,
}  # fmt: skip
"""The intervals of one rate by the name that the cases give them."""


def rate_arms(inputs: Inputs) -> Inputs:
    """Return the arms of a rate ratio under the product's names."""
    names = {"x1": "events", "t1": "person_time"}
    names |= {"x2": "control_events", "t2": "control_person_time"}
    return {name: inputs[key] for key, name in names.items()}


def risk_arms(inputs: Inputs) -> Inputs:
    """Return the arms of a risk difference under the product's names."""
    names = {"x1": "events", "n1": "patients"}
    names |= {"x2": "control_events", "n2": "control_patients"}
    return {name: inputs[key] for key, name in names.items()}


def rate(inputs: Inputs) -> Inputs:
    """Return an incidence rate and its limits."""
    value, *limits = RATE_INTERVALS[inputs["ci"]](
        inputs["events"], inputs["person_time"] / inputs["per"], confidence=inputs["conf"]
    )
    return {"rate": value, "ci": limits}


def exact_ratio(inputs: Inputs, *, mid_p: bool = False) -> Inputs:
    """Return the exact conditional rate ratio with its limits and p-values."""
    arms, null = rate_arms(inputs), inputs["null_ratio"]
    value, *limits = rate_ratio(**arms, confidence=inputs["conf"], mid_p=mid_p)
    two_sided, greater, less = rate_ratio_test(**arms, null_ratio=null, mid_p=mid_p)
    minlike = rate_ratio_minlike_p(**arms, null_ratio=null)
    ps = {"p_two": two_sided, "p_greater": greater, "p_less": less, "p_minlike": minlike}
    return {"rr": value, "ci": limits, **ps}


def fisher_p(inputs: Inputs) -> float:
    """Return the p-value of a table of two rows, each with and without an event."""
    (a, b), (c, d) = inputs["table"]
    ours = fisher(events=a, patients=a + b, control_events=c, control_patients=c + d)
    return ours.two_sided if inputs["alternative"] == "two-sided" else ours.greater


def score_test(inputs: Inputs) -> Inputs:
    """Return the risk difference, its limits and the score test of no difference."""
    arms = risk_arms(inputs)
    value, *limits = miettinen_nurminen(**arms, confidence=inputs["conf"])
    test = miettinen_nurminen_test(**arms, null_difference=inputs["delta"])
    return {"est": value, "ci": limits, "z": test.z, "p_one_sided": test.greater}


def table_arms(inputs: Inputs, *, by_column: bool) -> Inputs:
    """Return the arms of a 2x2 table: columns in scipy's unconditional tests, else rows."""
    (a, b), (c, d) = inputs["table"]
    if by_column:
        b, c = c, b
    counts = {"events": a, "patients": a + b, "control_events": c, "control_patients": c + d}
    return counts


def unconditional(test: Callable[..., Any], inputs: Inputs) -> Inputs:
    """Return the statistic and p-value of an unconditional test of two risks."""
    ours = test(**table_arms(inputs, by_column=True), alternative=inputs["alternative"])
    return {"statistic": ours.statistic, "pvalue": ours.p_value}


def e_test_p(inputs: Inputs) -> float:
    """Return the p-value of the E-test in the direction that the case asks for."""
    ours = poisson_e_test(
        events=inputs["k1"],
        person_time=inputs["n1"],
        control_events=inputs["k2"],
        control_person_time=inputs["n2"],
        null_difference=inputs["diff"],
    )
    return getattr(ours, inputs["alternative"].replace("-", "_"))


def named(rejected: tuple[int, ...]) -> list[str]:
    """Return the names of the rejected terms, which count from 1."""
    return [f"AE{index + 1}" for index in rejected]


def hierarchy(inputs: Inputs, *, point_mass: bool) -> Inputs:
    """Return the posterior means and probabilities of the terms that the case reports."""
    rows = inputs.get("data") or published_cases()["berry1a-strong"]["inputs"]["data"]
    terms = [TermCounts(r["B"], r["treatment"], r["n"], r["control"], r["n"]) for r in rows]
    numbers = np.random.default_rng(20261130)
    effects = berry_berry(terms, numbers=numbers, point_mass=point_mass, draws=2000)
    by_name = dict(zip((row["AE"] for row in rows), effects, strict=True))
    reported = [by_name[name] for name in inputs["report"]]
    return {
        "theta_mean": [effect.mean for effect in reported],
        "P_theta_gt_0": [effect.probability_above_0 for effect in reported],
    }


def gamma_poisson(inputs: Inputs) -> float:
    """Return the probability that the first rate is the higher one."""
    return probability_rate_ratio_above(
        **rate_arms(inputs),
        prior_shape=inputs["gamma_prior_shape"],
        prior_rate=inputs["gamma_prior_rate"],
    )


def blinded(inputs: Inputs) -> Inputs:
    """Return the posterior probabilities that the relative risk exceeds 1, 1.5 and 2."""
    return {
        f"P_r_gt_{ratio:g}": blinded_relative_risk_above(
            ratio,
            events=inputs["total_events"],
            person_time=inputs["total_patient_years"],
            background_rate=inputs["background_rate"],
            allocation_ratio=inputs["allocation_k"],
            prior=tuple(inputs["beta_prior"]),
            prior_at_equal_allocation=inputs["adj_k"],
        )
        for ratio in (1.0, 1.5, 2.0)
    }


ADAPTERS: dict[str, Callable[[Inputs], Any]] = {
    "poisson_rate_ci": lambda i: RATE_INTERVALS[i["method"]](
        i["events"], i["person_time"], confidence=i["conf"]
    )[1:],
    "exposure_adjusted_incidence": rate,
    "rate_ratio_exact_conditional": exact_ratio,
    "rate_ratio_exact_conditional_midp": lambda i: exact_ratio(i, mid_p=True),
    "fisher_exact": fisher_p,
    "risk_difference_newcombe10": lambda i: newcombe(**risk_arms(i), confidence=i["conf"])[1:],
    "risk_difference_miettinen_nurminen": lambda i: miettinen_nurminen(
        **risk_arms(i), confidence=i["conf"]
    )[1:],
    "risk_difference_mee": lambda i: miettinen_nurminen(
        **risk_arms(i), confidence=i["conf"], correction=False
    )[1:],
    "risk_difference_mn_test": score_test,
    "proportion_wilson": lambda i: wilson(i["x"], i["n"], confidence=i["conf"])[1:],
    "proportion_clopper_pearson": lambda i: clopper_pearson(i["x"], i["n"], confidence=i["conf"])[
        1:
    ],
    "fdr_e_bh": lambda i: e_bh(i["e"], i["alpha"]),
    "rate_ratio_score_ci": lambda i: rate_ratio_score(**rate_arms(i), confidence=i["conf"])[1:],
    "rate_difference_score_ci": lambda i: rate_difference_score(
        **rate_arms(i), confidence=i["conf"]
    )[1:],
    "risk_difference_wald": lambda i: risk_difference_wald(**risk_arms(i), confidence=i["conf"])[
        1:
    ],
    "risk_difference_agresti_caffo": lambda i: agresti_caffo(**risk_arms(i), confidence=i["conf"])[
        1:
    ],
    "risk_ratio_score_ci": lambda i: risk_ratio_score(**risk_arms(i), confidence=i["conf"])[1:],
    "risk_ratio_katz": lambda i: risk_ratio_katz(**risk_arms(i), confidence=i["conf"])[1:],
    "odds_ratio_conditional_ci": lambda i: odds_ratio(
        **table_arms(i, by_column=False), confidence=i["conf"]
    )[1:],
    "barnard_exact_unconditional": lambda i: unconditional(barnard, i),
    "boschloo_exact_unconditional": lambda i: unconditional(boschloo, i),
    "poisson_e_test": e_test_p,
    "bonferroni": lambda i: named(bonferroni(i["p"], i["alpha"])),
    "fdr_bh": lambda i: named(benjamini_hochberg(i["p"], i["alpha"])),
    "fdr_double": lambda i: named(double_fdr(i["p"], i["body_system"], i["alpha"])),
    "hierarchical_ae_1a": lambda i: hierarchy(i, point_mass=False),
    "hierarchical_ae_pointmass": lambda i: hierarchy(i, point_mass=True),
    "gamma_poisson_prob_greater": gamma_poisson,
    "beta_binomial_prob_greater": lambda i: probability_risk_ratio_above(
        **risk_arms(i), prior=tuple(i["prior"])
    ),
    "beta_posterior_exceed": lambda i: probability_risk_above(
        i["x"], i["n"], i["p0"], prior=tuple(i["prior"])
    ),
    "blinded_relative_risk_posterior": blinded,
}
"""From the method of a case to a function of its inputs that returns what it expects."""
