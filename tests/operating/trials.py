"""Simulates trials from a setting and a seed, and converts them to the records of their log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import exp, log
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from monitor.records import (
    EPOCH_DAY,
    SECONDS_PER_DAY,
    AdverseEvent,
    Body,
    Disposition,
    Record,
    Status,
    Subject,
    Tick,
    Treatment,
)
from tests.operating.settings import Setting

SEED = 20170305
FIRST_DAY = date(2017, 3, 5).toordinal()
NEVER = 1_000_000
ARMS = ("placebo", "drug")
Days = NDArray[np.int64]
Statement = tuple[int, str, int, Body]
"""The day on which it becomes known, the entity, its version, and the body of the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One array element per patient; *day_0* is a calendar day, all other days are study days.

    A patient is at risk on ``[0, leave)``.  A control receives the drug from day *switch* on.  The
    first event is on day *event*.  NEVER is a day that does not occur.
    """

    setting: Setting
    allocated: Days
    day_0: Days
    switch: Days
    leave: Days
    event: Days
    reported: Days


def draw_trial(setting: Setting, number: int) -> Trial:
    """Return trial *number* of *setting*, which is always the same."""
    rng = np.random.default_rng([SEED, crc32(setting.name.encode()), number])
    size = setting.treated + setting.control
    allocated = rng.permutation(np.repeat([1, 0], [setting.treated, setting.control]))
    frailty = _frailty(setting, rng, size)
    switch = _switch_by_lot(setting, rng, allocated)
    leave = _leave(setting, rng, allocated)
    waits = rng.exponential(1.0, size) / frailty
    if setting.escape:
        switch = _escape(setting, allocated, frailty, _event(setting, waits, allocated, switch))
    event = _event(setting, waits, allocated, switch)
    day_0 = FIRST_DAY + rng.integers(0, setting.entry_days, size)
    event[event >= leave] = NEVER
    lag = rng.exponential(setting.lag_days, size) if setting.lag_days else np.zeros(size)
    return Trial(
        setting=setting,
        allocated=allocated,
        day_0=day_0,
        switch=np.where(switch < leave, switch, NEVER),
        leave=leave,
        event=event,
        reported=event + lag.astype(np.int64),
    )


def _frailty(setting: Setting, rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Return the factor of each patient's hazard: gamma with mean 1."""
    variance = setting.frailty_variance
    return rng.gamma(1 / variance, variance, size) if variance else np.ones(size)


def _switch_by_lot(setting: Setting, rng: np.random.Generator, allocated: Days) -> Days:
    """Return the study day from which each patient switches to the drug, at random."""
    controls = np.flatnonzero(allocated == 0)
    switchers = controls[rng.random(len(controls)) < setting.crossover]
    switch = np.full(len(allocated), NEVER, dtype=np.int64)
    switch[switchers] = rng.integers(1, setting.follow_up_days, len(switchers))
    return switch


def _escape(setting: Setting, allocated: Days, frailty: NDArray[np.float64], event: Days) -> Days:
    """Return the switch days if the frailest controls without an *event* switch on one day."""
    event_free = np.flatnonzero((allocated == 0) & (event >= setting.escape_day))
    switch_count = round(setting.escape * setting.control)
    switch = np.full(len(allocated), NEVER, dtype=np.int64)
    switch[event_free[np.argsort(-frailty[event_free])][:switch_count]] = setting.escape_day
    return switch


def _leave(setting: Setting, rng: np.random.Generator, allocated: Days) -> Days:
    """Return the first study day on which each patient is no longer followed."""
    share = np.array(setting.dropout)[allocated]
    rate = -np.log1p(-share) / setting.follow_up_days
    waits = rng.exponential(1.0, len(allocated))
    days = np.minimum(setting.follow_up_days, waits / np.maximum(rate, 1e-12))
    return np.maximum(1, days.astype(np.int64))


