"""Computes the published cases of sequential rules for counts, through the product's functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from monitor.stats.sequential import safe_logrank
from monitor.stats.sequential.bernoulli_confidence_sequence import bernoulli_confidence_sequence
from monitor.stats.sequential.beta_binomial_mixture import BetaBinomialMixture
from monitor.stats.sequential.betting import betting_martingale
from monitor.stats.sequential.binomial_maxsprt import (
    binomial_maxsprt_at,
    binomial_maxsprt_llr,
    binomial_maxsprt_performance,
    null_share,
)
from monitor.stats.sequential.conditional_maxsprt import (
    HistoryEnd,
    cmaxsprt_critical_value,
    cond_poisson_llr,
)
from monitor.stats.sequential.gamma_mixtures import GammaExponentialMixture, GammaPoissonMixture
from monitor.stats.sequential.log_mixture import Mixture, mixture_bound
from monitor.stats.sequential.normal_mixture import NormalMixture
from monitor.stats.sequential.poisson_maxsprt import (
    poisson_maxsprt_critical_value,
    poisson_maxsprt_llr,
    poisson_maxsprt_performance,
)
from monitor.stats.sequential.poisson_maxsprt_groups import (
    poisson_maxsprt_group_limits,
    poisson_maxsprt_group_type_i_error,
)
from monitor.stats.sequential.safe_two_by_two import safe_2x2_evalue
from monitor.stats.sequential.stitched_bound import poly_stitching_bound
from monitor.stats.sequential.wald_sprt import wald_sprt_binomial

Inputs = dict[str, Any]


def event_looks(inputs: Inputs) -> Sequence[int]:
    """Return the numbers of events or patients at which a rule looks."""
    looks, last = inputs.get("looks", "every event"), int(inputs.get("N", inputs.get("n", 0)))
    return range(1, last + 1) if isinstance(looks, str) else looks


def poisson_critical_value(inputs: Inputs) -> float:
    """Return the critical value of continuous looks at an excess."""
    assert (inputs.get("tail", "upper"), inputs.get("looks", "continuous")) == (
        "upper",
        "continuous",
    )
    return poisson_maxsprt_critical_value(
        inputs["sample_size_expected_events"],
        inputs["alpha"],
        minimum_events=inputs.get("M", 1),
        delay=inputs.get("D", 0),
    )


def poisson_groups(inputs: Inputs) -> Inputs:
    """Return the limits and the exact error of scheduled looks."""
    expected = list(accumulate(inputs["group_expected_events"]))
    limits = poisson_maxsprt_group_limits(expected, inputs["cv"], minimum_events=inputs.get("M", 1))
    error = poisson_maxsprt_group_type_i_error(expected, limits)
    return {"signal_counts": limits, "type_I_error": error}


def poisson_performance(inputs: Inputs) -> Inputs:
    """Return power and expected times at a rate ratio."""
    return poisson_maxsprt_performance(
        inputs["sample_size_expected_events"],
        inputs["cv"],
        inputs["RR"],
        minimum_events=inputs.get("M", 1),
        delay=inputs.get("D", 0),
    )._asdict()


def binomial_rule(inputs: Inputs) -> Inputs:
    """Return the error, the first look that can signal, and the cases that signal at the last."""
    looks, z = event_looks(inputs), inputs["z_controls_per_case"]
    least = inputs.get("M", 1)
    rule = binomial_maxsprt_at(looks, z, inputs["cv"], minimum_cases=least)
    first = next(n for n, limit in zip(looks, rule.limits, strict=True) if limit <= n)
    return {
        "type_I_error": rule.crossing(null_share(z)).upper_probability,
        "first_signal_look": first,
        "signal_cases_at_final_look": rule.limits[-1],
    }


def binomial_performance(inputs: Inputs) -> Inputs:
    """Return power and expected numbers of events at a rate ratio."""
    rule = binomial_maxsprt_at(
        event_looks(inputs), inputs["z"], inputs["cv"], minimum_cases=inputs.get("M", 1)
    )
    return binomial_maxsprt_performance(rule, inputs["z"], inputs["RR"])._asdict()


def conditional_critical_value(inputs: Inputs, history_end: HistoryEnd) -> float:
    """Return the critical value of conditional MaxSPRT."""
    return cmaxsprt_critical_value(
        inputs["historical_events"],
        inputs["K"],
        inputs["alpha"],
        history_end=history_end,
        minimum_events=inputs.get("M", 1),
    )


def mixture_of(inputs: Inputs) -> Mixture:
    """Return the mixture of a family that the file names, like "normal one-sided"."""
    family, _, sides = inputs["family"].partition(" ")
    tuning = {"v_opt": inputs["v_opt"], "alpha_opt": inputs.get("alpha_opt", 0.05)}
    if family == "normal":
        return NormalMixture(**tuning, is_one_sided=sides == "one-sided")
    if family == "beta-binomial":
        ends = {"g": inputs["g"], "h": inputs["h"]}
        return BetaBinomialMixture(**tuning, **ends, is_one_sided=sides == "one-sided")
    if family == "gamma-poisson":
        return GammaPoissonMixture(**tuning, c=inputs["c"])
    assert family == "gamma-exponential"
    return GammaExponentialMixture(**tuning, c=inputs["c"])


def safe_2x2(inputs: Inputs) -> float:
    """Return the e-value of blocks on both arms, without a restriction of the alternative."""
    assert inputs.get("alternative", "none") == "none"
    return safe_2x2_evalue(
        inputs["ya"],
        inputs["yb"],
        patients_a=inputs["na"],
        patients_b=inputs["nb"],
        prior_a=inputs["beta_prior_A"],
        prior_b=inputs["beta_prior_B"],
    )


RISK_SETS = ("at_risk_control", "at_risk_treatment", "events_control", "events_treatment")


def logrank_exact(inputs: Inputs) -> Inputs:
    """Return the e-values of the exact safe log-rank test."""
    sets = {name: inputs[name] for name in RISK_SETS}
    e = safe_logrank.safe_logrank_exact(**sets, hazard_ratio=inputs["theta"])
    return {f"e_{name}": value for name, value in e._asdict().items()}


def logrank_gaussian(inputs: Inputs) -> float:
    """Return the e-value of the alternative, from the log-rank z-statistic."""
    e = safe_logrank.safe_logrank_gaussian(
        inputs["z"], inputs["events"], inputs["hr"], allocation_ratio=inputs["ratio"]
    )
    return e._asdict()[inputs["alternative"].replace("-", "_")]


ADAPTERS: dict[str, Callable[[Inputs], Any]] = {
    "poisson_maxsprt_cv": poisson_critical_value,
    "poisson_maxsprt_llr": lambda i: poisson_maxsprt_llr(i["observed"], i["expected"]),
    "poisson_maxsprt_group": poisson_groups,
    "poisson_maxsprt_performance": poisson_performance,
    "binomial_maxsprt": binomial_rule,
    "binomial_maxsprt_performance": binomial_performance,
    "binomial_maxsprt_llr": lambda i: binomial_maxsprt_llr(i["cases"], i["total"], i["p0"]),
    "cond_poisson_llr": lambda i: cond_poisson_llr(
        i["surveillance_events"], i["historical_events"], i["person_time_ratio"]
    ),
    "cmaxsprt_cv_gamma_c": lambda i: conditional_critical_value(i, HistoryEnd.AT_EVENT),
    "cmaxsprt_cv_exact": lambda i: conditional_critical_value(i, HistoryEnd.BETWEEN_EVENTS),
    "wald_sprt_binomial": lambda i: wald_sprt_binomial(
        i["p0"], i["p1"], i["alpha"], i["beta"]
    )._asdict(),
    "safe_2x2_evalue": safe_2x2,
    "safe_logrank_exact": logrank_exact,
    "safe_logrank_gaussian": logrank_gaussian,
    "logrank_z": lambda i: safe_logrank.logrank_z(**{name: i[name] for name in RISK_SETS}),
    "confseq_log_mixture": lambda i: mixture_of(i).log_mixture(i["s"], i["v"]),
    "confseq_mixture_bound": lambda i: mixture_bound(mixture_of(i), i["v"], i["alpha"]),
    "confseq_poly_stitching": lambda i: poly_stitching_bound(
        i["v"], i["alpha"], v_min=i["v_min"], c=i["c"]
    ),
    "confseq_bernoulli_ci": lambda i: bernoulli_confidence_sequence(
        i["successes"], i["trials"], alpha=i["alpha"], patients_opt=i["t_opt"]
    )[1:],
    "betting_martingale": lambda i: {
        "path": betting_martingale(i["x"], i["m"], theta=i["theta"], alpha=i["alpha"])
    },
}
"""By method of the file: what computes the expected values from a case's inputs."""
