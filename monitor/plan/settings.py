"""The plan's conventions and limits, read from its small tables."""

from __future__ import annotations

from typing import NamedTuple

from monitor.dates import Imputation
from monitor.plan.section import DAYS_MAX, TomlSection

WATCH_LEVEL_MAX = 1e6
SCORE_MAX = 1e9


def read_imputation(section: TomlSection) -> Imputation:
    """The day that a partial date is taken for."""
    rule = section.choice("partial", Imputation, Imputation.FIRST_DAY)
    section.refuse_unknown_keys()
    return rule


def read_window_days(section: TomlSection) -> int | None:
    """How many days after its end a treatment answers for events; None: without an end."""
    is_unbounded = section.values.get("window_days") == "unbounded"
    section.read_keys.add("window_days")
    if isinstance(section.values.get("window_days"), str) and not is_unbounded:
        raise section.error("window_days", "is not days", 'Give whole days, or "unbounded".')
    days = None if is_unbounded else section.integer("window_days", 28, 0, DAYS_MAX)
    section.refuse_unknown_keys()
    return days


def read_watch_level(section: TomlSection) -> float:
    """The e-value from which a watch says `watch`, where it does not say otherwise itself."""
    watch_level = section.number("watch", 5, 1, WATCH_LEVEL_MAX)
    section.refuse_unknown_keys()
    return watch_level


class DataLimits(NamedTuple):
    """How long something may last before somebody is told, in days.

    *as_of_jump_days* is how far `known_at` may run ahead of all that is known,
    *unallocated_days* how long a case may wait for its subject's allocation or treatment,
    *silent_site_days* how long a site may say nothing.
    """

    as_of_jump_days: int
    unallocated_days: int
    silent_site_days: int


def read_data_limits(section: TomlSection) -> DataLimits:
    """The plan's limits; each has a default."""
    data_limits = DataLimits(
        as_of_jump_days=section.integer("as_of_jump_days", 180, 1, DAYS_MAX),
        unallocated_days=section.integer("unallocated_days", 30, 1, DAYS_MAX),
        silent_site_days=section.integer("silent_site_days", 60, 1, DAYS_MAX),
    )
    section.refuse_unknown_keys()
    return data_limits


def read_benefit_risk(root: TomlSection) -> tuple[frozenset[str], tuple[float, ...]]:
    """The instruments whose assessments are taken in, and the scores that make a responder."""
    section = root.table("benefit_risk")
    instruments = section.strings("instruments")
    if instruments is None and "benefit_risk" in root.values:
        raise section.error(None, "has no `instruments`", 'Name them: instruments = ["TIS"].')
    scores = section.items("responder")
    if not all(_is_score(score) for score in scores):
        raise section.error("responder", "is not a list of numbers", "Write it as [20, 40].")
    section.refuse_unknown_keys()
    return frozenset(instruments or ()), tuple(float(score) for score in scores)


def _is_score(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -SCORE_MAX <= value <= SCORE_MAX
