"""The plan's watches, read from its [[watches]], each checked against the rest of the plan."""

from __future__ import annotations

from monitor.plan.section import PlanError, Section
from monitor.plan.settings import LEVEL_MAX
from monitor.plan.watch import Analysis, Basis, Kind, Rate, Scale, Watch
from monitor.records import TermKind
from monitor.terms import ANY, Group, Term

TERM_KEYS = {
    "group": TermKind.GROUP,
    "preferred_term": TermKind.PREFERRED_TERM,
    "system_organ_class": TermKind.SYSTEM_ORGAN_CLASS,
}


NOT_RANDOMISED = "compares arms that nobody randomised"
SHARE_MIN = 1e-6
"""Less asks for evidence that no trial can give."""
EVENTS_MAX = 10**9
RATES = 1e-6, 1e9


def watches_in(
    root: Section,
    groups: tuple[Group, ...],
    treatments: tuple[str, ...],
    randomised: dict[str, bool],
    level: float,
) -> tuple[Watch, ...]:
    """Every watch of the plan; tier 1 shares sum to at most 1.

    *randomised* holds the periods, each with whether its arms may be compared.
    """
    watches: dict[str, Watch] = {}
    shares = 0.0
    for section in root.tables("watches"):
        watch = _watch_in(section, treatments, randomised, level)
        if watch.term.kind is TermKind.GROUP and watch.term.name not in _names(groups):
            remedy = f"Define [groups.{watch.term.name}]."
            raise section.error("group", f"`{watch.term.name}` is not a group", remedy)
        if watch.id in watches:
            raise section.error("id", f"`{watch.id}` is taken", "Give each watch its own name.")
        shares += watch.share
        if shares > 1 + 1e-9:
            says = f"brings the shares to {shares:g}"
            raise section.error("share", says, "Tier 1 shares may sum to at most 1.")
        watches[watch.id] = watch
        section.close()
    return tuple(watches.values())


def _watch_in(
    section: Section, treatments: tuple[str, ...], randomised: dict[str, bool], level: float
) -> Watch:
    name = section.identifier("id", 'Name the watch: id = "tee-randomised".')
    kind = section.choice("kind", Kind, Kind.CONCURRENT)
    treatment = _one_of(section, "treatment", treatments, treatments[1])
    tier = section.get("tier", int, 1)
    if tier not in (1, 3):
        remedy = "Use 1 (spends a share) or 3 (shown only); tier 2 is every other term."
        raise section.error("tier", f"{tier} is not a tier of named watches", remedy)
    concurrent = kind is Kind.CONCURRENT
    return Watch(
        id=name,
        term=_term_in(section),
        treatment=treatment,
        tier=tier,
        control=_control_in(section, treatment, treatments) if concurrent else None,
        basis=_basis_in(section, randomised) if concurrent else None,
        rate=None if concurrent else _rate_in(section),
        period=None if concurrent else _period_in(section, tuple(randomised)),
        source=section.get("source", str, "") if concurrent else _source_in(section),
        share=_share_in(section, tier),
        watch_level=section.number("watch_level", level, 1, LEVEL_MAX),
        minimum_events=section.whole("minimum_events", 1, 1, EVENTS_MAX),
    )


def _term_in(section: Section) -> Term:
    given = [key for key in TERM_KEYS if key in section.values]
    everything = section.get("any", bool, False)
    if everything and not given:
        return ANY
    if len(given) != 1 or everything:
        remedy = "Give one of group, preferred_term, system_organ_class, any = true."
        raise section.error(None, "does not name one term", remedy)
    return Term(TERM_KEYS[given[0]], section.need(given[0], str, ""))


def _control_in(section: Section, treatment: str, treatments: tuple[str, ...]) -> str:
    control = _one_of(section, "control", treatments, treatments[0])
    if control == treatment:
        raise section.error("control", "is the treatment itself", "Name two different arms.")
    return control


def _basis_in(section: Section, randomised: dict[str, bool]) -> Basis:
    remedy = "Name a period with randomised = true, or watch against a reference."
    first = next((name for name, arms in randomised.items() if arms), None)
    if first is None:
        raise section.error(None, NOT_RANDOMISED, remedy)
    period = _one_of(section, "period", tuple(randomised), first)
    if not randomised[period]:
        raise section.error("period", NOT_RANDOMISED, remedy)
    return Basis(
        period=period,
        analysis=section.choice("analysis", Analysis, Analysis.AS_RANDOMISED),
        time=section.choice("time", Scale, Scale.STUDY),
    )


def _rate_in(section: Section) -> Rate:
    known = "rate_per_100_patient_years" in section.values
    history = "historical_events" in section.values
    if known is history:
        remedy = "Give rate_per_100_patient_years, or historical_events with their patient_years."
        raise section.error(None, "needs one reference rate", remedy)
    if known:
        rate = section.number("rate_per_100_patient_years", None, *RATES)
        return Rate(per_100_patient_years=rate)
    events = section.whole("historical_events", 1, 1, EVENTS_MAX)
    years = section.number("historical_patient_years", None, *RATES)
    return Rate(historical_events=events, historical_patient_years=years)


def _period_in(section: Section, periods: tuple[str, ...]) -> str | None:
    return _one_of(section, "period", periods, "") if "period" in section.values else None


def _source_in(section: Section) -> str:
    return section.need("source", str, "Say where the rate was published: the alarm is against it.")


def _share_in(section: Section, tier: int) -> float:
    if tier == 1:
        return section.number("share", None, SHARE_MIN, 1)
    if "share" in section.values:
        raise section.error("share", "is given but not judged", "Only tier 1 spends a share.")
    return 0.0


def _one_of(section: Section, key: str, known: tuple[str, ...], default: str) -> str:
    word = section.get(key, str, default)
    if word not in known:
        raise section.error(key, f"`{word}` is not known", f"Use one of: {', '.join(known)}.")
    return word


def _names(groups: tuple[Group, ...]) -> set[str]:
    return {group.name for group in groups}


__all__ = ["PlanError", "watches_in"]
