"""An event that sets off a tier 1 watch, tier 2 and a rule is one entry of the list, not four."""

from __future__ import annotations

from hashlib import sha256

import orjson

from alerts.alert import Alert
from alerts.lifecycle import State
from alerts.register.due_order import due_date, ordered_by_due_date
from alerts.register.grouping import heads_of_alerts, is_open
from alerts.register.history import AlertEntry
from alerts.register.update import register_of
from monitor.records import Outcome, Record
from monitor.state.study import Study
from streams.processor.pipeline import Pipeline
from tests.alerts.reviews import review
from tests.monitor.builders import case, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, toml_table
from tests.monitor.trial import Trial, trial, two_arms
from tests.streams.processor.processors import PRODERM

GROUP = toml_table("groups.clots", preferred_terms=["dvt", "PE"])
RULES = """
[[rules]]
name = "clot"
when = "group"
group = "clots"
[[rules]]
name = "death"
when = "fatal"
"""


def clots(*more: Record, watch: str = "") -> Trial:
    """Six clots on active under a tier 1 watch of the group, tier 2, and a rule for each clot."""
    watched = watch or concurrent_watch(group="clots")
    cases = [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 7)]
    plan = plan_of(watched, groups=GROUP, more=RULES)
    return trial(plan, *two_arms(12), tick_record(10), *cases, *more, tick_record(40))


def entries_of(study: Study) -> list[AlertEntry]:
    """The tracked alerts of the study, as the list reads them: the newest first."""
    entries = [each for each in register_of(study).entries.values() if each.alert.tracked]
    return sorted(entries, key=lambda entry: (-entry.history[0].line, entry.alert.id))


def under(scenario: Trial) -> dict[str, str]:
    """By watch and what it is about, the watch of the alert under which an alert stands."""
    entries = entries_of(scenario.study)
    names = {e.alert.id: f"{e.alert.watch} {e.alert.about}".strip() for e in entries}
    heads = heads_of_alerts(scenario.study, entries)
    return {names[name]: names[head] for name, head in heads.items()}


def test_what_a_group_sets_off_stands_under_its_watch():
    """The term, its class and each clot's own alert; other terms and deaths stand alone."""
    headaches = [case(f"h{n}", f"A{n}", 20, "Headache", organ="NERV") for n in range(1, 9)]
    death = case("d1", "A9", 21, "Fall", organ="INJURY", outcome=Outcome.FATAL)
    scenario = clots(*headaches, death)

    assert under(scenario) == {
        "screening/preferred_term/dvt/act": "clots",
        "screening/system_organ_class/vasc/act": "clots",
        **{f"rule/clot safety/c{n}": "clots" for n in range(1, 7)},
    }
    alone = {alert.watch for alert in scenario.alerts if alert.tracked} - {"clots", "rule/clot"}
    assert {"screening/preferred_term/headache/act", "rule/death"} <= alone


def test_a_class_with_mostly_other_events_stands_alone():
    """Fewer than half of the cases of the class are clots, so it is another signal."""
    others = [case(f"o{n}", f"A{n}", 22, "Flushing") for n in range(1, 8)]
    scenario = clots(*others)

    assert "screening/system_organ_class/vasc/act" not in under(scenario)
    assert "screening/preferred_term/dvt/act" in under(scenario)


def test_a_clot_on_control_stands_alone():
    """Arm and term are one cause: the same term on the other arm is none."""
    scenario = clots(case("c9", "C1", 15))

    assert "rule/clot safety/c9" not in under(scenario)


def test_under_a_watch_of_any_event_stands_nothing():
    """Everything would."""
    scenario = clots(watch=concurrent_watch(group="clots").replace('group = "clots"', "any = true"))

    assert under(scenario) == {}


def test_a_closed_alert_takes_nothing():
    """After the watch's alert is closed, what is open stands on its own in the list."""
    scenario = clots()
    (head,) = {alert.id for alert in scenario.alerts if alert.watch == "clots"}
    revision = register_of(scenario.study).entries[head].alert.revision
    for number, move in enumerate(("acknowledge", "begin_review", "refute", "close")):
        scenario.submit(review(move, revision + number, of=head))

    assert register_of(scenario.study).entries[head].alert.state is State.CLOSED
    assert under(scenario) == {}
    assert len([e for e in entries_of(scenario.study) if is_open(e.alert)]) == 8


def test_a_closed_alert_stands_under_an_open_one():
    """With --all, what was decided stands where it belongs, and keeps its state."""
    scenario = clots()
    (name,) = {a.id for a in scenario.alerts if a.watch == "screening/preferred_term/dvt/act"}
    for number, move in enumerate(("acknowledge", "begin_review", "refute", "close"), 1):
        scenario.submit(review(move, number, of=name))

    assert under(scenario)["screening/preferred_term/dvt/act"] == "clots"


def test_the_most_urgent_due_date_of_a_group_orders_the_list():
    """The group of the watch comes first, because one of its clots is due first."""
    scenario = clots(
        case("d1", "A9", 30, "Fall", organ="INJURY", outcome=Outcome.FATAL, serious=True)
    )
    entries = entries_of(scenario.study)
    heads = heads_of_alerts(scenario.study, entries)
    alerts = ordered_by_due_date([entry.alert for entry in entries], heads)

    assert len(alerts) == len(entries) and alerts[0].watch == "clots"
    group = [alert for alert in alerts if alert.id == alerts[0].id or alert.id in heads]
    assert alerts[: len(group)] == group
    dates = [due_date(alert) for alert in group[1:]]
    assert dates == sorted(dates) and dates[0] < due_date(alerts[len(group)])


def test_proderm_has_one_entry_for_its_thromboembolic_events():
    """Both watches of the group, and under a rule each of the events on IVIG: one cause."""
    fields = orjson.loads(PRODERM[0])
    rule = '\n[[rules]]\nname = "clots"\nwhen = "group"\ngroup = "thromboembolic"\n'
    toml = fields["toml"] + rule
    plan = fields | {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    pipeline = Pipeline()
    for position, raw in enumerate((orjson.dumps(plan), *PRODERM[1:])):
        pipeline.process_bytes(raw, position)
    (study,) = pipeline.studies.values()
    entries = entries_of(study)
    heads = heads_of_alerts(study, entries)
    by_id: dict[str, Alert] = {entry.alert.id: entry.alert for entry in entries}

    assert {by_id[head].watch for head in heads.values()} == {"tee-general-population"}
    assert len(heads) == len(entries) - 1
    assert {by_id[name].watch for name in heads} == {"tee-polymyositis", "rule/clots"}
    assert all(alert.state is State.RAISED for alert in by_id.values())
