"""Reads the plan's [[watches]] and checks each against the rest of the plan.

A tier 1 watch spends a share of alpha and signals at an e-value of ``1 / (alpha * share)``.
"""

from __future__ import annotations

from monitor.plan.section import DAYS_MAX, PlanError, TomlSection
from monitor.plan.settings import WATCH_LEVEL_MAX
from monitor.plan.watch import (
    POOL,
    Analysis,
    ControlKind,
    ReferenceRate,
    RiskSetBasis,
    TimeScale,
    Watch,
)
from monitor.records import TermKind
from monitor.terms import ANY, Group, Term

TERM_KEYS = {
    "group": TermKind.GROUP,
    "preferred_term": TermKind.PREFERRED_TERM,
    "system_organ_class": TermKind.SYSTEM_ORGAN_CLASS,
}


NOT_RANDOMISED = "compares arms that are not randomised"
SHARE_MIN = 1e-6
"""A smaller share requires more evidence than a trial can give."""

EVENTS_MAX = 10**9
RATE_RANGE = 1e-6, 1e9


def read_watches(
    root: TomlSection,
    groups: tuple[Group, ...],
    treatments: tuple[str, ...],
    randomised_by_period: dict[str, bool],
    watch_level: float,
) -> tuple[Watch, ...]:
    """Return every watch of the plan, in order; tier 1 shares sum to at most 1.

    *treatments* begins with the control.  *randomised_by_period* holds for each period whether
    it is randomised.  *watch_level* is the default e-value of level `watch`.  Raises PlanError
    where a watch contradicts the rest of the plan.
    """
    watches: dict[str, Watch] = {}
    share_total = 0.0
    for section in root.tables("watches"):
        watch = _read_watch(section, treatments, randomised_by_period, watch_level)
        if watch.term.kind is TermKind.GROUP and watch.term.name not in _group_names(groups):
            remedy = f"Define [groups.{watch.term.name}]."
            raise section.error("group", f"`{watch.term.name}` is not a group", remedy)
        if watch.id in watches:
            raise section.error("id", f"`{watch.id}` is taken", "Give each watch its own name.")
        share_total += watch.share
        if share_total > 1 + 1e-9:
            problem = f"brings the shares to {share_total:g}"
            raise section.error("share", problem, "Tier 1 shares may sum to at most 1.")
        watches[watch.id] = watch
        section.refuse_unknown_keys()
    return tuple(watches.values())


def _read_watch(
    section: TomlSection,
    treatments: tuple[str, ...],
    randomised_by_period: dict[str, bool],
    watch_level: float,
) -> Watch:
    watch_id = section.identifier("id", 'Name the watch: id = "tee-randomised".')
    control_kind = section.choice("kind", ControlKind, ControlKind.CONCURRENT)
    treatment = _read_arm(section, "treatment", treatments, treatments[1])
    tier = section.get("tier", int, 1)
    if tier not in (1, 3):
        remedy = "Use 1 (spends a share) or 3 (shown only); tier 2 is every other term."
        raise section.error("tier", f"{tier} is not a tier of named watches", remedy)
    is_concurrent = control_kind is ControlKind.CONCURRENT
    return Watch(
        id=watch_id,
        term=_read_term(section),
        treatment=treatment,
        tier=tier,
        control=_read_control(section, treatment, treatments) if is_concurrent else None,
        risk_set_basis=_read_risk_set_basis(section, randomised_by_period)
        if is_concurrent
        else None,
        reference_rate=None if is_concurrent else _read_reference_rate(section),
        period=None if is_concurrent else _read_period(section, tuple(randomised_by_period)),
        source=section.get("source", str, "") if is_concurrent else _read_source(section),
        share=_read_share(section, tier),
        watch_level=section.number("watch_level", watch_level, 1, WATCH_LEVEL_MAX),
        minimum_events=section.integer("minimum_events", 1, 1, EVENTS_MAX),
        within_study_days=_read_study_days(section),
    )


