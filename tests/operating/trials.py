"""Simulated trials: drawn from a setting and a seed, and told as the records of their log."""

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
"""The day it is known, the thing, its version, and what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One entry a patient.  *day_0* is its first calendar day, all others are study days.

    A patient is at risk on ``[0, leave)``, receives the drug from *switch* on if it is a control,
    and has its first event on *event*; NEVER is a day that does not come.
    """

    setting: Setting
    allocated: Days
    day_0: Days
    switch: Days
    leave: Days
    event: Days
    reported: Days


def draw_trial(setting: Setting, number: int) -> Trial:
    """The trial that *number* names in *setting*: the same one whoever asks."""
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
    """How much more than others each patient is at risk: gamma with mean 1."""
    variance = setting.frailty_variance
    return rng.gamma(1 / variance, variance, size) if variance else np.ones(size)


def _switch_by_lot(setting: Setting, rng: np.random.Generator, allocated: Days) -> Days:
    """The study day from which each patient receives the drug instead of placebo."""
    controls = np.flatnonzero(allocated == 0)
    movers = controls[rng.random(len(controls)) < setting.crossover]
    switch = np.full(len(allocated), NEVER, dtype=np.int64)
    switch[movers] = rng.integers(1, setting.follow_up_days, len(movers))
    return switch


def _escape(setting: Setting, allocated: Days, frailty: NDArray[np.float64], event: Days) -> Days:
    """The same where the frailest controls without an *event* switch, all on one study day."""
    free = np.flatnonzero((allocated == 0) & (event >= setting.escape_day))
    wanted = round(setting.escape * setting.control)
    switch = np.full(len(allocated), NEVER, dtype=np.int64)
    switch[free[np.argsort(-frailty[free])][:wanted]] = setting.escape_day
    return switch


def _leave(setting: Setting, rng: np.random.Generator, allocated: Days) -> Days:
    """The first study day on which each patient is no longer seen."""
    share = np.array(setting.dropout)[allocated]
    rate = -np.log1p(-share) / setting.follow_up_days
    waits = rng.exponential(1.0, len(allocated))
    days = np.minimum(setting.follow_up_days, waits / np.maximum(rate, 1e-12))
    return np.maximum(1, days.astype(np.int64))


def _event(setting: Setting, waits: NDArray[np.float64], allocated: Days, switch: Days) -> Days:
    """The study day of each patient's first event, were it seen for long enough.

    It comes when the hazard that the patient has been through exceeds its *waits*.
    """
    days = np.arange(setting.follow_up_days)
    treated = (allocated == 1)[:, None] | (days >= switch[:, None])
    hazard = hazard_by_day(setting) * np.where(treated, setting.rate_ratio, 1.0)
    day = (hazard.cumsum(axis=1) < waits[:, None]).sum(axis=1)
    return np.where(day < setting.follow_up_days, day, NEVER)


def hazard_by_day(setting: Setting) -> NDArray[np.float64]:
    """The hazard of each study day, which falls; scaled to give *with_event* of the controls."""
    day, constant = np.arange(setting.follow_up_days), setting.constant_days
    a_day = constant * (1 - exp(-1 / constant))
    shape = 1 + (setting.hazard_fall - 1) * a_day * np.exp(-day / constant)
    without, variance = 1 - setting.with_event, setting.frailty_variance
    total = (without**-variance - 1) / variance if variance else -log(without)
    return shape * (total / shape.sum())


def log_of(trial: Trial) -> Iterator[Record]:
    """The records of *trial* in the order in which they become known."""
    statements = [
        one for patient in range(len(trial.day_0)) for one in _statements_of(trial, patient)
    ]
    step = trial.setting.tick_every_days
    last = max(day for day, *_ in statements)
    ticks = range(FIRST_DAY, last + 1, step) if step else ()
    statements += [(day, f"tick-{day}", 1, Tick(day)) for day in ticks]
    # The sort keeps what is known on one day in the order of the patients, who entered by lot,
    # and events after the facts of that day.
    for day, entity, version, body in sorted(statements, key=lambda one: (one[0], _rank(one[3]))):
        known_at = (day - EPOCH_DAY) * SECONDS_PER_DAY
        yield Record("SIM", f"sim/{entity}", version, known_at, 0, body)


def _rank(body: Body) -> int:
    return 2 if isinstance(body, Tick) else int(isinstance(body, AdverseEvent))


def _statements_of(trial: Trial, patient: int) -> Iterator[Statement]:
    """What becomes known of one patient."""
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
    """Each treatment is told twice, when it starts and when it has ended."""
    switch, leave = int(trial.switch[patient]), int(trial.leave[patient])
    received = [(0, min(switch, leave), arm)]
    if switch < NEVER:
        received.append((switch, leave, ARMS[1]))
    for start, end, what in received:
        entity, begin, after = f"{name}-{start}", day_0 + start, day_0 + end
        yield begin, entity, 1, Treatment(subject=name, treatment=what, period="P", start=begin)
        ended = Treatment(subject=name, treatment=what, period="P", start=begin, end=after)
        yield after, entity, 2, ended
