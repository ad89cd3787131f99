"""A death that only a disposition tells of is never silent."""

from __future__ import annotations

from monitor.records import Disposition, Record, Status
from tests.alerts.case_rule_trials import (
    DEATHS_RULE,
    FATAL,
    LIFE_THREATENING_RULE,
    case_alerts,
    finding_alerts,
    review_case_alert,
    rules_trial,
)
from tests.monitor.builders import case, day, merged, plan_record, record, retracted, withdrawn
from tests.monitor.small_plans import plan_of

FATAL_CASE = case("c1", "A1", 9, **FATAL, serious=True)


def died(who: str, last: int, *, version: int = 1, status: Status = Status.DIED) -> Record:
    """*who* died, by a disposition; day *last* was the last of follow-up."""
    body = Disposition(subject=who, status=status, date=day(last))
    return record(body, f"edc/end-{who}", version=version, known=last)


def test_a_death_told_by_a_disposition_raises_the_rule_once():
    """The alert is about the subject, pages, has a clock, and is not raised by a repetition."""
    scenario = rules_trial(
        died("A1", 9), died("A1", 8, version=2), died("A2", 9), withdrawn("A3", 9)
    )
    first, _ = scenario.alerts

    assert case_alerts(scenario) == [("deaths", "A1", "raise", 1), ("deaths", "A2", "raise", 1)]
    assert (first.pages, first.tracked, first.term) == (True, True, "Death")
    assert first.due == (("receipt", "2020-01-17"),)


def test_a_fatal_case_that_follows_joins_the_alert_as_a_revision():
    """One death is one alert; a follow-up of the case does not page again."""
    again = case("c1", "A1", 9, version=2, known=12, severity=None, **FATAL, serious=True)
    scenario = rules_trial(died("A1", 9), FATAL_CASE, again, case("c2", "A1", 9, "PE", **FATAL))

    assert case_alerts(scenario) == [
        ("deaths", "A1", "raise", 1),
        ("deaths", "A1", "rise", 2),
        ("deaths", "A1", "rise", 3),
    ]
    assert [alert.term for alert in scenario.alerts if alert.pages] == ["Death", "DVT", "PE"]


def test_a_case_that_was_received_before_the_disposition_makes_the_deadline_earlier():
    """Its record comes later in the log; one received later moves nothing."""
    last, fields = died("A1", 20), {**FATAL, "serious": True}
    for known, due in ((12, "2020-01-20"), (25, "2020-01-28")):
        scenario = rules_trial(last, case("c1", "A1", 9, known=known, **fields))

        assert scenario.alerts[-1].due == (("receipt", due),)


def test_a_disposition_that_was_received_before_the_case_makes_the_deadline_earlier():
    """Its record comes later in the log, as after an outage; one received later moves nothing."""
    fatal = case("c1", "A1", 9, known=20, **{**FATAL, "serious": True})
    for known, dues in ((12, ["2020-01-28", "2020-01-20"]), (25, ["2020-01-28"])):
        death = record(
            Disposition(subject="A1", status=Status.DIED, date=day(9)), "edc/end-A1", known=known
        )
        scenario = rules_trial(fatal, death)
        raised = [alert for alert in scenario.alerts if alert.about == "safety/c1"]

        assert [dict(alert.due)["receipt"] for alert in raised] == dues


def test_a_death_that_a_case_tells_of_is_not_raised_again_by_its_disposition():
    """The case came first: the alert is about the case."""
    scenario = rules_trial(FATAL_CASE, died("A1", 9))

    assert case_alerts(scenario) == [("deaths", "safety/c1", "raise", 1)]


def test_a_death_whose_case_is_retracted_is_told_by_its_disposition():
    """The case was wrong, the death is not."""
    scenario = rules_trial(FATAL_CASE, died("A1", 9), retracted("r", "safety/c1"))

    assert case_alerts(scenario)[1:] == [("deaths", "A1", "raise", 1)]


def test_an_amendment_that_adds_the_rule_raises_deaths_told_before():
    """A rule applies to all data; such an alert has no receipt clock."""
    scenario = rules_trial(died("A1", 9), rules=())
    scenario.submit(plan_record(plan_of(more=DEATHS_RULE), version=2))

    assert case_alerts(scenario) == [("deaths", "A1", "raise", 1)]
    assert scenario.alerts[-1].due == ()


def test_a_death_without_rule_is_a_finding():
    """Where the plan has no rule for every death, the data managers hear of it."""
    for rules in ((), (LIFE_THREATENING_RULE,)):
        scenario = rules_trial(died("A1", 9), rules=rules)

        assert finding_alerts(scenario) == [("death_without_case", "A1")]
    assert finding_alerts(rules_trial(FATAL_CASE, died("A1", 9), rules=())) == []


def test_a_decision_on_a_death_reopens_when_what_tells_of_it_changes():
    """The disposition is corrected to a withdrawal after the board has decided."""
    moves = ("acknowledge", "begin_review", "confirm")
    scenario = review_case_alert(rules_trial(died("A1", 9)), *moves, about="A1")
    scenario.submit(died("A1", 9, version=2, status=Status.WITHDREW))

    assert case_alerts(scenario)[-1] == ("deaths", "A1", "change", 5)


def test_a_case_after_the_alert_is_closed_has_an_alert_of_its_own():
    """A closed alert takes no revision, and a death after it must not be silent."""
    moves = ("acknowledge", "begin_review", "confirm", "close")
    scenario = review_case_alert(rules_trial(died("A1", 9)), *moves, about="A1")
    scenario.submit(FATAL_CASE)

    assert case_alerts(scenario)[-1] == ("deaths", "safety/c1", "raise", 1)


def test_a_merge_of_subjects_raises_a_death_no_second_time():
    """The alert is about the subject that the disposition names, whatever it is merged into."""
    scenario = rules_trial(died("A1", 9), merged("m", "subject", "A1", "A2"))

    assert case_alerts(scenario) == [("deaths", "A1", "raise", 1)]
