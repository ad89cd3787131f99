"""Judging: which watches a record moved, where they stand now, and who must be told."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, inf, log

from monitor.exposure.first_events import SEVERAL
from monitor.plan.watch import Analysis
from monitor.state.episode import Crossing, Episode
from monitor.state.study import Running, Study
from monitor.state.verdict import Ground, Level, Verdict
from monitor.stats.concurrent import RiskSets, excess_needed
from monitor.stats.e_bh import e_bh
from monitor.stats.e_value import log_e, most_treated_events_can_say
from monitor.stats.reference import EstimatedRate, KnownRate

Likelihood = RiskSets | KnownRate | EstimatedRate
DAYS_A_YEAR = 365.25
LOG_MAX = 700.0
"""Above it ``exp`` overflows; no level comes near."""

REJECTED = Level.SIGNAL, Ground.REJECTED
NOT_REJECTED = Level.QUIET, Ground.NOT_REJECTED
SILENT = Verdict(Level.QUIET, Ground.NO_EVENTS, 0.0)
WEAK = Verdict(*NOT_REJECTED, None)
BELOW = Verdict(Level.QUIET, Ground.BELOW_WATCH, None)

FEW, FEW_ONCE_CUT = 20, 6
"""Up to so many first events, a loop over them is cheaper than their risk sets all at once.

The second holds once another watch has had the columns cut for the day.
"""


def judge(study: Study, running: Iterable[Running], *, shortcuts: bool = True) -> list[Crossing]:
    """Judge the watches in *running* as of now; what rose above its episode comes back."""
    screened = False
    moved: list[Running] = []
    for watch in running:
        before, tier = watch.verdict, watch.bench.watch.tier
        if tier == 2:
            screened |= screen(study, watch, shortcuts=shortcuts)
        elif tier == 1:
            watch.verdict = verdict_of(study, watch, shortcuts=shortcuts)
        if watch.verdict is not before:
            moved.append(watch)
            if study.trace is not None:
                study.trace.watches.add(watch.id)
    if screened:
        moved += reject(study)
    loud = {watch.id: watch for watch in moved if matters(study, watch)}
    crossings = (announce(study, loud[name], name) for name in sorted(loud))
    return [crossing for crossing in crossings if crossing]


def may_move(running: Running, subject: int) -> bool:
    """Whether it moves the watch that *subject* (SEVERAL: not this alone) has its first event.

    Off the watch's own arm it adds ``-log(1 + share (theta - 1))`` to the log-likelihood, and
    takes the subject out of the sets of later events, whose shares rise: evidence falls.  So a
    watch whose evidence was too weak stays where it is.
    """
    verdict, table = running.verdict, running.bench.follow_up
    if subject == SEVERAL or verdict is None or table is None:
        return True
    if verdict.log_e is not None or verdict.ground is Ground.NO_EVENTS:
        return True
    return running.bench.treatment in table.arms_of(subject)


def matters(study: Study, running: Running) -> bool:
    """Whether the watch was judged, and is above quiet or once was."""
    if running.verdict is None:
        return False
    if running.verdict.level is not Level.QUIET:
        return True
    return bool(study.episodes) and running.id in study.episodes


def verdict_of(study: Study, running: Running, *, shortcuts: bool = True) -> Verdict:
    """Where a tier 1 watch stands: evidence against the plan's levels."""
    watch = running.bench.watch
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
    """The watch's likelihood and log E, or None where a bound proves log E below *floor*.

    The bounds, each sharper than the last: all treated events at their most; their excess over
    the sum of the shares of their risk sets; smallest, largest and mean share.
    """
    if floor is None:
        likelihood = likelihood_of(study, running)
        return likelihood, log_e(likelihood.log_likelihood)
    if most_can_say(running) < floor:
        return None
    if running.bench.follow_up is None:
        likelihood = against_rate(study, running)
    else:
        likelihood = risk_sets(study, running, excess_needed(floor))
        if likelihood is None or likelihood.log_e_bound(enough=floor) < floor:
            return None
    return likelihood, log_e(likelihood.log_likelihood)


def most_can_say(running: Running) -> float:
    """An upper limit of log E that needs no risk sets: every event on treatment at its most."""
    events, bench = running.events, running.bench
    table = bench.follow_up
    if table is None or table.analysis is Analysis.AS_RANDOMISED:
        return most_treated_events_can_say(len(events))
    return most_treated_events_can_say(events.on(bench.treatment))