def _read_term(section: TomlSection) -> Term:
    given_keys = [key for key in TERM_KEYS if key in section.values]
    is_any = section.get("any", bool, False)
    if is_any and not given_keys:
        return ANY
    if len(given_keys) != 1 or is_any:
        remedy = "Give one of group, preferred_term, system_organ_class, any = true."
        raise section.error(None, "does not name one term", remedy)
    return Term(TERM_KEYS[given_keys[0]], section.required(given_keys[0], str, ""))


def _read_control(section: TomlSection, treatment: str, treatments: tuple[str, ...]) -> str:
    control = _read_arm(section, "control", treatments, treatments[0])
    shared = set(control.split(POOL)) & set(treatment.split(POOL))
    if control == treatment:
        raise section.error("control", "is the treatment itself", "Name two different arms.")
    if shared:
        remedy = "Name each treatment on one side: a subject is compared with others."
        raise section.error("control", f"shares `{min(shared)}` with the treatment", remedy)
    return control


def _read_arm(section: TomlSection, key: str, treatments: tuple[str, ...], default: str) -> str:
    """Read a treatment, or a list of treatments that the watch pools into one arm."""
    if not isinstance(section.values.get(key), list):
        return _read_choice(section, key, treatments, default)
    pooled = section.strings(key) or ()
    for name in pooled:
        if name not in treatments:
            raise _unknown_choice(section, key, name, treatments)
    return POOL.join(name for name in treatments if name in pooled)


def _read_study_days(section: TomlSection) -> int | None:
    key = "within_study_days"
    return section.integer(key, 1, 1, DAYS_MAX) if key in section.values else None


def _read_risk_set_basis(
    section: TomlSection, randomised_by_period: dict[str, bool]
) -> RiskSetBasis:
    remedy = "Name a period with randomised = true, or watch against a reference."
    default_period = next(
        (name for name, is_randomised in randomised_by_period.items() if is_randomised), None
    )
    if default_period is None:
        raise section.error(None, NOT_RANDOMISED, remedy)
    period = _read_choice(section, "period", tuple(randomised_by_period), default_period)
    if not randomised_by_period[period]:
        raise section.error("period", NOT_RANDOMISED, remedy)
    return RiskSetBasis(
        period=period,
        analysis=section.choice("analysis", Analysis, Analysis.AS_RANDOMISED),
        time_scale=section.choice("time", TimeScale, TimeScale.STUDY),
    )


def _read_reference_rate(section: TomlSection) -> ReferenceRate:
    has_known_rate = "rate_per_100_patient_years" in section.values
    has_historical_rate = "historical_events" in section.values
    if has_known_rate is has_historical_rate:
        remedy = "Give rate_per_100_patient_years, or historical_events with their patient_years."
        raise section.error(None, "needs one reference rate", remedy)
    if has_known_rate:
        rate = section.number("rate_per_100_patient_years", None, *RATE_RANGE)
        return ReferenceRate(per_100_patient_years=rate)
    events = section.integer("historical_events", 1, 1, EVENTS_MAX)
    patient_years = section.number("historical_patient_years", None, *RATE_RANGE)
    return ReferenceRate(historical_events=events, historical_patient_years=patient_years)


def _read_period(section: TomlSection, periods: tuple[str, ...]) -> str | None:
    return _read_choice(section, "period", periods, "") if "period" in section.values else None


def _read_source(section: TomlSection) -> str:
    return section.required(
        "source", str, "Name where the rate was published: a signal is evidence against it."
    )


def _read_share(section: TomlSection, tier: int) -> float:
    if tier == 1:
        return section.number("share", None, SHARE_MIN, 1)
    if "share" in section.values:
        raise section.error(
            "share", "is set on a watch that is not tested", "Only tier 1 spends a share."
        )
    return 0.0


def _read_choice(section: TomlSection, key: str, allowed: tuple[str, ...], default: str) -> str:
    text = section.get(key, str, default)
    if text not in allowed:
        raise _unknown_choice(section, key, text, allowed)
    return text


def _unknown_choice(
    section: TomlSection, key: str, text: str, allowed: tuple[str, ...]
) -> PlanError:
    return section.error(key, f"`{text}` is not known", f"Use one of: {', '.join(allowed)}.")


def _group_names(groups: tuple[Group, ...]) -> set[str]:
    return {group.name for group in groups}


__all__ = ["PlanError", "read_watches"]
