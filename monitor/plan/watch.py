"""A watch as the plan states it: what is compared with what, and what it may spend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.terms import Term


class ControlKind(StrEnum):
    """21 CFR 312.32(c)(1)(i)(C): more frequent than in a concurrent or a historical control."""

    CONCURRENT = "concurrent"
    REFERENCE = "reference"


class Analysis(StrEnum):
    """Whose arm an event counts for when a subject has changed treatment."""

    AS_TREATED = "as_treated"
    AS_RANDOMISED = "as_randomised"


class TimeScale(StrEnum):
    """The clock on which risk sets are compared."""

    STUDY = "study"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSetBasis:
    """Where a concurrent watch takes its risk sets from."""

    period: str
    analysis: Analysis
    time_scale: TimeScale


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRate:
    """A rate fixed before unblinding: known, or estimated from *events* in *patient_years*."""

    per_100_patient_years: float | None = None
    historical_events: int | None = None
    historical_patient_years: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One comparison under watch.

    *control* and *basis* belong to a concurrent watch; *rate*, *source* and an optional
    *period* to a reference watch.  Tier 1 spends *share* of the plan's alpha, tier 2 is judged
    together with all others of its tier by e-BH, tier 3 is shown and never judged.
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

    @property
    def control_kind(self) -> ControlKind:
        """Concurrent where it has a control arm, else reference."""
        return ControlKind.CONCURRENT if self.risk_set_basis else ControlKind.REFERENCE

    def signal_level(self, alpha: float) -> float:
        """The e-value at which a tier 1 watch signals: ``1 / (alpha * share)``."""
        return 1.0 / alpha / self.share
