"""The study's monitoring plan: comparisons, their share of alpha, and data conventions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256

from monitor.dates import Imputation
from monitor.plan.board import BoardMember, read_board
from monitor.plan.case_rules import CaseRule, read_case_rules
from monitor.plan.groups import read_groups
from monitor.plan.section import IDENTIFIER_PATTERN, PlanError, TomlSection, parse_toml
from monitor.plan.settings import (
    DataLimits,
    IngestChoices,
    read_benefit_risk,
    read_data_limits,
    read_imputation,
    read_ingest_choices,
    read_watch_level,
    read_window_days,
)
from monitor.plan.watch import Analysis, ControlKind, RiskSetBasis, TimeScale, Watch
from monitor.plan.watches import NOT_RANDOMISED, read_watches
from monitor.terms import Group

ARM_BITS = 6
ARMS_MAX = 1 << ARM_BITS
"""Treatment numbers are below this: a first event packs onset and treatment into 32 bits."""

ERROR_RATE_RANGE = 1e-6, 0.99
"""Range of alpha and q: a smaller value requires more evidence than a trial can give."""


__all__ = ["Period", "Plan", "PlanError", "amendment_error", "read_plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A part of the trial; arms are compared in randomised periods only."""

    id: str
    title: str
    randomised: bool


@dataclass(frozen=True, slots=True)
class SpentShare:
    """A tier 1 watch whose share of alpha is spent, and its group, if any."""

    watch: Watch
    group: Group | None


