"""Records `not_at_risk`: their days leave person-time and risk sets, and their events no table."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.evidence.summary import watch_summaries
from monitor.records import NotAtRisk, Outcome, Record, TermKind
from monitor.state.digest import state_fields
from monitor.state.study import Study
from streams.processor.pipeline import Pipeline
from tests.independent.campaign import SLOW
from tests.independent.strategies import conflict_free
from tests.independent.wire_records import Record as WireRecord
from tests.monitor.builders import (
    case,
    day,
    plan_record,
    record,
    retracted,
    tick_record,
    treated,
    withdrawn,
)
from tests.monitor.fold.test_restore import restored_copy
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import Trial, trial

PLAN = plan_of(concurrent_watch(share=0.5), reference_watch("known", share=0.5))
FATAL = '[[rules]]\nname = "deaths"\nwhen = "fatal"'


def exempt(
    who: str, first: int, last: int | None, term: str | None = None, *, version: int = 1
) -> Record:
    """*who* is not at risk of *term*, or of any event, from day *first* to day *last*."""
    body = NotAtRisk(
        subject=who,
        kind=TermKind.ANY if term is None else TermKind.PREFERRED_TERM,
        term=term,
        start=day(first),
        last_date=None if last is None else day(last),
    )
    return record(body, f"edc/exempt-{who}-{term}", version=version)


def reference_days(of: Trial) -> int:
    """The person-days of the watch `known` on day 40."""
    person_days = of.study.watches_by_id["known"].first_events.person_days
    assert person_days is not None
    return person_days.total_until(day(40))


PAIR = [treated("A", "act", 0, 30), treated("C", "ctl", 0, 30)]


def test_days_not_at_risk_of_any_event_leave_every_row():
    """Ten of thirty days are gone, both ends inclusive; an event on one of them is a finding."""
    study = trial(PLAN, *PAIR, exempt("A", 5, 14), case("c1", "A", 10), case("c2", "A", 20))
    study.submit(tick_record(40))

    assert study.row("any").person_days == study.row().person_days == 20
    assert study.row().person_days_to_first == 16 - 5
    assert study.counts() == study.counts("any") == (1, 1)
    assert study.findings == {"event_on_days_not_at_risk": 1, "treated_without_randomisation": 2}


def test_days_not_at_risk_of_a_term_leave_its_row_alone():
    """The subject stays at risk of other terms, of the class of the term and of any event."""
    study = trial(PLAN, *PAIR, exempt("A", 5, 14, "DVT"), case("c1", "A", 10))
    study.submit(case("c2", "A", 16, "PE"), tick_record(40))

    assert (study.row("PE").person_days, study.row("VASC").person_days) == (30, 30)
    assert study.counts("VASC") == (1, 2)
    assert study.counts() == (0, 0)
    assert study.findings["event_on_days_not_at_risk"] == 1


def test_days_not_at_risk_leave_the_risk_sets_and_the_reference():
    """On day 10 nobody but C is at risk of the term: the event of C says nothing about A."""
    records = [*PAIR, case("c1", "C", 10), tick_record(40)]
    without, exempted = trial(PLAN, *records), trial(PLAN, exempt("A", 5, None, "DVT"), *records)

    assert without.watch_summary().control_events == 1
    assert exempted.watch_summary().control_events == 0
    assert [reference_days(one) for one in (without, exempted)] == [30, 5]


def test_a_death_on_such_a_day_still_rings():
    """A single-case rule asks for no day at risk."""
    study = trial(plan_of(more=FATAL), *PAIR, exempt("A", 0, None))
    study.submit(case("c1", "A", 10, serious=True, outcome=Outcome.FATAL))

    assert [alert.watch for alert in study.alerts] == ["rule/deaths"]


def test_such_a_subject_is_still_in_the_flow():
    """Who is not at risk for some weeks has not left the study."""
    study = trial(PLAN, treated("A", "act", 0), exempt("A", 5, None), tick_record(20))

    assert study.row("any").person_days == 5
    assert study.study.subjects["A"].spells[-1].end == day(5)


def test_a_correction_and_a_retraction_give_the_days_back():
    """The days are a function of the records, also where the term of one changes."""
    study = trial(PLAN, *PAIR, case("c1", "A", 10), exempt("A", 5, 14, "DVT"), tick_record(40))
    assert study.counts() == (0, 0)

    study.submit(exempt("A", 12, 14, "DVT", version=2))
    assert study.counts() == (1, 1) and study.row().person_days == 27
    study.submit(retracted("r1", "edc/exempt-A-DVT"))
    assert study.row().person_days == 30


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_the_order_of_arrival_changes_nothing(order: tuple[int, ...]):
    """Before or after the treatment and the cases, the result is the same."""
    records = [treated("A", "act", 0, 30), exempt("A", 5, 14, "DVT"), case("c1", "A", 20)]
    study = trial(PLAN, *(records[index] for index in order), treated("C", "ctl", 0, 30))
    study.submit(tick_record(40))

    assert (study.row().person_days, study.row().person_days_to_first) == (20, 11)
    assert study.watch_summary().treatment_events == 1


def test_risk_ends_after_the_study_days_of_a_watch():
    """Day 0 is the first treatment of the period; a reference watch counts from its treatment."""
    plan = plan_of(
        concurrent_watch(share=0.5, within_study_days=10),
        reference_watch("known", share=0.5, within_study_days=10),
    )
    switched = [treated("A", "ctl", 0), treated("A", "act", 5), treated("C", "ctl", 0)]
    study = trial(plan, *switched, case("c1", "A", 12), tick_record(40))

    assert study.watch_summary().treatment_events == 0
    assert study.watch_summary("known").treatment_events == 1
    assert reference_days(study) == 8
    assert study.counts() == (1, 1), "the tables count every day"

    study.submit(treated("A", "ctl", 3, version=2, entity="edc/treated-A-0"))
    assert study.watch_summary().treatment_events == 1, "day 0 is day 3 now"


def test_a_correction_of_the_start_moves_the_limit_of_a_watch():
    """A case beyond the limit joins the watch though its own counts stay as they are."""
    plan = plan_of(reference_watch("known", within_study_days=10), window="unbounded")
    study = trial(plan, treated("A", "act", 0), case("c1", "A", 12), withdrawn("A", 30))
    study.submit(tick_record(40))
    assert study.watch_summary("known").treatment_events == 0

    study.submit(treated("A", "act", 4, version=2, entity="edc/treated-A-0"))

    assert study.watch_summary("known").treatment_events == 1


def test_a_pooled_watch_equals_one_of_the_united_arm():
    """Two doses pooled give the evidence of one arm that has the subjects of both."""
    pooled = plan_of(concurrent_watch(treatment=["low", "high"]), active=["low", "high"])
    united = plan_of(concurrent_watch(treatment="low"), active=["low", "high"])
    subjects = [("A", "low"), ("B", "high"), ("D", "high"), ("C", "ctl"), ("E", "ctl")]
    cases = [case("c1", "A", 4), case("c2", "B", 6), case("c3", "C", 7), tick_record(40)]

    values = []
    for plan, names in ((pooled, {}), (united, {"high": "low"})):
        treatments = [treated(who, names.get(arm, arm), 0, 30) for who, arm in subjects]
        values.append(trial(plan, *treatments, *cases).watch_summary())

    assert values[0].log_e == values[1].log_e
    assert (values[0].treatment_events, values[0].control_events) == (2, 1)


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(conflict_free(), st.integers(1, 7))
def test_a_restored_study_continues_with_days_not_at_risk(log: list[WireRecord], every: int):
    """Alerts, counts and evidence are the same where the study is unloaded between records."""
    whole, restarted = Pipeline(), Pipeline()
    for offset, wire in enumerate(log):
        line = json.dumps(wire).encode()
        if offset % every == 0:
            for name, study in restarted.studies.items():
                restarted.studies[name] = restored_copy(study)
        assert whole.process_bytes(line, offset).alerts == (
            restarted.process_bytes(line, offset).alerts
        )

    for name, study in whole.studies.items():
        assert evidence_and_counts(study) == evidence_and_counts(restarted.studies[name])


def evidence_and_counts(study: Study) -> tuple[object, ...]:
    """The state without verdicts, which depend on when a watch was last looked at; all evidence."""
    fields = {name: value for name, value in state_fields(study) if not name.startswith("w|")}
    return fields, {one.watch.id: (one.log_e, one.verdict.level) for one in watch_summaries(study)}


def test_a_second_plan_keeps_the_days_of_its_subjects():
    """An amendment counts all data again, days not at risk included."""
    study = trial(PLAN, *PAIR, exempt("A", 5, 14, "DVT"), tick_record(40))
    study.submit(plan_record(PLAN + "\n# amended", version=2))

    assert study.row("any").person_days == 30
    assert study.study.exempt_terms
