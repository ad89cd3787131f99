"""Names the dictionary, with its version, from which an alert has its term."""

from __future__ import annotations

from monitor.plan.plan import Plan
from monitor.records import TermKind


def dictionary_of(plan: Plan, watch: str) -> str:
    """Return the dictionary of the group of a watch or a rule; of other terms that of the plan.

    *watch* is the name of the watch in alerts.  Empty where the plan names none.
    """
    groups = {group.name: group.dictionary for group in plan.groups}
    named = {
        each.id: groups[each.term.name] for each in plan.watches if each.term.kind is TermKind.GROUP
    }
    rules = {f"rule/{rule.name}": rule.group.dictionary for rule in plan.case_rules if rule.group}
    return named.get(watch) or rules.get(watch) or plan.dictionary
