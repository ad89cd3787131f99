"""The order of several alerts from one record: a replay must give the same bytes as the worker."""

from __future__ import annotations

from alerts.alert import Alert
from alerts.register.update import register_of
from monitor.records import Record
from tests.alerts.case_rule_trials import FATAL, GROUP, rule
from tests.alerts.reviews import review
from tests.monitor.builders import case, plan_record, tick_record
from tests.monitor.small_plans import plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

WATCHES = (
    reference_watch("z-clots", share=0.3),
    reference_watch("d-lungs", preferred_term="PE", share=0.3),
    reference_watch("b-clots", share=0.3),
)
RULES = rule("sudden", when="fatal"), rule("deaths", when="fatal")
CLOTS_RULE = rule("clots", when="group", group="clots", expected=True)
MOVES_TO_CONFIRMED = ("acknowledge", "begin_review", "confirm")


def running_trial(*watches: str, rules: tuple[str, ...] = ()) -> Trial:
    """Ten subjects an arm, as of day 30."""
    plan = plan_of(*watches, groups=GROUP, more="\n".join(rules))
    return trial(plan, *two_arms(10), tick_record(30))


def confirm_all(scenario: Trial) -> None:
    """A member confirms every alert that allows it."""
    for name, entry in sorted(register_of(scenario.study).entries.items()):
        for move in MOVES_TO_CONFIRMED if entry.alert.tracked else ():
            revision = entry.alert.revision
            scenario.submit(review(move, revision, of=name, name=f"board/{name}-{revision}"))


def named(alerts: tuple[Alert, ...]) -> list[tuple[str, str, str]]:
    """Watch, case and move of each alert."""
    return [(one.watch, one.about, str(one.move)) for one in alerts]


def alerts_of(scenario: Trial, record: Record) -> list[tuple[str, str, str]]:
    """Watch, case and move of each alert that *record* causes."""
    return named(scenario.submit(record).alerts)


def test_crossings_come_first_then_cases_then_findings_each_by_name():
    """By the watch's id, the rule's name and the finding's, whatever the order of the plan."""
    scenario = running_trial(*WATCHES, rules=(*RULES, CLOTS_RULE))

    assert alerts_of(scenario, case("c1", "A1", 31, **FATAL)) == [
        ("b-clots", "", "raise"),
        ("z-clots", "", "raise"),
        ("rule/clots", "safety/c1", "raise"),
        ("rule/deaths", "safety/c1", "raise"),
        ("rule/sudden", "safety/c1", "raise"),
        ("finding/fatal_not_serious", "safety/c1", "raise"),
    ]


def test_each_reopened_decision_follows_the_new_alerts_of_its_kind():
    """A decided watch after the crossings, a decided case after the cases, both before findings."""
    scenario = running_trial(*WATCHES, rules=(*RULES, CLOTS_RULE))
    scenario.submit(case("c1", "A1", 31, "PE"))
    confirm_all(scenario)

    assert alerts_of(scenario, case("c1", "A1", 31, version=2, known=33, **FATAL)) == [
        ("b-clots", "", "raise"),
        ("z-clots", "", "raise"),
        ("d-lungs", "", "change"),
        ("rule/deaths", "safety/c1", "raise"),
        ("rule/sudden", "safety/c1", "raise"),
        ("rule/clots", "safety/c1", "change"),
        ("finding/fatal_not_serious", "safety/c1", "raise"),
    ]


def test_cases_of_one_rule_come_by_their_ids():
    """An amendment that adds a rule finds every case that meets it, in one order."""
    scenario = running_trial()
    for name, who in (("c9", "A3"), ("c1", "A2"), ("c5", "A1")):
        scenario.submit(case(name, who, 31, **FATAL, serious=True))
    amended = plan_of(groups=GROUP, more="\n".join((*RULES, CLOTS_RULE)))

    assert alerts_of(scenario, plan_record(amended, version=2)) == [
        (f"rule/{name}", f"safety/{number}", "raise")
        for name in ("clots", "deaths", "sudden")
        for number in ("c1", "c5", "c9")
    ]


def test_reopened_cases_come_by_their_ids():
    """An amendment changes what a rule asks for, so decisions on several cases are reopened."""
    scenario = running_trial(rules=(rule("deaths", when="fatal"),))
    for name in ("c3", "c1", "c4", "c2"):
        scenario.submit(case(name, "A1", 31, term=f"Term {name}", **FATAL, serious=True))
    confirm_all(scenario)
    plan = plan_of(groups=GROUP, more=rule("deaths", when="group", group="clots"))

    assert alerts_of(scenario, plan_record(plan, version=2)) == [
        ("rule/deaths", f"safety/c{number}", "change") for number in (1, 2, 3, 4)
    ]