def _event(setting: Setting, waits: NDArray[np.float64], allocated: Days, switch: Days) -> Days:
    """Return the study day of each patient's first event, before dropout is applied.

    The event occurs when the cumulative hazard of the patient exceeds its element of *waits*.
    """
    days = np.arange(setting.follow_up_days)
    treated = (allocated == 1)[:, None] | (days >= switch[:, None])
    hazard = hazard_by_day(setting) * np.where(treated, setting.rate_ratio, 1.0)
    day = (hazard.cumsum(axis=1) < waits[:, None]).sum(axis=1)
    return np.where(day < setting.follow_up_days, day, NEVER)


def hazard_by_day(setting: Setting) -> NDArray[np.float64]:
    """Return the falling hazard of each study day, scaled to give *with_event* of the controls."""
    day, constant = np.arange(setting.follow_up_days), setting.constant_days
    a_day = constant * (1 - exp(-1 / constant))
    shape = 1 + (setting.hazard_fall - 1) * a_day * np.exp(-day / constant)
    event_free, variance = 1 - setting.with_event, setting.frailty_variance
    total = (event_free**-variance - 1) / variance if variance else -log(event_free)
    return shape * (total / shape.sum())


def log_of(trial: Trial) -> Iterator[Record]:
    """Yield the records of *trial* in the order in which they become known."""
    statements = [
        one for patient in range(len(trial.day_0)) for one in _statements_of(trial, patient)
    ]
    step = trial.setting.tick_every_days
    last = max(day for day, *_ in statements)
    ticks = range(FIRST_DAY, last + 1, step) if step else ()
    statements += [(day, f"tick-{day}", 1, Tick(day)) for day in ticks]
    # The sort is stable: records of one day remain in the order of the patients, which is random,
    # with events after other records, and ticks last.
    for day, entity, version, body in sorted(statements, key=lambda one: (one[0], _rank(one[3]))):
        known_at = (day - EPOCH_DAY) * SECONDS_PER_DAY
        yield Record("SIM", f"sim/{entity}", version, known_at, 0, body)


def _rank(body: Body) -> int:
    return 2 if isinstance(body, Tick) else int(isinstance(body, AdverseEvent))


def _statements_of(trial: Trial, patient: int) -> Iterator[Statement]:
    """Yield the records about one patient, each with the day on which it becomes known."""
    name, day_0 = f"P{patient}", int(trial.day_0[patient])
    arm = ARMS[trial.allocated[patient]]
    yield day_0, f"{name}-subject", 1, Subject(subject=name, randomised_treatment=arm, date=day_0)
    yield from _treatments(trial, patient, name, arm, day_0)
    leave = int(trial.leave[patient])
    if leave < trial.setting.follow_up_days:
        last_day = day_0 + leave - 1
        body = Disposition(subject=name, status=Status.WITHDREW, date=last_day)
        yield last_day, f"{name}-leaves", 1, body
    if trial.event[patient] < NEVER:
        onset = day_0 + int(trial.event[patient])
        case = AdverseEvent(
            subject=name, preferred_term="Event", system_organ_class="Events", onset=onset
        )
        yield day_0 + int(trial.reported[patient]), f"{name}-event", 1, case


def _treatments(trial: Trial, patient: int, name: str, arm: str, day_0: int) -> Iterator[Statement]:
    """Yield two versions of each treatment, when it starts and when it has ended."""
    switch, leave = int(trial.switch[patient]), int(trial.leave[patient])
    received = [(0, min(switch, leave), arm)]
    if switch < NEVER:
        received.append((switch, leave, ARMS[1]))
    for start, end, treatment in received:
        entity, begin, after = f"{name}-{start}", day_0 + start, day_0 + end
        yield (
            begin,
            entity,
            1,
            Treatment(subject=name, treatment=treatment, period="P", start=begin),
        )
        ended = Treatment(subject=name, treatment=treatment, period="P", start=begin, end=after)
        yield after, entity, 2, ended