def likelihood_of(study: Study, running: Running) -> Likelihood:
    """The one function from which everything a watch reports is computed, as of now."""
    if running.bench.follow_up is None:
        return against_rate(study, running)
    found = risk_sets(study, running)
    assert found is not None
    return found


def risk_sets(study: Study, running: Running, excess: float = -inf) -> RiskSets | None:
    """Who was at risk at each first event, found by whichever way is cheaper.

    None where fewer treated events exceed the sum of their shares than *excess*.
    """
    events, bench, day = running.events, running.bench, study.as_of
    table, treatment, control = bench.follow_up, bench.treatment, bench.control
    assert table is not None and control is not None and day is not None
    few = FEW_ONCE_CUT if table.is_cut(events, day) else FEW
    if len(events) > few or table.crossed:
        treated, on, off = table.risk_sets(events, day).between(treatment, control)
        return RiskSets.of(treated=treated, on_treatment=on, on_control=off)
    found = table.shares(events, day, treatment, control, excess)
    return found and RiskSets(treated=found[0], events=len(found[1]), share=found[1])


def against_rate(study: Study, running: Running) -> KnownRate | EstimatedRate:
    """First events on one treatment against the rate that the plan fixed for them."""
    events, rate = running.events, running.bench.watch.rate
    assert rate is not None and events.at_risk is not None and study.as_of is not None
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
    held = study.strong.pop(running, None) if study.strong else None
    before, running.verdict = running.verdict, SILENT
    counted = before is not None and before.ground is not Ground.NO_EVENTS
    seen = seen_on_its_arms(running)
    study.screened += seen - counted
    if seen:
        floor = -log(study.plan.q)
        found = evidence(study, running, floor if shortcuts else None)
        running.verdict = WEAK
        if found is not None and found[1] >= floor:
            running.verdict = Verdict(*NOT_REJECTED, found[1])
            study.strong[running] = found[1]
            return True
    return held is not None or (seen != counted and bool(study.strong))


def seen_on_its_arms(running: Running) -> bool:
    """Whether the watch has a first event on either of its arms: it is one of the K of e-BH."""
    bench, events = running.bench, running.events
    basis = bench.watch.basis
    if basis is not None and basis.analysis is Analysis.AS_RANDOMISED:
        return bool(events)
    return bool(events.on(bench.treatment) or events.on(bench.control or 0))


def reject(study: Study) -> list[Running]:
    """Judge tier 2 by e-BH (Wang & Ramdas 2022) on current e-values; whose level changed."""
    names = {running.id: running for running in study.strong}
    strong = [names[name] for name in sorted(names)]
    e_values = [exp(min(study.strong[running], LOG_MAX)) for running in strong]
    chosen = set(e_bh(e_values, q=study.plan.q, hypotheses=study.screened))
    changed: list[Running] = []
    for at, running in enumerate(strong):
        assert running.verdict is not None
        if (at in chosen) is not (running.verdict.level is Level.SIGNAL):
            changed.append(running)
            standing = REJECTED if at in chosen else NOT_REJECTED
            running.verdict = Verdict(*standing, study.strong[running])
            if study.trace is not None:
                study.trace.watches.add(running.id)
    return changed


def announce(study: Study, running: Running, name: str) -> Crossing | None:
    """Open an episode, or raise the level of the one that stands, if the verdict is above it.

    Evidence that has fallen back is noted on the episode and told to nobody anew.  One that was
    closed is followed by the next when the evidence rises above where it has stood since.
    """
    verdict = running.verdict
    assert verdict is not None
    episode = study.episodes.get(name)
    if episode is None:
        episode = study.episodes[name] = Episode(1)
    elif episode.closed and verdict.level > episode.stands:
        episode = study.episodes[name] = Episode(episode.number + 1)
    if study.trace is not None:
        study.trace.episodes.add(name)
    episode.stands = verdict.level
    if verdict.level <= episode.level:
        return None
    assert verdict.log_e is not None and study.as_of is not None
    episode.level = verdict.level
    episode.revision += 1
    return Crossing(
        watch=name,
        term=running.watch.term.name,
        episode=episode.number,
        revision=episode.revision,
        level=verdict.level,
        log_e=verdict.log_e,
        as_of=study.as_of,
    )
