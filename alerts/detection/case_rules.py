"""Single-case rules: which of the plan's rules a case meets, so that one case is enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitor.plan.case_rules import Rule, When, is_fatal, is_life_threatening, is_suspected
from monitor.records import AdverseEvent
from monitor.state.study import Study, SubjectState
from monitor.tables.counting import belongs

Cases = dict[tuple[str, str], AdverseEvent]
"""What cases say that meet a rule, by the rule's watch and the case's name (``system/id``)."""


class Hit(NamedTuple):
    """A rule, and a case that meets it."""

    rule: Rule
    thing: str
    case: AdverseEvent


def changed(before: Cases, after: Cases) -> tuple[tuple[str, str], ...]:
    """The (rule, case) of *before* that is another in *after*, or meets the rule no more."""
    return tuple(sorted(key for key, case in before.items() if after.get(key) != case))


def hits(study: Study, subjects: Iterable[SubjectState], alone: str | None) -> Iterator[Hit]:
    """Every rule that is met by a live case of *subjects*, or by the one called *alone*."""
    for subject in subjects:
        for thing, held in subject.cases.items():
            if alone is None or thing == alone:
                case = held.body
                assert isinstance(case, AdverseEvent)
                for rule in study.plan.rules:
                    if meets(study, subject, thing, case, rule):
                        yield Hit(rule, thing, case)


def meets(study: Study, subject: SubjectState, thing: str, case: AdverseEvent, rule: Rule) -> bool:
    """Whether *case* meets *rule*, wherever and whenever it began.

    A rule asks for no treatment and no date: a death before the first dose pages as well, and
    so does one whose subject nobody has heard of yet.
    """
    match rule.when:
        case When.FATAL:
            return is_fatal(case)
        case When.LIFE_THREATENING_AND_RELATED:
            return is_life_threatening(case) and is_suspected(case)
        case When.GROUP:
            assert rule.group is not None, "a rule for a group names it"
            return belongs(study, subject, rule.group, thing, case)


def standing(study: Study, decided: Iterable[tuple[str, str]]) -> Cases:
    """What the *decided* cases, each with its watch, say now, as far as they meet their rule.

    A rule that the plan has dropped asks for nothing any more.
    """
    rules = {watch_of(rule): rule for rule in study.plan.rules}
    found: Cases = {}
    for watch, thing in decided:
        case, rule = study.ledger.things[thing].body, rules.get(watch)
        assert isinstance(case, AdverseEvent)
        subject = study.subject(case.subject)
        if thing in subject.cases and (rule is None or meets(study, subject, thing, case, rule)):
            found[watch, thing] = case
    return found


def watch_of(rule: Rule) -> str:
    """Under which name *rule* rings, beside the watches.

    >>> watch_of(Rule(name="deaths", when=When.FATAL))
    'rule/deaths'
    """
    return f"rule/{rule.name}"
