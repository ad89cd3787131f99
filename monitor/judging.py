"""Judging: which watches a record moved, where they stand now, and who must be told."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log

from monitor.episode import Crossing, Episode
from monitor.stats.concurrent import RiskSets, log_e_bound
from monitor.stats.e_bh import e_bh
from monitor.stats.e_value import log_e, most_treated_events_can_say
from monitor.stats.reference import EstimatedRate, KnownRate
from monitor.study import Running, Study
from monitor.verdict import Ground, Level, Verdict
from monitor.watch import Analysis, Kind

Likelihood = RiskSets | KnownRate | EstimatedRate
DAYS_A_YEAR = 365.25
LOG_MAX = 700.0
"""Above it ``exp`` overflows; no level comes near."""

REJECTED = Level.SIGNAL, Ground.REJECTED
NOT_REJECTED = Level.QUIET, Ground.NOT_REJECTED
SILENT = Verdict(Level.QUIET, Ground.NO_EVENTS, 0.0)
WEAK = Verdict(*NOT_REJECTED, None)
BELOW = Verdict(Level.QUIET, Ground.BELOW_WATCH, None)

FEW = 40
"""Up to so many first events, a loop over them is cheaper than their risk sets."""


def judge(study: Study, running: Iterable[Running], *, shortcuts: bool = True) -> list[Crossing]:
    """Judge the watches in *running* as of now; what rose above its episode comes back."""
    screened = False
    moved: dict[str, Running] = {}
    trace = study.trace
    for watch in running:
        before = watch.verdict
        if watch.watch.tier == 2:
            screened |= screen(study, watch, shortcuts=shortcuts)
        elif watch.watch.tier == 1:
            watch.verdict = verdict_of(study, watch, shortcuts=shortcuts)
        moved[watch.watch.id] = watch
        if trace is not None and watch.verdict is not before:
            trace.watches.add(watch.watch.id)
    if screened:
        moved |= reject(study)
    loud = [name for name, watch in moved.items() if matters(study, watch)]
    crossings = (announce(study, moved[name]) for name in sorted(loud))
    return [crossing for crossing in crossings if crossing]


def matters(study: Study, running: Running) -> bool:
    """Whether the watch was judged, and is above quiet or once was."""
    if running.verdict is None:
        return False
    return running.verdict.level is not Level.QUIET or running.watch.id in study.episodes


def verdict_of(study: Study, running: Running, *, shortcuts: bool = True) -> Verdict:
    """Where a tier 1 watch stands: evidence against the plan's levels."""
    watch = running.watch
    if not running.events:
        return SILENT
    floor = log(min(watch.watch_level, watch.signal_level(study.plan.alpha)))
    found = evidence(study, running, floor if shortcuts else None)
    if found is None:
        return BELOW
    likelihood, value = found
    if value < floor:
        return BELOW
    if likelihood.events < watch.minimum_events:
        return Verdict(Level.QUIET, Ground.TOO_FEW_EVENTS, value)
    if value >= log(watch.signal_level(study.plan.alpha)):
        return Verdict(Level.SIGNAL, Ground.CROSSED, value)
    return Verdict(Level.WATCH, Ground.BELOW_BOUNDARY, value)


def evidence(
    study: Study, running: Running, floor: float | None
) -> tuple[Likelihood, float] | None:
    """The watch's likelihood and log E, or None where a bound proves log E below *floor*."""
    if floor is not None and said_at_most(study, running, floor) < floor:
        return None
    likelihood = likelihood_of(study, running)
    if floor is not None and isinstance(likelihood, RiskSets) and likelihood.log_e_bound() < floor:
        return None
    return likelihood, log_e(likelihood.log_likelihood)


def said_at_most(study: Study, running: Running, floor: float) -> float:
    """An upper limit of log E that needs no risk sets.

    First from the number of treated first events alone; if that is not below *floor* and there
    are few of them, from how many were at risk on each arm.
    """
    events, table = running.events, running.follow_up
    if table is None or table.analysis is Analysis.AS_RANDOMISED:
        return most_treated_events_can_say(len(events))
    limit = most_treated_events_can_say(events.on(running.treatment))
    if limit >= floor and len(events) <= FEW:
        assert study.as_of is not None and running.control is not None
        found = table.least_shares(events, study.as_of, running.treatment, running.control)
        limit = limit if found is None else log_e_bound(*found)
    return limit


