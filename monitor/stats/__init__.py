"""Statistical methods: one method a file, each with its formula, its reference and an example.

A module imports only this package, so each can be used alone.  Counts are whole numbers,
person-time is in the caller's unit, log e-values are natural logarithms.  A rate ratio or risk
difference is treatment relative to control.

Used by `monitor/evidence`, directly or through one another:

* `concurrent.PartialLikelihood`: Cox partial likelihood over risk sets (Cox 1975; Breslow 1974).
* `concurrent.log_e_bound_of_excess`: upper bound of log E from events less expected events.
* `concurrent.log_e_bound_of_shares`: upper bound of log E from a summary of the treated shares.
* `concurrent.excess_needed`: the excess below which log E cannot reach a level.
* `reference.KnownRate`: Poisson likelihood against a known rate (Ville 1939).
* `reference.EstimatedRate`: binomial likelihood against history (Przyborowski & Wilenski 1940).
* `e_value.log_e`: log e-value, a mixture over 33 rate ratios (Grunwald et al. 2024).
* `e_value.log_e_bound_of_treated`: upper bound of log E from the treated events alone.
* `e_value.always_valid_p`: p-value that is valid at any look, ``min(1, 1/E)``.
* `e_value.log_mean_exp`: log of a mean of exponentials without overflow.
* `e_bh.e_bh`: false discovery rate over terms (Wang & Ramdas 2022).
* `maximum_likelihood.rate_ratio_mle`: maximum-likelihood rate ratio.
* `confidence_sequence.confidence_sequence`: limits valid at all looks (Howard et al. 2021).
* `posterior.posterior`: posterior of the rate ratio, sceptical prior (Spiegelhalter et al. 1994).

Used by `monitor/tables`; nominal, not adjusted for repeated looks:

* `garwood.garwood`: rate with exact Poisson limits (Garwood 1936).
* `fisher.fisher`: exact test of two proportions (Fisher 1935).
* `miettinen_nurminen.miettinen_nurminen`: risk difference with score limits (their 1985 paper).
* `rate_ratio.rate_ratio`: rate ratio, exact conditional limits (Przyborowski & Wilenski 1940).

Alternatives for statisticians and for the tests; the product calls none of them.  No product
code imports the five modules marked with +:

* `clopper_pearson.clopper_pearson` +: proportion with exact limits (Clopper & Pearson 1934).
* `wilson.wilson`: proportion with score limits (Wilson 1927); `newcombe` imports it.
* `newcombe.newcombe` +: risk difference, hybrid score limits (Newcombe 1998).
* `miettinen_nurminen.miettinen_nurminen_test`: the score test behind the interval (1985).
* `rate_score.rate_score` +: rate with score limits (Barker 2002).
* `rate_log_normal.rate_log_normal` +: rate with log-normal limits (Rothman & Greenland 1998).
* `rate_ratio.rate_ratio_test`: p-values that agree with `rate_ratio` (Fay 2010).
* `rate_ratio_minlike.rate_ratio_minlike_p` +: the p-value of R's ``poisson.test`` (Fay 2010).

`concurrent.PartialLikelihoods`, `maximum_likelihood.rate_ratio_mles` and
`confidence_sequence.confidence_sequences` evaluate many likelihoods together.

Helpers: `estimate` (result type, argument checks), `root.root` (Chandrupatla 1997),
`bisection.bisection`, `curve` (where a maximum and limits are), `rate_ratio.null_share`.
"""