@lru_cache(maxsize=64)
def sha256_of(toml: str) -> str:
    """Return the SHA-256 of *toml* in hex; cached, because every alert carries it."""
    return sha256(toml.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A consistent monitoring plan; ``read_plan`` creates it from TOML.

    *alpha* is the family-wise error rate of tier 1, *q* the false discovery rate of tier 2.
    *treatments* begins with the control.  *window_days* is the number of days after the end of
    a treatment on which events still count for it, unless another treatment starts or follow-up
    ends earlier (None: no limit).  Tier 2 is evaluated only if *screening_enabled*.  *dictionary*
    names the dictionary that codes the study's terms, with its version.
    """

    study: str
    title: str
    alpha: float
    q: float
    treatments: tuple[str, ...]
    periods: tuple[Period, ...]
    partial_date_rule: Imputation
    window_days: int | None
    data_limits: DataLimits
    screening_basis: RiskSetBasis
    screening_enabled: bool
    groups: tuple[Group, ...]
    watches: tuple[Watch, ...]
    case_rules: tuple[CaseRule, ...]
    instruments: frozenset[str]
    responder_thresholds: tuple[float, ...]
    board_members: tuple[BoardMember, ...]
    ingest: IngestChoices
    dictionary: str
    toml: str = field(repr=False)

    @property
    def as_of_jump_days(self) -> int:
        """The largest step, in days, by which days on record carry the as-of date forward."""
        return self.data_limits.as_of_jump_days

    @property
    def control(self) -> str:
        """The treatment that the others are compared with."""
        return self.treatments[0]

    @property
    def active_treatments(self) -> tuple[str, ...]:
        """Every treatment but the control."""
        return self.treatments[1:]

    @property
    def sha256(self) -> str:
        """SHA-256 of the UTF-8 bytes of *toml* in hex, which every alert carries."""
        return sha256_of(self.toml)

    @property
    def spent_shares(self) -> dict[str, SpentShare]:
        """Every tier 1 watch by id, with its group as defined in this plan.

        The group's title and dictionary are left out, and terms are folded: changing them or a
        spelling does not change the hypothesis.
        """
        groups_by_term = {group.term: group.hypothesis for group in self.groups}
        tier_1 = (replace(w, term=w.term.folded) for w in self.watches if w.tier == 1)
        return {watch.id: SpentShare(watch, groups_by_term.get(watch.term)) for watch in tier_1}

    @property
    def tier_1_terms(self) -> frozenset[tuple[object, str]]:
        """(folded term, treatment) of each concurrent tier 1 watch, which tier 2 leaves out.

        A watch of some study days only is another hypothesis than the one of tier 2.
        """
        tier_1 = (
            w
            for w in self.watches
            if w.tier == 1
            and w.control_kind is ControlKind.CONCURRENT
            and w.within_study_days is None
        )
        return frozenset((watch.term.folded, watch.treatment) for watch in tier_1)


def read_plan(toml: str) -> Plan:
    """Read the plan from TOML text.

    Raises PlanError, which names line and remedy, where the plan is inconsistent.
    """
    root = parse_toml(toml)
    study = root.identifier("study", 'Name the study: study = "STUDY-1".')
    treatments = _read_treatments(root.table("treatments"))
    periods = _read_periods(root)
    randomised_by_period = {period.id: period.randomised for period in periods}
    screening_enabled, screening_basis = _read_screening(
        root.table("screening"), randomised_by_period
    )
    groups = read_groups(root.table("groups"))
    watch_level = read_watch_level(root.table("levels"))
    instruments, responder_thresholds = read_benefit_risk(root)
    plan = Plan(
        study=study,
        title=root.get("title", str, study),
        alpha=root.number("alpha", 0.05, *ERROR_RATE_RANGE),
        q=root.number("q", 0.1, *ERROR_RATE_RANGE),
        treatments=treatments,
        periods=periods,
        partial_date_rule=read_imputation(root.table("dates")),
        window_days=read_window_days(root.table("at_risk")),
        data_limits=read_data_limits(root.table("limits")),
        screening_basis=screening_basis,
        screening_enabled=screening_enabled,
        groups=groups,
        watches=read_watches(root, groups, treatments, randomised_by_period, watch_level),
        case_rules=read_case_rules(root, groups),
        instruments=instruments,
        responder_thresholds=responder_thresholds,
        board_members=read_board(root),
        ingest=read_ingest_choices(root.table("ingest")),
        dictionary=root.get("dictionary", str, ""),
        toml=toml,
    )
    root.refuse_unknown_keys()
    return plan


def amendment_error(old: Plan, new: Plan, spent_shares: dict[str, SpentShare]) -> str | None:
    """Return why *new* may not replace *old*, or None where it may.

    *spent_shares* holds every tier 1 watch of all earlier plans.  A share is spent for good: a
    watch may be dropped, or return unchanged, but its share is not available to other watches.
    The shares of all watches that were ever named sum to at most 1.
    """
    if new.study != old.study:
        return f"it is the plan of {new.study}"
    if (new.alpha, new.treatments) != (old.alpha, old.treatments):
        return "alpha and treatments are fixed once events have been seen"
    if not {period.id for period in old.periods} <= {period.id for period in new.periods}:
        return "a period that has records cannot be dropped"
    new_shares = new.spent_shares
    for watch_id in new_shares.keys() & spent_shares.keys():
        if spent_shares[watch_id].watch != new_shares[watch_id].watch:
            return f"watch {watch_id} has spent its share as it was: name the changed one anew"
        if spent_shares[watch_id].group != new_shares[watch_id].group:
            return f"watch {watch_id} has spent its share on another group: name it anew"
    if sum(each.watch.share for each in (spent_shares | new_shares).values()) > 1 + 1e-9:
        return "the shares of all watches that were ever named sum to more than 1"
    return None


def _read_treatments(section: TomlSection) -> tuple[str, ...]:
    control = section.identifier("control", 'Name the control: control = "placebo".')
    active = section.strings("active")
    if not active or control in active:
        remedy = 'List the others, without the control: active = ["drug"].'
        raise section.error("active", "does not name the other treatments", remedy)
    if not all(IDENTIFIER_PATTERN.fullmatch(name) for name in active):
        remedy = "Use 1 to 64 of letters, digits and _ . : - for each, as the records do."
        raise section.error("active", "contains an invalid name", remedy)
    if len(active) >= ARMS_MAX:
        remedy = f"Name at most {ARMS_MAX} treatments, the control included."
        raise section.error("active", f"names {len(active)} treatments, too many", remedy)
    section.refuse_unknown_keys()
    return (control, *active)


def _read_periods(root: TomlSection) -> tuple[Period, ...]:
    periods: list[Period] = []
    for section in root.tables("periods"):
        period_id = section.identifier("id", 'Name the period: id = "first".')
        if period_id == "all" or period_id in {period.id for period in periods}:
            raise section.error("id", f"`{period_id}` is taken", "Give each period its own name.")
        title = section.get("title", str, period_id)
        randomised = section.get("randomised", bool, not periods)
        periods.append(Period(id=period_id, title=title, randomised=randomised))
        section.refuse_unknown_keys()
    if not periods:
        raise root.error(None, "has no period", 'Add [[periods]] with id = "randomised".')
    return tuple(periods)


def _read_screening(
    section: TomlSection, randomised_by_period: dict[str, bool]
) -> tuple[bool, RiskSetBasis]:
    default_period = next(
        (name for name, is_randomised in randomised_by_period.items() if is_randomised),
        next(iter(randomised_by_period)),
    )
    period = section.get("period", str, default_period)
    if period not in randomised_by_period:
        raise section.error("period", f"`{period}` is not a period", "Name one of [[periods]].")
    if "period" in section.values and not randomised_by_period[period]:
        raise section.error("period", NOT_RANDOMISED, "Name a period with randomised = true.")
    screening_basis = RiskSetBasis(
        period=period,
        analysis=section.choice("analysis", Analysis, Analysis.AS_TREATED),
        time_scale=section.choice("time", TimeScale, TimeScale.STUDY),
    )
    screening_enabled = section.get("enabled", bool, True)
    if screening_enabled and not randomised_by_period[period]:
        remedy = "Give a period randomised = true, or set enabled = false in [screening]."
        raise section.error(None, NOT_RANDOMISED, remedy)
    section.refuse_unknown_keys()
    return screening_enabled, screening_basis
