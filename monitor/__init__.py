"""The statistical core: records of a trial in; rate tables, evidence and verdicts out.

Deterministic: no clock, no randomness, no input or output.  Days are ordinals
(``date.toordinal``), intervals ``[start, end)``.  docs/statistics.md states what is claimed.

Who is at risk, and when
    `exposure/person_time`: treatment intervals become spells.  A spell ends with its window, the
    next treatment or the end of follow-up, and yields person-days.
    `exposure/follow_up`: spells become at-risk intervals on study time or on the calendar, as
    treated or as randomised.
    `exposure/at_risk`: the number at risk on each arm on one study day, as of a day.
    `exposure/risk_sets`: the risk sets of many events in one pass.  A first event
    (`exposure/first_events`) removes its subject from later risk sets.

How a case counts
    `tables/counting`: by its onset, in the spell that contains it, under each of its terms.  A
    later version subtracts the old contribution and adds the new one.
    `tables/tabulate`, `compare`, `flow`: rates, comparisons of arms, flow of subjects.

When a watch signals
    `evidence/active_watches`: the watches of the plan, and one for every other reported term.
    `evidence/evaluate`: tier 1 at ``E >= 1 / (alpha * share)`` with the plan's minimum of events,
    tier 2 where e-BH rejects at q, tier 3 never.  `evidence/summary`: each watch, exactly.

What alpha buys
    `plan/watches`: tier 1 shares of alpha sum to at most 1, so the family-wise error is at most
    alpha under any dependence.  `plan/plan`: an amendment cannot return a share that is spent.
    Tier 2 controls the false discovery rate at q over the set rejected at one look.

Each estimate (`stats/`)
    `concurrent`: rate ratio's partial likelihood over risk sets (Cox 1975; Breslow 1974).
    `reference`: Poisson (Ville 1939) or binomial likelihood (Przyborowski & Wilenski 1940).
    `e_value`: mixture over 33 rate ratios, and p = 1/E (Ville 1939; Grunwald et al. 2024).
    `e_bh`: terms rejected at false discovery rate q (Wang & Ramdas 2022).
    `confidence_sequence`: limits of the rate ratio at all looks (Howard et al. 2021).
    `maximum_likelihood`, `posterior`: rate ratio, and its posterior (Spiegelhalter et al. 1994).
    `garwood`: rate of one arm (Garwood 1936).
    `rate_ratio`: ratio of first-event rates (Przyborowski & Wilenski 1940).
    `fisher`: p of equal risks (Fisher 1935).
    `miettinen_nurminen`: risk difference (Miettinen & Nurminen 1985).

The fold
    `fold/fold`: applies one record to the `state/` of its study and evaluates what it affects.
    `fold/change`: what the record changes.  `fold/decided`: effects on reviewed alerts.
    `fold/restore`: the state from stored rows.  The same log gives the same state.
"""
