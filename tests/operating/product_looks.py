"""The product under trial: its own plan, its own fold, and which of its watches rang."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import product

from monitor.fold.fold import first_step, fold
from monitor.records import Plan, Record
from monitor.state.entities import Outcome

TERMS = {20: 'preferred_term = "Event"', 100: 'system_organ_class = "Events"'}
"""Every simulated case has both terms, so one is watched at 20, the other at 100, and none is
left for the screening to judge."""

ALPHA = 0.5
"""Only so that every watch of the plan can have its boundary: what is tried is each alone."""

HEAD = f"""
study = "SIM"
alpha = {ALPHA}
[treatments]
control = "placebo"
active = ["drug"]
[[periods]]
id = "P"
[at_risk]
window_days = 0
[limits]
as_of_jump_days = 3650
"""

WATCH = """
[[watches]]
id = "{time}.{analysis}.{level}"
{term}
analysis = "{analysis}"
time = "{time}"
share = {share}
watch_level = {level}
"""


def plan_of(bases: Iterable[tuple[str, str]]) -> Record:
    """A plan that watches on *bases*, (time, analysis), and rings at 20 and at 100 only."""
    watches = [
        WATCH.format(
            time=time, analysis=analysis, level=level, term=term, share=1 / (ALPHA * level)
        )
        for (time, analysis), (level, term) in product(bases, TERMS.items())
    ]
    toml = HEAD + "".join(watches)
    return Record("SIM", "sim/plan", 1, 0, 0, Plan(toml, sha256(toml.encode()).hexdigest()))


def rung(plan: Record, log: Iterable[Record]) -> set[str]:
    """The watches that rang, each record folded alone and in turn."""
    study, _ = first_step(plan)
    assert study is not None, "the plan was refused"
    heard: set[str] = set()
    for record in log:
        step = fold(study, record)
        assert step.outcome is Outcome.FOLDED, f"{record} was {step.outcome}"
        heard.update(crossing.watch for crossing in step.crossings)
    return heard
