"""The plan's conventions and limits, read from its small tables."""

from __future__ import annotations

from monitor.dates import Imputation
from monitor.plan_text import DAYS_MAX, Section

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


def jump_in(section: Section) -> int:
    """How far `known_at` may run ahead of all that is known."""
    days = section.whole("as_of_jump_days", 180, 1, DAYS_MAX)
    section.close()
    return days


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
