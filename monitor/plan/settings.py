"""The plan's conventions and limits, read from its small tables."""

from __future__ import annotations

from typing import NamedTuple

from monitor.dates import Imputation
from monitor.plan.section import DAYS_MAX, Section

LEVEL_MAX = 1e6
SCORE_MAX = 1e9


def imputation_in(section: Section) -> Imputation:
    """The day that a partial date is taken for."""
    rule = section.choice("partial", Imputation, Imputation.FIRST_DAY)
    section.close()
    return rule


def window_in(section: Section) -> int | None:
    """How many days after its end a treatment answers for events; None: without an end."""
    unbounded = section.values.get("window_days") == "unbounded"
    section.taken.add("window_days")
    if isinstance(section.values.get("window_days"), str) and not unbounded:
        raise section.error("window_days", "is not days", 'Give whole days, or "unbounded".')
    days = None if unbounded else section.whole("window_days", 28, 0, DAYS_MAX)
    section.close()
    return days


def level_in(section: Section) -> float:
    """The e-value from which a watch says `watch`, where it does not say otherwise itself."""
    level = section.number("watch", 5, 1, LEVEL_MAX)
    section.close()
    return level


class Limits(NamedTuple):
    """How long something may last before somebody is told, in days.

    *as_of_jump_days* is how far `known_at` may run ahead of all that is known,
    *unallocated_days* how long a case may wait for its subject's allocation or treatment,
    *silent_site_days* how long a site may say nothing.
    """

    as_of_jump_days: int
    unallocated_days: int
    silent_site_days: int


def limits_in(section: Section) -> Limits:
    """The plan's limits; each has a default."""
    limits = Limits(
        as_of_jump_days=section.whole("as_of_jump_days", 180, 1, DAYS_MAX),
        unallocated_days=section.whole("unallocated_days", 30, 1, DAYS_MAX),
        silent_site_days=section.whole("silent_site_days", 60, 1, DAYS_MAX),
    )
    section.close()
    return limits


def panel_in(root: Section) -> tuple[frozenset[str], tuple[float, ...]]:
    """The instruments whose assessments are taken in, and the scores that make a responder."""
    section = root.table("benefit_risk")
    instruments = section.words("instruments")
    if instruments is None and "benefit_risk" in root.values:
        raise section.error(None, "has no `instruments`", 'Name them: instruments = ["TIS"].')
    scores = section.items("responder")
    if not all(_is_score(score) for score in scores):
        raise section.error("responder", "is not a list of numbers", "Write it as [20, 40].")
    section.close()
    return frozenset(instruments or ()), tuple(float(score) for score in scores)


def _is_score(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -SCORE_MAX <= value <= SCORE_MAX
