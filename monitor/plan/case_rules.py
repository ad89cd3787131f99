"""A single-case rule as the plan states it: one case pages, whatever the statistics say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.plan.section import Section
from monitor.records import RELATED, AdverseEvent, Criterion, Outcome, Severity
from monitor.terms import Group


class When(StrEnum):
    """What a case must be for its rule to ring."""

    FATAL = "fatal"
    LIFE_THREATENING_AND_RELATED = "life_threatening_and_related"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; *group* is the plan's, where it rings for any case of one.

    Unless its cases are *expected* (the reference safety information lists them), they are due
    to the authorities within the receipt clocks.
    """

    name: str
    when: When
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


def rules_in(root: Section, groups: tuple[Group, ...]) -> tuple[Rule, ...]:
    """Every rule of the plan, in its order."""
    rules: dict[str, Rule] = {}
    for section in root.tables("rules"):
        rule = _rule_in(section, {group.name: group for group in groups})
        if rule.name in rules:
            raise section.error("name", f"`{rule.name}` is taken", "Give each rule its own name.")
        rules[rule.name] = rule
        section.close()
    return tuple(rules.values())


def _rule_in(section: Section, groups: dict[str, Group]) -> Rule:
    name = section.identifier("name", 'Name the rule: name = "deaths".')
    section.need("when", str, f"Say when it rings: {', '.join(When)}.")
    when = section.choice("when", When, When.FATAL)
    return Rule(
        name=name,
        when=when,
        group=_group_in(section, groups, when),
        expected=section.get("expected", bool, False),
    )


def _group_in(section: Section, groups: dict[str, Group], when: When) -> Group | None:
    if when is not When.GROUP:
        if "group" in section.values:
            remedy = 'Leave it out, or write when = "group".'
            raise section.error("group", "is given but not asked for", remedy)
        return None
    name = section.need("group", str, 'Name one of the plan\'s groups: group = "haemolysis".')
    if name not in groups:
        raise section.error("group", f"`{name}` is not a group", f"Define [groups.{name}].")
    return groups[name]
