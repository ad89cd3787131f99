"""The product under trial: its own plan, its own fold, and which of its watches rang."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import product

from monitor.fold.fold import fold, open_study
from monitor.records import PlanRecord, Record
from monitor.state.entities import RecordOutcome

TERMS = {20: 'preferred_term = "Event"', 100: 'system_organ_class = "Events"'}
"""Every simulated case has both terms, so one is watched at 20, the other at 100, and none is
left for the screening to judge."""

ALPHA = 0.5
"""Only so that every watch of the plan can have its boundary: what is tried is each alone."""

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
    """A plan that watches on *bases*, (time, analysis), and rings at 20 and at 100 only."""
    watches = [
        PLAN_WATCH.format(
            time=time, analysis=analysis, level=level, term=term, share=1 / (ALPHA * level)
        )
        for (time, analysis), (level, term) in product(bases, TERMS.items())
    ]
    toml = PLAN_HEAD + "".join(watches)
    return Record("SIM", "sim/plan", 1, 0, 0, PlanRecord(toml, sha256(toml.encode()).hexdigest()))


def crossed_watches(plan: Record, log: Iterable[Record]) -> set[str]:
    """The watches that rang, each record folded alone and in turn."""
    study, _ = open_study(plan)
    assert study is not None, "the plan was refused"
    crossed: set[str] = set()
    for record in log:
        result = fold(study, record)
        assert result.outcome is RecordOutcome.FOLDED, f"{record} was {result.outcome}"
        crossed.update(crossing.watch_id for crossing in result.crossings)
    return crossed
