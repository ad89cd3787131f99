"""A watch of the plan: one comparison and its share of alpha."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.terms import Term

POOL = "+"
"""Joins the names of pooled treatments; no name of a treatment may contain it."""


class ControlKind(StrEnum):
    """What a watch compares with: a control arm or a reference rate.

    21 CFR 312.32(c)(1)(i)(C) names concurrent and historical control groups.
    """

    CONCURRENT = "concurrent"
    REFERENCE = "reference"


class Analysis(StrEnum):
    """Which arm an event counts for: the treatment received, or the arm randomised to."""

    AS_TREATED = "as_treated"
    AS_RANDOMISED = "as_randomised"


class TimeScale(StrEnum):
    """Time scale of risk sets: days since the subject's first treatment, or calendar days."""

    STUDY = "study"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSetBasis:
    """The period, analysis and time scale that define the risk sets of a concurrent watch."""

    period: str
    analysis: Analysis
    time_scale: TimeScale


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRate:
    """A rate fixed before unblinding: known, or estimated from historical events.

    Either *per_100_patient_years* is set, or both *historical_events* and
    *historical_patient_years*.
    """

    per_100_patient_years: float | None = None
    historical_events: int | None = None
    historical_patient_years: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One comparison of a term on a treatment with a control arm or a reference rate.

    A concurrent watch has *control* and *risk_set_basis*; a reference watch has
    *reference_rate*, *source* and optionally *period*.  Tier 1 spends *share* of the plan's
    alpha, tier 2 is tested by e-BH over all its watches, tier 3 is shown and not tested.
    *watch_level* is an e-value; below *minimum_events* events the watch stays quiet.

    *treatment* and *control* are each a treatment of the plan, or several pooled into one arm:
    their names in the plan's order, joined by ``+``.  With *within_study_days*, risk ends after so
    many days since the subject's first treatment in the scope of the watch.
    """

    id: str
    term: Term
    treatment: str
    tier: int
    control: str | None = None
    risk_set_basis: RiskSetBasis | None = None
    reference_rate: ReferenceRate | None = None
    period: str | None = None
    source: str = ""
    share: float = 0.0
    watch_level: float = 5.0
    minimum_events: int = 1
    within_study_days: int | None = None

    @property
    def treatments(self) -> tuple[str, ...]:
        """The plan's treatments of the watch: one, or those that it pools."""
        return tuple(self.treatment.split(POOL))

    @property
    def controls(self) -> tuple[str, ...]:
        """The plan's treatments of the control arm; none of a reference watch."""
        return () if self.control is None else tuple(self.control.split(POOL))

    @property
    def control_kind(self) -> ControlKind:
        """Concurrent where the watch has a risk set basis, else reference."""
        return ControlKind.CONCURRENT if self.risk_set_basis else ControlKind.REFERENCE

    def signal_level(self, alpha: float) -> float:
        """Return the e-value at which a tier 1 watch signals: ``1 / (alpha * share)``."""
        return 1.0 / alpha / self.share
