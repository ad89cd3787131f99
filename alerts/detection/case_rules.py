"""Single-case rules: which of the plan's rules a case meets, so that one case is enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitor.plan.case_rules import (
    CaseRule,
    RuleTrigger,
    is_fatal,
    is_life_threatening,
    is_suspected,
)
from monitor.records import AdverseEvent
from monitor.state.study import Study, SubjectState
from monitor.tables.counting import in_group

RuleCases = dict[tuple[str, str], AdverseEvent]
"""What cases say that meet a rule, by the rule's watch and the case's name (``system/id``)."""


class RuleHit(NamedTuple):
    """A rule, and a case that meets it."""

    rule: CaseRule
    case_id: str
    case: AdverseEvent


def changed_cases(before: RuleCases, after: RuleCases) -> tuple[tuple[str, str], ...]:
    """The (rule, case) of *before* that is another in *after*, or meets the rule no more."""
    return tuple(sorted(key for key, case in before.items() if after.get(key) != case))


def find_rule_hits(
    study: Study, subjects: Iterable[SubjectState], only_case: str | None
) -> Iterator[RuleHit]:
    """Every rule that is met by a live case of *subjects*, or by the one called *alone*."""
    for subject in subjects:
        for case_id, entity in subject.cases.items():
            if only_case is None or case_id == only_case:
                case = entity.body
                assert isinstance(case, AdverseEvent)
                for rule in study.plan.case_rules:
                    if meets_rule(study, subject, case_id, case, rule):
                        yield RuleHit(rule, case_id, case)


def meets_rule(
    study: Study, subject: SubjectState, case_id: str, case: AdverseEvent, rule: CaseRule
) -> bool:
    """Whether *case* meets *rule*, wherever and whenever it began.

    A rule asks for no treatment and no date: a death before the first dose pages as well, and
    so does one whose subject nobody has heard of yet.
    """
    match rule.trigger:
        case RuleTrigger.FATAL:
            return is_fatal(case)
        case RuleTrigger.LIFE_THREATENING_AND_RELATED:
            return is_life_threatening(case) and is_suspected(case)
        case RuleTrigger.GROUP:
            assert rule.group is not None, "a rule for a group names it"
            return in_group(study, subject, rule.group, case_id, case)


def cases_meeting_rules(study: Study, decided: Iterable[tuple[str, str]]) -> RuleCases:
    """What the *decided* cases, each with its watch, say now, as far as they meet their rule.

    A rule that the plan has dropped asks for nothing any more.
    """
    rules = {watch_of_rule(rule): rule for rule in study.plan.case_rules}
    cases: RuleCases = {}
    for watch, case_id in decided:
        case, rule = study.entities.by_id[case_id].body, rules.get(watch)
        assert isinstance(case, AdverseEvent)
        subject = study.get_or_add_subject(case.subject)
        if case_id in subject.cases and (
            rule is None or meets_rule(study, subject, case_id, case, rule)
        ):
            cases[watch, case_id] = case
    return cases


def watch_of_rule(rule: CaseRule) -> str:
    """Under which name *rule* rings, beside the watches.

    >>> watch_of_rule(CaseRule(name="deaths", trigger=RuleTrigger.FATAL))
    'rule/deaths'
    """
    return f"rule/{rule.name}"
