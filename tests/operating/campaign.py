"""Runs thousands of simulated trials, on two processes, and counts how often each bell rang."""

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
"""How many trials there were, and in how many each watch and each test rang."""


def count_crossings(setting: Setting, start: int, stop: int) -> Tally:
    """What rang in trials *start* to *stop* of *setting*."""
    bases = [("study", analysis) for analysis in setting.analyses]
    plan, wide = plan_of(bases), plan_of([*bases, ("calendar", "as_treated")])
    tally: Tally = Counter()
    for number in range(start, stop):
        trial = draw_trial(setting, number)
        compared = number < setting.calendar_trials
        tally.update(crossed_watches(wide if compared else plan, log_of(trial)))
        each, once = logrank_rejects(trial)
        tally.update(
            {
                TRIALS: 1,
                CALENDAR_TRIALS: int(compared),
                LOGRANK_EACH_EVENT: int(each),
                LOGRANK_AT_END: int(once),
            }
        )
    return tally


def run_campaign(settings: Iterable[Setting], processes: int = PROCESSES) -> dict[str, Tally]:
    """The tally of each of *settings*, by name; the same for any number of *processes*."""
    chunks = [
        (setting, start, min(start + TRIALS_PER_CHUNK, setting.trials))
        for setting in settings
        for start in range(0, setting.trials, TRIALS_PER_CHUNK)
    ]
    tallies: dict[str, Tally] = {setting.name: Counter() for setting, *_ in chunks}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(count_crossings, *chunk): chunk[0] for chunk in chunks}
        for done, future in enumerate(as_completed(waiting), start=1):
            tallies[waiting[future].name].update(future.result())
            print(f"\r{done} of {len(chunks)} chunks", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return tallies


def tolerated_share(level: int, trials: int) -> float:
    """The promise at *level* plus three standard errors of a share of *trials*."""
    promise = 1 / level
    return promise + 3 * (promise * (1 - promise) / trials) ** 0.5


def broken_promises(setting: Setting, tally: Tally, time: str = "study") -> list[str]:
    """The promises about *setting* that *tally* does not keep."""
    trials = tally[TRIALS if time == "study" else CALENDAR_TRIALS]
    return [
        f"{setting.name}: {watch} rang in {tally[watch]} of {trials}"
        for analysis in setting.promised_analyses
        for level in (20, 100)
        for watch in [f"{time}.{analysis}.{level}"]
        if tally[watch] / trials > tolerated_share(level, trials)
    ]
