"""Runs thousands of simulated trials in two processes, and counts the crossings of each watch."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.operating.product_looks import crossed_watches, plan_of
from tests.operating.repeated_logrank import logrank_rejects
from tests.operating.settings import Setting
from tests.operating.trials import draw_trial, log_of

TRIALS_PER_CHUNK = 100
PROCESSES = 2
TRIALS, CALENDAR_TRIALS = "trials", "companions"
LOGRANK_EACH_EVENT, LOGRANK_AT_END = "logrank at each event", "logrank at the end"
Tally = Counter[str]
"""The number of trials, and the number in which each watch crossed or each test rejected."""


def count_crossings(setting: Setting, start: int, stop: int) -> Tally:
    """Return the tally of trials *start* to before *stop* of *setting*."""
    bases = [("study", analysis) for analysis in setting.analyses]
    plan, plan_with_calendar = plan_of(bases), plan_of([*bases, ("calendar", "as_treated")])
    tally: Tally = Counter()
    for number in range(start, stop):
        trial = draw_trial(setting, number)
        with_calendar = number < setting.calendar_trials
        tally.update(crossed_watches(plan_with_calendar if with_calendar else plan, log_of(trial)))
        at_each_event, at_end = logrank_rejects(trial)
        tally.update(
            {
                TRIALS: 1,
                CALENDAR_TRIALS: int(with_calendar),
                LOGRANK_EACH_EVENT: int(at_each_event),
                LOGRANK_AT_END: int(at_end),
            }
        )
    return tally


def run_campaign(settings: Iterable[Setting], processes: int = PROCESSES) -> dict[str, Tally]:
    """Return the tally of each of *settings* by name, the same for any number of *processes*."""
    chunks = [
        (setting, start, min(start + TRIALS_PER_CHUNK, setting.trials))
        for setting in settings
        for start in range(0, setting.trials, TRIALS_PER_CHUNK)
    ]
    tallies: dict[str, Tally] = {setting.name: Counter() for setting, *_ in chunks}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        setting_by_future = {pool.submit(count_crossings, *chunk): chunk[0] for chunk in chunks}
        for chunks_done, future in enumerate(as_completed(setting_by_future), start=1):
            tallies[setting_by_future[future].name].update(future.result())
            print(f"\r{chunks_done} of {len(chunks)} chunks", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return tallies


def tolerated_share(level: int, trials: int) -> float:
    """Return 1 / *level* plus three standard errors of a proportion of *trials*."""
    bound = 1 / level
    return bound + 3 * (bound * (1 - bound) / trials) ** 0.5


def exceeded_bounds(setting: Setting, tally: Tally, time: str = "study") -> list[str]:
    """Return a message for each claimed bound on false alarms that *tally* exceeds."""
    trials = tally[TRIALS if time == "study" else CALENDAR_TRIALS]
    return [
        f"{setting.name}: {watch} crossed in {tally[watch]} of {trials} trials"
        for analysis in setting.claimed_analyses
        for level in (20, 100)
        for watch in [f"{time}.{analysis}.{level}"]
        if tally[watch] / trials > tolerated_share(level, trials)
    ]
