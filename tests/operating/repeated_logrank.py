"""Logrank tests at level 0.05, repeated after each event and done once at the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.operating.trials import NEVER, Trial

ONE_SIDED_5_PERCENT = 1.6448536269514722
FIRST_LOOK = 5
"""The first event with a look; before it the normal approximation is too poor to show the effect
of repeated looks."""


def logrank_rejects(trial: Trial) -> tuple[bool, bool]:
    """Return whether a one-sided logrank test at 0.05 rejects at any look, and at the last one.

    The test is on study time and as treated, like the watch, with a look after each event.
    """
    z = logrank_by_look(trial)[FIRST_LOOK - 1 :]
    rejects = z >= ONE_SIDED_5_PERCENT
    return bool(rejects.any()), bool(rejects[-1:].any())


def logrank_by_look(trial: Trial) -> NDArray[np.float64]:
    """Return the logrank statistic after each event, in the order of reporting."""
    with_event = np.flatnonzero(trial.event < NEVER)
    reported_on = trial.day_0[with_event] + trial.reported[with_event]
    order = np.argsort(reported_on, kind="stable")
    with_event, reported_on = with_event[order], reported_on[order]
    days, day_index = np.unique(trial.event[with_event], return_inverse=True)
    treated = (trial.allocated[with_event] == 1) | (
        trial.event[with_event] >= trial.switch[with_event]
    )
    event_on_day = np.zeros((len(with_event), len(days)))
    event_on_day[np.arange(len(with_event)), day_index] = 1
    events = event_on_day.cumsum(axis=0)
    events_treated = (event_on_day * treated[:, None]).cumsum(axis=0)
    on_drug = _at_risk(trial, days, reported_on, drug=True)
    at_risk = on_drug + _at_risk(trial, days, reported_on, drug=False)
    share = np.divide(on_drug, at_risk, out=np.zeros_like(on_drug), where=at_risk > 0)
    tie_correction = np.divide(
        at_risk - events, at_risk - 1, out=np.zeros_like(on_drug), where=at_risk > 1
    )
    excess = (events_treated - events * share).sum(axis=1)
    variance = (events * share * (1 - share) * np.maximum(tie_correction, 0)).sum(axis=1)
    return np.divide(excess, np.sqrt(variance), out=np.zeros_like(excess), where=variance > 0)


def _at_risk(
    trial: Trial, days: NDArray[np.int64], looks: NDArray[np.int64], *, drug: bool
) -> NDArray[np.float64]:
    """Return the numbers at risk on one arm as seen at each look, by look and study day."""
    day, switch = days[:, None], np.where(trial.allocated == 1, 0, trial.switch)
    on_arm = day >= switch if drug else day < switch
    present = on_arm & (day < trial.leave)
    enters = np.where(present, trial.day_0 + day, 2 * NEVER)
    exits = np.where(day > trial.event, trial.day_0 + trial.reported, 2 * NEVER)
    look_days = looks[:, None, None]
    return ((enters[None] <= look_days) & (look_days < exits[None])).sum(axis=2).astype(np.float64)
