"""The study's monitoring plan: what is compared, at what price, by which conventions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256

from monitor.dates import Imputation
from monitor.plan_groups import groups_in
from monitor.plan_text import DAYS_MAX, IDENTIFIER, PlanError, Section, parse
from monitor.plan_watches import LEVEL_MAX, NOT_RANDOMISED, watches_in
from monitor.terms import Group
from monitor.watch import Analysis, Basis, Kind, Scale, Watch

LEVELS = 1e-6, 0.99
"""Of alpha and q: less asks for evidence that no trial can give."""

SCORE_MAX = 1e9

__all__ = ["Period", "Plan", "PlanError", "amends", "read_plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of the trial; comparisons of arms belong to a randomised one."""

    id: str
    title: str
    randomised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan that is consistent: there is no other kind.

    *treatments* begins with the control.  *window_days* is how long after its end a treatment
    still answers for events (None: until something else ends it).
    """

    study: str
    title: str
    alpha: float
    q: float
    treatments: tuple[str, ...]
    periods: tuple[Period, ...]
    partial_dates: Imputation
    window_days: int | None
    as_of_jump_days: int
    screening: Basis
    groups: tuple[Group, ...]
    watches: tuple[Watch, ...]
    instruments: frozenset[str]
    responder: tuple[float, ...]
    toml: str = field(repr=False)

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
    screening = _screening_in(root.table("screening"), randomised)
    groups = groups_in(root.table("groups"))
    level = _level_in(root.table("levels"))
    instruments, responder = _panel_in(root)
    plan = Plan(
        study=study,
        title=root.get("title", str, study),
        alpha=alpha,
        q=root.number("q", 0.1, *LEVELS),
        treatments=treatments,
        periods=periods,
        partial_dates=_only_choice(root.table("dates"), "partial"),
        window_days=_window_in(root.table("at_risk")),
        as_of_jump_days=_jump_in(root.table("limits")),
        screening=screening,
        groups=groups,
        watches=watches_in(root, groups, treatments, randomised, level),
        instruments=instruments,
        responder=responder,
        toml=toml,
    )
    root.close()
    return plan


def amends(old: Plan, new: Plan, spent: dict[str, Watch]) -> str | None:
    """Why *new* may not follow *old*, or None.  *spent* are all watches that ever spent alpha.

    A share, once given, is spent: the watch may be dropped but not bought again, and what is
    given to new watches must fit into what was never given.
    """
    if new.study != old.study:
        return f"it is the plan of {new.study}"
    if (new.alpha, new.treatments) != (old.alpha, old.treatments):
        return "alpha and treatments are fixed once events have been seen"
    if not {period.id for period in old.periods} <= {period.id for period in new.periods}:
        return "a period that has records cannot be dropped"
    shares = {watch.id: watch.share for watch in spent.values()}
    for watch in (watch for watch in new.watches if watch.tier == 1):
        if spent.get(watch.id, watch) != watch:
            return f"watch {watch.id} has spent its share as it was: name the changed one anew"
        if watch.id in spent and _meaning(old, watch) != _meaning(new, watch):
            return f"watch {watch.id} has spent its share on another group: name it anew"
        shares[watch.id] = watch.share
    if sum(shares.values()) > 1 + 1e-9:
        return "the shares of all watches that were ever named sum to more than 1"
    return None


def _meaning(plan: Plan, watch: Watch) -> Group | None:
    """What *plan* means by the group under *watch*; None for a term, and for a dropped group."""
    named = (group for group in plan.groups if group.term == watch.term)
    return next((replace(group, title="") for group in named), None)


def _treatments_in(section: Section) -> tuple[str, ...]:
    control = section.identifier("control", 'Name the control: control = "placebo".')
    active = section.words("active")
    if not active or control in active:
        remedy = 'List the others, without the control: active = ["drug"].'
        raise section.error("active", "does not name the other treatments", remedy)
    if not all(IDENTIFIER.fullmatch(name) for name in active):
        remedy = "Use 1 to 64 of letters, digits and _ . : - for each, as the records do."
        raise section.error("active", "names what is not a name", remedy)
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


def _screening_in(section: Section, randomised: dict[str, bool]) -> Basis:
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
    section.close()
    return basis


def _window_in(section: Section) -> int | None:
    unbounded = section.values.get("window_days") == "unbounded"
    section.taken.add("window_days")
    if isinstance(section.values.get("window_days"), str) and not unbounded:
        raise section.error("window_days", "is not days", 'Give whole days, or "unbounded".')
    days = None if unbounded else section.whole("window_days", 28, 0, DAYS_MAX)
    section.close()
    return days


def _level_in(section: Section) -> float:
    level = section.number("watch", 5, 1, LEVEL_MAX)
    section.close()
    return level


def _jump_in(section: Section) -> int:
    days = section.whole("as_of_jump_days", 180, 1, DAYS_MAX)
    section.close()
    return days


def _panel_in(root: Section) -> tuple[frozenset[str], tuple[float, ...]]:
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
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= SCORE_MAX


def _only_choice(section: Section, key: str) -> Imputation:
    rule = section.choice(key, Imputation, Imputation.FIRST_DAY)
    section.close()
    return rule
