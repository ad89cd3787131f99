"""The study's monitoring plan: what is compared, at what price, by which conventions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256

from monitor.dates import Imputation
from monitor.plan.board import Member, board_in
from monitor.plan.case_rules import Rule, rules_in
from monitor.plan.groups import groups_in
from monitor.plan.section import IDENTIFIER, PlanError, Section, parse
from monitor.plan.settings import Limits, imputation_in, level_in, limits_in, panel_in, window_in
from monitor.plan.watch import Analysis, Basis, Kind, Scale, Watch
from monitor.plan.watches import NOT_RANDOMISED, watches_in
from monitor.terms import Group

ARM_BITS = 6
ARMS_MAX = 1 << ARM_BITS
"""A first event packs onset and treatment into 32 bits: treatments are below this."""

LEVELS = 1e-6, 0.99
"""Of alpha and q: less asks for evidence that no trial can give."""


__all__ = ["Period", "Plan", "PlanError", "amends", "read_plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of the trial; comparisons of arms belong to a randomised one."""

    id: str
    title: str
    randomised: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """A watch that has spent its share, and the group it was spent on (None for a term)."""

    watch: Watch
    group: Group | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan that is consistent: there is no other kind.

    *treatments* begins with the control.  *window_days* is how long after its end a treatment
    still answers for events (None: until something else ends it).  Unless it *screens*, no term
    is judged that it does not name.
    """

    study: str
    title: str
    alpha: float
    q: float
    treatments: tuple[str, ...]
    periods: tuple[Period, ...]
    partial_dates: Imputation
    window_days: int | None
    limits: Limits
    screening: Basis
    screens: bool
    groups: tuple[Group, ...]
    watches: tuple[Watch, ...]
    rules: tuple[Rule, ...]
    instruments: frozenset[str]
    responder: tuple[float, ...]
    board: tuple[Member, ...]
    toml: str = field(repr=False)

    @property
    def as_of_jump_days(self) -> int:
        """How far `known_at` may run ahead of all that is known."""
        return self.limits.as_of_jump_days

    @property
    def control(self) -> str:
        """The treatment that the others are compared with."""
        return self.treatments[0]

    @property
    def active(self) -> tuple[str, ...]:
        """Every treatment but the control."""
        return self.treatments[1:]

    @property
    def sha256(self) -> str:
        """Names the plan on every alert."""
        return sha256(self.toml.encode()).hexdigest()

    @property
    def spends(self) -> dict[str, Spent]:
        """What alpha is spent on: every tier 1 watch with what it means by its group."""
        meant = {group.term: replace(group, title="") for group in self.groups}
        tier_1 = (watch for watch in self.watches if watch.tier == 1)
        return {watch.id: Spent(watch, meant.get(watch.term)) for watch in tier_1}

    @property
    def named_terms(self) -> frozenset[tuple[object, str]]:
        """(term, treatment) of tier 1 concurrent watches: tier 2 leaves these out."""
        tier_1 = (w for w in self.watches if w.tier == 1 and w.kind is Kind.CONCURRENT)
        return frozenset((watch.term, watch.treatment) for watch in tier_1)


def read_plan(toml: str) -> Plan:
    """The plan that *toml* states.

    Raises PlanError, naming line and remedy, where it is inconsistent.
    """
    root = parse(toml)
    study = root.identifier("study", 'Say whose plan it is: study = "STUDY-1".')
    alpha = root.number("alpha", 0.05, *LEVELS)
    treatments = _treatments_in(root.table("treatments"))
    periods = _periods_in(root)
    randomised = {period.id: period.randomised for period in periods}
    screens, screening = _screening_in(root.table("screening"), randomised)
    groups = groups_in(root.table("groups"))
    level = level_in(root.table("levels"))
    instruments, responder = panel_in(root)
    plan = Plan(
        study=study,
        title=root.get("title", str, study),
        alpha=alpha,
        q=root.number("q", 0.1, *LEVELS),
        treatments=treatments,
        periods=periods,
        partial_dates=imputation_in(root.table("dates")),
        window_days=window_in(root.table("at_risk")),
        limits=limits_in(root.table("limits")),
        screening=screening,
        screens=screens,
        groups=groups,
        watches=watches_in(root, groups, treatments, randomised, level),
        rules=rules_in(root, groups),
        instruments=instruments,
        responder=responder,
        board=board_in(root),
        toml=toml,
    )
    root.close()
    return plan


def amends(old: Plan, new: Plan, spent: dict[str, Spent]) -> str | None:
    """Why *new* may not follow *old*, or None.  *spent* is all that was ever bought with alpha.

    A share, once given, is spent: the watch may be dropped but not bought again, and what is
    given to new watches must fit into what was never given.
    """
    if new.study != old.study:
        return f"it is the plan of {new.study}"
    if (new.alpha, new.treatments) != (old.alpha, old.treatments):
        return "alpha and treatments are fixed once events have been seen"
    if not {period.id for period in old.periods} <= {period.id for period in new.periods}:
        return "a period that has records cannot be dropped"
    bought = new.spends
    for name in bought.keys() & spent.keys():
        if spent[name].watch != bought[name].watch:
            return f"watch {name} has spent its share as it was: name the changed one anew"
        if spent[name].group != bought[name].group:
            return f"watch {name} has spent its share on another group: name it anew"
    if sum(each.watch.share for each in (spent | bought).values()) > 1 + 1e-9:
        return "the shares of all watches that were ever named sum to more than 1"
    return None


def _treatments_in(section: Section) -> tuple[str, ...]:
    control = section.identifier("control", 'Name the control: control = "placebo".')
    active = section.words("active")
    if not active or control in active:
        remedy = 'List the others, without the control: active = ["drug"].'
        raise section.error("active", "does not name the other treatments", remedy)
    if not all(IDENTIFIER.fullmatch(name) for name in active):
        remedy = "Use 1 to 64 of letters, digits and _ . : - for each, as the records do."
        raise section.error("active", "names what is not a name", remedy)
    if len(active) >= ARMS_MAX:
        remedy = f"Name at most {ARMS_MAX} treatments, the control included."
        raise section.error("active", f"names {len(active)} treatments, too many", remedy)
    section.close()
    return (control, *active)


def _periods_in(root: Section) -> tuple[Period, ...]:
    periods: list[Period] = []
    for section in root.tables("periods"):
        name = section.identifier("id", 'Name the period: id = "first".')
        if name == "all" or name in {period.id for period in periods}:
            raise section.error("id", f"`{name}` is taken", "Give each period its own name.")
        title = section.get("title", str, name)
        randomised = section.get("randomised", bool, not periods)
        periods.append(Period(id=name, title=title, randomised=randomised))
        section.close()
    if not periods:
        raise root.error(None, "has no period", 'Add [[periods]] with id = "randomised".')
    return tuple(periods)


def _screening_in(section: Section, randomised: dict[str, bool]) -> tuple[bool, Basis]:
    first = next((name for name, arms in randomised.items() if arms), next(iter(randomised)))
    period = section.get("period", str, first)
    if period not in randomised:
        raise section.error("period", f"`{period}` is not a period", "Name one of [[periods]].")
    if "period" in section.values and not randomised[period]:
        raise section.error("period", NOT_RANDOMISED, "Name a period with randomised = true.")
    basis = Basis(
        period=period,
        analysis=section.choice("analysis", Analysis, Analysis.AS_TREATED),
        time=section.choice("time", Scale, Scale.STUDY),
    )
    screens = section.get("enabled", bool, True)
    section.close()
    return screens, basis
