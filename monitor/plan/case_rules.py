"""A single-case rule as the plan states it: one case pages, whatever the statistics say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.plan.section import TomlSection
from monitor.records import RELATED, AdverseEvent, Criterion, Outcome, Severity
from monitor.terms import Group


class RuleTrigger(StrEnum):
    """What a case must be for its rule to ring."""

    FATAL = "fatal"
    LIFE_THREATENING_AND_RELATED = "life_threatening_and_related"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRule:
    """One rule; *group* is the plan's, where it rings for any case of one.

    Unless its cases are *expected* (the reference safety information lists them), they are due
    to the authorities within the receipt clocks.
    """

    name: str
    trigger: RuleTrigger
    group: Group | None = None
    expected: bool = False


def is_fatal(case: AdverseEvent) -> bool:
    """Whether the event ended in death, in whichever field the source says so.

    Grade 5 of CTCAE is "death related to adverse event": no other severity is an outcome.
    """
    return (
        case.outcome is Outcome.FATAL
        or case.severity is Severity.FATAL
        or Criterion.DEATH in case.criteria
    )


def is_life_threatening(case: AdverseEvent) -> bool:
    """Whether the subject was at risk of death at the time of the event.

    The criterion, not the severity: ICH E2A (II.B) asks for an event that threatened a life,
    which a laboratory value of grade 4 need not have done.
    """
    return Criterion.LIFE_THREATENING in case.criteria


def is_suspected(case: AdverseEvent) -> bool:
    """Whether a causal relation cannot be ruled out; until somebody has judged it, it cannot."""
    return case.relatedness is None or case.relatedness in RELATED


def read_case_rules(root: TomlSection, groups: tuple[Group, ...]) -> tuple[CaseRule, ...]:
    """Every rule of the plan, in its order."""
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
    section.required("when", str, f"Say when it rings: {', '.join(RuleTrigger)}.")
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
            raise section.error("group", "is given but not asked for", remedy)
        return None
    name = section.required("group", str, 'Name one of the plan\'s groups: group = "haemolysis".')
    if name not in groups:
        raise section.error("group", f"`{name}` is not a group", f"Define [groups.{name}].")
    return groups[name]
