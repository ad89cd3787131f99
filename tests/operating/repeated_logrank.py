"""What a board does without a sequential method: a test at 0.05 after each event."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.operating.trials import NEVER, Trial

ONE_SIDED_5_PERCENT = 1.6448536269514722
FIRST_LOOK = 5
"""Before the fifth event the normal approximation would be blamed for what the looks do."""


def logrank_rejects(trial: Trial) -> tuple[bool, bool]:
    """Whether a one-sided logrank test at 0.05 rejects at any of its looks, and at its last.

    On study time and as treated, like the watch it stands beside, with a look after each event.
    """
    z = logrank_by_look(trial)[FIRST_LOOK - 1 :]
    rejects = z >= ONE_SIDED_5_PERCENT
    return bool(rejects.any()), bool(rejects[-1:].any())


def logrank_by_look(trial: Trial) -> NDArray[np.float64]:
    """The logrank statistic after each event, in the order in which they were reported."""
    seen = np.flatnonzero(trial.event < NEVER)
    known = trial.day_0[seen] + trial.reported[seen]
    order = np.argsort(known, kind="stable")
    seen, known = seen[order], known[order]
    days, day_index = np.unique(trial.event[seen], return_inverse=True)
    treated = (trial.allocated[seen] == 1) | (trial.event[seen] >= trial.switch[seen])
    happened = np.zeros((len(seen), len(days)))
    happened[np.arange(len(seen)), day_index] = 1
    events = happened.cumsum(axis=0)
    events_treated = (happened * treated[:, None]).cumsum(axis=0)
    on = _at_risk(trial, days, known, drug=True)
    both = on + _at_risk(trial, days, known, drug=False)
    share = np.divide(on, both, out=np.zeros_like(on), where=both > 0)
    left = np.divide(both - events, both - 1, out=np.zeros_like(on), where=both > 1)
    excess = (events_treated - events * share).sum(axis=1)
    variance = (events * share * (1 - share) * np.maximum(left, 0)).sum(axis=1)
    return np.divide(excess, np.sqrt(variance), out=np.zeros_like(excess), where=variance > 0)


def _at_risk(
    trial: Trial, days: NDArray[np.int64], looks: NDArray[np.int64], *, drug: bool
) -> NDArray[np.float64]:
    """How many of an arm were at risk on each study day as seen at each look."""
    day, switch = days[:, None], np.where(trial.allocated == 1, 0, trial.switch)
    mine = day >= switch if drug else day < switch
    there = mine & (day < trial.leave)
    since = np.where(there, trial.day_0 + day, 2 * NEVER)
    until = np.where(day > trial.event, trial.day_0 + trial.reported, 2 * NEVER)
    when = looks[:, None, None]
    return ((since[None] <= when) & (when < until[None])).sum(axis=2).astype(np.float64)
