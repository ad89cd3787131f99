"""Folds simulated trials with the product, under its own plan, and returns the crossed watches."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import product

from monitor.fold.fold import fold, open_study
from monitor.records import PlanRecord, Record
from monitor.state.entities import RecordOutcome

TERMS = {20: 'preferred_term = "Event"', 100: 'system_organ_class = "Events"'}
"""The term of each level.

Every simulated case has both terms, so one is watched at 20 and the other at 100, and tier 2 has
no term left.
"""

ALPHA = 0.5
"""Large enough for every watch of the plan to have its boundary; each watch is counted alone."""

PLAN_HEAD = f"""
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

PLAN_WATCH = """
[[watches]]
id = "{time}.{analysis}.{level}"
{term}
analysis = "{analysis}"
time = "{time}"
share = {share}
watch_level = {level}
"""


def plan_of(bases: Iterable[tuple[str, str]]) -> Record:
    """Return a plan with a watch at 20 and at 100 on each of *bases*, (time, analysis)."""
    watches = [
        PLAN_WATCH.format(
            time=time, analysis=analysis, level=level, term=term, share=1 / (ALPHA * level)
        )
        for (time, analysis), (level, term) in product(bases, TERMS.items())
    ]
    toml = PLAN_HEAD + "".join(watches)
    return Record("SIM", "sim/plan", 1, 0, 0, PlanRecord(toml, sha256(toml.encode()).hexdigest()))


def crossed_watches(plan: Record, log: Iterable[Record]) -> set[str]:
    """Return the ids of the watches that cross when *log* is folded record by record."""
    study, _ = open_study(plan)
    assert study is not None, "the plan was refused"
    crossed: set[str] = set()
    for record in log:
        result = fold(study, record)
        assert result.outcome is RecordOutcome.FOLDED, f"{record} was {result.outcome}"
        crossed.update(crossing.watch_id for crossing in result.crossings)
    return crossed
