"""Reads the plan's conventions and limits from its small tables."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from monitor.dates import FOREVER, Imputation
from monitor.plan.section import DAYS_MAX, TomlSection

WATCH_LEVEL_MAX = 1e6
SCORE_MAX = 1e9


def read_imputation(section: TomlSection) -> Imputation:
    """Read the rule that imputes partial dates, from [dates]."""
    rule = section.choice("partial", Imputation, Imputation.FIRST_DAY)
    section.refuse_unknown_keys()
    return rule


def read_window_days(section: TomlSection) -> int | None:
    """Read the days after its end on which events count for a treatment, from [at_risk].

    None means without limit; the default is 28 days.
    """
    is_unbounded = section.values.get("window_days") == "unbounded"
    section.read_keys.add("window_days")
    if isinstance(section.values.get("window_days"), str) and not is_unbounded:
        raise section.error(
            "window_days", "is not a number of days", 'Give whole days, or "unbounded".'
        )
    days = None if is_unbounded else section.integer("window_days", 28, 0, DAYS_MAX)
    section.refuse_unknown_keys()
    return days


def read_watch_level(section: TomlSection) -> float:
    """Read the default e-value of level `watch` from [levels]; a watch may have its own."""
    watch_level = section.number("watch", 5, 1, WATCH_LEVEL_MAX)
    section.refuse_unknown_keys()
    return watch_level


class DataLimits(NamedTuple):
    """Limits of data findings, in days.

    *as_of_jump_days* is the largest step by which days on record carry the as-of date forward.
    *unallocated_days* is how long the subject of a case may have no allocation or treatment.
    *silent_site_days* is how long a site may send no record.  Days after *no_day_after*, an
    ordinal day, do not count for the as-of date.
    """

    as_of_jump_days: int
    unallocated_days: int
    silent_site_days: int
    no_day_after: int = FOREVER


def read_data_limits(section: TomlSection) -> DataLimits:
    """Read [limits]; each limit has a default."""
    data_limits = DataLimits(
        as_of_jump_days=section.integer("as_of_jump_days", 180, 1, DAYS_MAX),
        unallocated_days=section.integer("unallocated_days", 30, 1, DAYS_MAX),
        silent_site_days=section.integer("silent_site_days", 60, 1, DAYS_MAX),
        no_day_after=section.day("no_day_after", FOREVER),
    )
    section.refuse_unknown_keys()
    return data_limits


class TreatmentSource(StrEnum):
    """Which arm an ingest takes as the treatment received."""

    ARM = "arm"
    ACTUAL_ARM = "actual_arm"


class EndSource(StrEnum):
    """Which date an ingest takes as the end of follow-up (SDTM RFENDTC or RFPENDTC)."""

    REFERENCE = "reference"
    PARTICIPATION = "participation"


class IngestChoices(NamedTuple):
    """What the plan decides about the ingest of listings; no fold depends on it."""

    actual_arm: bool = False
    participation_end: bool = False


def read_ingest_choices(section: TomlSection) -> IngestChoices:
    """Read [ingest]: which treatment and which end of follow-up an ingest takes."""
    treatment = section.choice("treatment", TreatmentSource, TreatmentSource.ARM)
    end = section.choice("follow_up_end", EndSource, EndSource.REFERENCE)
    section.refuse_unknown_keys()
    return IngestChoices(treatment is TreatmentSource.ACTUAL_ARM, end is EndSource.PARTICIPATION)


def read_benefit_risk(root: TomlSection) -> tuple[frozenset[str], tuple[float, ...]]:
    """Read [benefit_risk]: the accepted instruments, and the score thresholds of responders."""
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
