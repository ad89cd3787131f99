"""Reads the single-case rules of a plan: one case raises an alert, regardless of statistics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.plan.section import TomlSection
from monitor.records import RELATED, AdverseEvent, Criterion, Outcome, Severity
from monitor.terms import Group


class RuleTrigger(StrEnum):
    """What a case must be for its rule to raise an alert."""

    FATAL = "fatal"
    LIFE_THREATENING_AND_RELATED = "life_threatening_and_related"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRule:
    """A rule by which a single case raises an alert.

    *group* is set only where *trigger* is ``GROUP``.  *expected* states that the reference
    safety information lists such cases, which gives them the longer clock of expedited
    reporting (``alerts/clocks.py``).
    """

    name: str
    trigger: RuleTrigger
    group: Group | None = None
    expected: bool = False


def is_fatal(case: AdverseEvent) -> bool:
    """Whether outcome, severity or seriousness criteria of the case state death.

    CTCAE grade 5 is "death related to adverse event", so the severity FATAL implies death.
    """
    return (
        case.outcome is Outcome.FATAL
        or case.severity is Severity.FATAL
        or Criterion.DEATH in case.criteria
    )


def is_life_threatening(case: AdverseEvent) -> bool:
    """Whether the subject was at risk of death at the time of the event (ICH E2A, II.B).

    The criterion decides, not the severity: a laboratory value of grade 4 need not be an
    immediate risk of death.
    """
    return Criterion.LIFE_THREATENING in case.criteria


def is_suspected(case: AdverseEvent) -> bool:
    """Whether a causal relationship is possible; a case without an assessment counts as such."""
    return case.relatedness is None or case.relatedness in RELATED


def read_case_rules(root: TomlSection, groups: tuple[Group, ...]) -> tuple[CaseRule, ...]:
    """Return every rule of the plan, in order.

    Raises PlanError where a rule lacks a key, repeats a name or names no group in *groups*.
    """
    case_rules: dict[str, CaseRule] = {}
    for section in root.tables("rules"):
        case_rule = _read_case_rule(section, {group.name: group for group in groups})
        if case_rule.name in case_rules:
            raise section.error(
                "name", f"`{case_rule.name}` is taken", "Give each rule its own name."
            )
        case_rules[case_rule.name] = case_rule
        section.refuse_unknown_keys()
    return tuple(case_rules.values())


def _read_case_rule(section: TomlSection, groups: dict[str, Group]) -> CaseRule:
    name = section.identifier("name", 'Name the rule: name = "deaths".')
    section.required("when", str, f"Give its trigger, one of: {', '.join(RuleTrigger)}.")
    trigger = section.choice("when", RuleTrigger, RuleTrigger.FATAL)
    return CaseRule(
        name=name,
        trigger=trigger,
        group=_read_group(section, groups, trigger),
        expected=section.get("expected", bool, False),
    )


def _read_group(
    section: TomlSection, groups: dict[str, Group], trigger: RuleTrigger
) -> Group | None:
    if trigger is not RuleTrigger.GROUP:
        if "group" in section.values:
            remedy = 'Leave it out, or write when = "group".'
            raise section.error("group", 'is set, but `when` is not "group"', remedy)
        return None
    name = section.required("group", str, 'Name one of the plan\'s groups: group = "haemolysis".')
    if name not in groups:
        raise section.error("group", f"`{name}` is not a group", f"Define [groups.{name}].")
    return groups[name]
