"""The plan's single-case rules, read from its [[rules]]."""

from __future__ import annotations

from monitor.plan_text import Section
from monitor.rule import Rule, When
from monitor.terms import Group


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
