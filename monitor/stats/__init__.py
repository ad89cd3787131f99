"""Statistical methods: one method a file, each with its formula, its reference and an example.

A module imports only this package, so each can be used alone.  Counts are whole numbers,
person-time is in the caller's unit, log e-values are natural logarithms.  A rate ratio or risk
difference is treatment relative to control.

Used by `monitor/evidence`, directly or through one another:

* `concurrent.PartialLikelihood`: exact partial likelihood over risk sets (Cox 1972).
* `tied_days.log_means`: its factor of a study day with several first events (Cox 1972).
* `log_e_bounds.log_e_bound_of_excess`: upper bound of log E from events less expected events.
* `log_e_bounds.log_e_bound_of_shares`: upper bound of log E from a summary of the treated shares.
* `log_e_bounds.excess_needed`: the excess below which log E cannot reach a level.
* `decision_limits.decision_limits`: limits of the rate ratio that agree with the decision.
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

Sequential methods, in `sequential/`; a rule states its error over all its looks:

* `poisson_maxsprt.poisson_maxsprt_critical_value`: events against a known rate, looked at
  continuously (Kulldorff et al. 2011); `poisson_maxsprt_groups`: at scheduled looks.
* `binomial_maxsprt.binomial_maxsprt`: events on treatment among N events (Kulldorff et al. 2011).
* `conditional_maxsprt.cmaxsprt_critical_value`: against historical events (Li & Kulldorff 2010).
* `wald_sprt.wald_sprt_binomial`: Wald's lines for a risk (Wald 1947).
* `alpha_spending.alpha_spending_function`: alpha spent by a share of the information (Lan & DeMets
  1983; Hwang, Shih & DeCani 1990; Kim & DeMets 1987).
* `group_sequential.gs_spending_bounds`: bounds of z that spend it (Lan & DeMets 1983);
  `gs_wang_tsiatis_bounds`: of a fixed shape (Wang & Tsiatis 1987).
* `binomial_spending.binomial_spending_limits`: exact spending for counts.
* `stopping_rule_binary.stopping_rule_binary`: one arm, patients with an event (Pocock, O'Brien &
  Fleming, Wang & Tsiatis, beta-binomial, truncated SPRT, MaxSPRT).
* `stopping_rule_person_time.stopping_rule_person_time`: one arm, events by person-time (the same
  shapes, gamma-Poisson; Martens et al. 2025).
* `thall_simon.thall_simon_boundary`: one arm against a prior of the standard (1994).
* `safe_two_by_two.safe_2x2_evalue`: e-value of two risks (Turner, Ly & Grunwald 2021).
* `safe_logrank.safe_logrank_exact`: e-value of a hazard ratio (ter Schure et al. 2024);
  `safe_logrank_gaussian` from the log-rank `logrank_z` (Mantel 1966).
* `log_mixture.mixture_bound` with `normal_mixture`, `gamma_mixtures`, `beta_binomial_mixture`, and
  `stitched_bound.poly_stitching_bound`: bounds valid at all times (Howard et al. 2021).
* `bernoulli_confidence_sequence.bernoulli_confidence_sequence`: limits of a risk at all looks.
* `betting.betting_martingale`, `betting_confidence_sequence`: a mean (Waudby-Smith & Ramdas 2024).

Their engines: `poisson_paths`, `binomial_paths` (exact convolution), `score_paths` (recursive
integration), `score_table`, `critical_value`.

Further estimates, tests and posteriors, each in a file of its folder; no product code imports
them:

* `estimates`: rates with limits by `rate_byar`, `rate_mid_p`, `rate_jeffreys`, `rate_normal`;
  `rate_ratio_score`, `rate_difference_score` (Miettinen & Nurminen 1985); `risk_difference_wald`
  (also Agresti & Caffo 2000), `risk_ratio_score` (Koopman 1984), `risk_ratio_katz` (1978),
  `odds_ratio` (Cornfield 1956); the tests `barnard` (1945), `boschloo` (1970) and
  `poisson_e_test` (Krishnamoorthy & Thomson 2004).
* `many_terms`: `bonferroni` by shares (Dunn 1961), `double_fdr` (Mehrotra & Adewale 2012) and
  `berry_berry` (Berry & Berry 2004).
* `bayes`: `gamma_poisson_greater` and `beta_binomial` (conjugate posteriors) and
  `blinded_relative_risk` (Mukhopadhyay et al. 2018).

`concurrent.PartialLikelihoods`, `maximum_likelihood.rate_ratio_mles` and
`confidence_sequence.confidence_sequences` evaluate many likelihoods together.

Helpers: `estimate` (result type, argument checks), `root.root` (Chandrupatla 1997),
`bisection.bisection`, `curve` (where a maximum and limits are), `rate_ratio.null_share`.
"""
