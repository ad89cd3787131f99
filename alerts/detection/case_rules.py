"""Evaluates the plan's single-case rules, by which one case raises an alert."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from alerts.detection.deaths import reports_of_death
from monitor.dates import FOREVER
from monitor.plan.case_rules import (
    CaseRule,
    RuleTrigger,
    is_fatal,
    is_life_threatening,
    is_suspected,
)
from monitor.records import AdverseEvent
from monitor.state.study import Study, SubjectState
from monitor.tables.context import in_group, onset_of

RuleCases = dict[tuple[str, str], object]
"""What meets a rule, by the rule's watch and what its alert is about.

That is a case by its id (``system/id``), or all that tells of the death of a subject by its name.
"""


class RuleHit(NamedTuple):
    """A single-case rule and a case that meets it."""

    rule: CaseRule
    case_id: str
    case: AdverseEvent


def changed_cases(before: RuleCases, after: RuleCases) -> tuple[tuple[str, str], ...]:
    """The (watch, case id) pairs of *before* whose case differs in *after* or is not in it."""
    return tuple(sorted(key for key, case in before.items() if after.get(key) != case))


def find_rule_hits(
    study: Study, subjects: Iterable[SubjectState], only_cases: Collection[str] | None
) -> Iterator[RuleHit]:
    """Yield each rule that an active case of *subjects* meets.

    With *only_cases*, only the cases with these ids are checked.
    """
    for subject in subjects:
        for case_id in subject.cases if only_cases is None else only_cases:
            if case_id in subject.cases:
                case = subject.cases[case_id].body
                assert isinstance(case, AdverseEvent)
                for rule in study.plan.case_rules:
                    if is_after_horizon(study, subject, case):
                        break
                    if meets_rule(study, subject, case_id, case, rule):
                        yield RuleHit(rule, case_id, case)


def meets_rule(
    study: Study, subject: SubjectState, case_id: str, case: AdverseEvent, rule: CaseRule
) -> bool:
    """Whether *case* meets *rule*.

    Treatment and onset do not matter: a death before the first dose pages, and so does the death
    of a subject without any other record.  A group with conditions on other cases depends on the
    onset of *case*.
    """
    match rule.trigger:
        case RuleTrigger.FATAL:
            return is_fatal(case)
        case RuleTrigger.LIFE_THREATENING_AND_RELATED:
            return is_life_threatening(case) and is_suspected(case)
        case RuleTrigger.GROUP:
            assert rule.group is not None, "a rule for a group needs a group"
            return in_group(study, subject, rule.group, case_id, case)


def cases_meeting_rules(study: Study, decided: Iterable[tuple[str, str]]) -> RuleCases:
    """Those of the *decided* (watch, case id) pairs that are active and meet their rule now.

    A case whose rule is no longer in the plan counts as meeting it.
    """
    rules = {watch_of_rule(rule): rule for rule in study.plan.case_rules}
    cases: RuleCases = {}
    for watch, case_id in decided:
        if not is_case_id(case_id):
            cases[watch, case_id] = reports_of_death(study, case_id)
            continue
        case, rule = study.entities.by_id[case_id].body, rules.get(watch)
        assert isinstance(case, AdverseEvent)
        subject = study.get_or_add_subject(case.subject)
        if case_id in subject.cases and (
            rule is None or meets_rule(study, subject, case_id, case, rule)
        ):
            cases[watch, case_id] = case
    return cases


def is_after_horizon(study: Study, subject: SubjectState, case: AdverseEvent) -> bool:
    """Whether a look at the past excludes the case: its onset is after the last day that counts."""
    if study.onset_horizon == FOREVER:
        return False
    onset = onset_of(study, subject, case)
    return onset is not None and onset > study.onset_horizon


def is_case_id(about: str) -> bool:
    """Whether an alert *about* this is of a case; the name of a subject has no slash."""
    return "/" in about


def watch_of_rule(rule: CaseRule) -> str:
    """The watch name of *rule* in its alerts; it is distinct from the plan's watch ids.

    >>> watch_of_rule(CaseRule(name="deaths", trigger=RuleTrigger.FATAL))
    'rule/deaths'
    """
    return f"rule/{rule.name}"