def likelihood_of(study: Study, running: Running) -> Likelihood:
    """The one function from which everything a watch reports is computed, as of now."""
    assert study.as_of is not None
    if running.watch.kind is Kind.CONCURRENT:
        assert running.follow_up is not None and running.control is not None
        met = running.follow_up.risk_sets(running.events, study.as_of)
        treated, on, off = met.between(running.treatment, running.control)
        return RiskSets.of(treated=treated, on_treatment=on, on_control=off)
    rate, events = running.watch.rate, running.events
    assert rate is not None and events.at_risk is not None
    years = events.at_risk.until(study.as_of) / DAYS_A_YEAR
    seen = events.until(study.as_of)
    if rate.per_100_patient_years is not None:
        return KnownRate(events=seen, expected=years * rate.per_100_patient_years / 100)
    assert rate.historical_events is not None and rate.historical_patient_years is not None
    ratio = years / rate.historical_patient_years
    return EstimatedRate(events=seen, historical_events=rate.historical_events, time_ratio=ratio)


def screen(study: Study, running: Running, *, shortcuts: bool = True) -> bool:
    """Look at a tier 2 watch; whether the set that e-BH rejects must be found anew.

    Only e-values of at least ``1/q`` can ever be rejected, so nothing below is kept.
    """
    watch = running.watch
    held = study.strong.pop(watch.id, None)
    counted = running.verdict is not None and running.verdict.ground is not Ground.NO_EVENTS
    seen = seen_on_its_arms(running)
    study.screened += seen - counted
    running.verdict = SILENT
    if seen:
        floor = -log(study.plan.q)
        found = evidence(study, running, floor if shortcuts else None)
        running.verdict = WEAK
        if found is not None and found[1] >= floor:
            running.verdict = Verdict(*NOT_REJECTED, found[1])
            study.strong[watch.id] = found[1]
    return held is not None or watch.id in study.strong or (seen != counted and bool(study.strong))


def seen_on_its_arms(running: Running) -> bool:
    """Whether the watch has a first event on either of its arms: it is one of the K of e-BH."""
    basis, events = running.watch.basis, running.events
    if basis is not None and basis.analysis is Analysis.AS_RANDOMISED:
        return bool(events)
    return bool(events.on(running.treatment) or events.on(running.control or 0))


def reject(study: Study) -> dict[str, Running]:
    """Judge tier 2 by e-BH (Wang & Ramdas 2022) on current e-values; whose level changed."""
    names = sorted(study.strong)
    values = study.strong
    e_values = [exp(min(values[name], LOG_MAX)) for name in names]
    chosen = {names[i] for i in e_bh(e_values, q=study.plan.q, hypotheses=study.screened)}
    changed: dict[str, Running] = {}
    for name in names:
        watch = study.watches[name]
        assert watch.verdict is not None
        if (name in chosen) is not (watch.verdict.level is Level.SIGNAL):
            changed[name] = watch
            watch.verdict = Verdict(*(REJECTED if name in chosen else NOT_REJECTED), values[name])
            if study.trace is not None:
                study.trace.watches.add(name)
    return changed


def announce(study: Study, running: Running) -> Crossing | None:
    """Open an episode, or raise the level of the one that stands, if the verdict is above it.

    Evidence that has fallen back is noted on the episode and told to nobody anew.
    """
    verdict, watch = running.verdict, running.watch
    assert verdict is not None
    episode = study.episodes.get(watch.id)
    if episode is None:
        episode = study.episodes[watch.id] = Episode(1)
    if study.trace is not None:
        study.trace.episodes.add(watch.id)
    episode.stands = verdict.level
    if verdict.level <= episode.level:
        return None
    assert verdict.log_e is not None and study.as_of is not None
    episode.level = verdict.level
    episode.revision += 1
    return Crossing(
        watch=watch.id,
        term=watch.term.name,
        episode=episode.number,
        revision=episode.revision,
        level=verdict.level,
        log_e=verdict.log_e,
        as_of=study.as_of,
    )
