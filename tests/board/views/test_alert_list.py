"""The list of alerts: groups of one cause, filters, ages, due dates, and what a form offers."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from alerts.register.update import register_of
from board.views.alert_list import AlertListView, build
from board.views.facts import StudyFacts
from monitor.records import Outcome, Record
from streams.producers.reviews import revision_digest
from tests.alerts.reviews import review
from tests.board.views.alert_facts import (
    POLYMYOSITIS_ID,
    SIGNAL_ID,
    alert_id_of,
    facts_of_records,
    proderm_facts,
)
from tests.monitor.builders import case, plan_record, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, toml_table
from tests.monitor.trial import two_arms

GROUP = toml_table("groups.clots", title="Blood clots", preferred_terms=["dvt", "PE"])
RULES = """
[[rules]]
name = "death"
when = "fatal"
[[rules]]
name = "clot"
when = "group"
group = "clots"
"""


def facts_with(*more: Record) -> StudyFacts:
    """Six clots on active under a tier 1 watch, tier 2 and a rule for each clot, and *more*."""
    plan = plan_of(concurrent_watch(group="clots"), groups=GROUP, more=RULES)
    cases = [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 7)]
    return facts_of_records(
        plan_record(plan), *two_arms(12), tick_record(10), *cases, *more, tick_record(40)
    )


def grouped(view: AlertListView) -> list[set[str]]:
    """The watches of each group, in order."""
    return [{row.watch for row in group.rows} for group in view.groups]


def test_proderm_has_one_group_of_two_alerts_that_can_be_acknowledged_together():
    """The general population and polymyositis see the same events; the signal stands first."""
    view = build(proderm_facts(), {})
    [group] = view.groups

    assert [row.id for row in group.rows] == [SIGNAL_ID, POLYMYOSITIS_ID]
    assert (group.title, group.level) == ("Thromboembolic on ivig", "signal")
    assert [choice.move for choice in group.moves] == ["acknowledge"]
    assert [row.subjects for row in group.rows] == [6, 6]
    assert group.rows[0].age.level_since == "2019-03-05"
    assert group.rows[0].age.days_since_level == 326
    assert view.sentence == "2 alerts wait for a member"
    assert len(view.findings) == 15 and not any(row.moves for row in view.findings)


def test_a_form_carries_the_digest_of_each_revision():
    """What is on the screen is what is signed: id, revision and digest of each alert."""
    entries = register_of(proderm_facts().study).entries

    for group in build(proderm_facts(), {}).groups:
        for row in group.rows:
            alert = entries[row.id].alert
            assert (row.revision, row.shown) == (alert.revision, revision_digest(alert))


def test_what_one_cause_has_set_off_is_one_group():
    """The watch, the term, its class and each clot's own alert; another death stands alone."""
    view = build(facts_with(case("d1", "A9", 21, "Fall", organ="X", outcome=Outcome.FATAL)), {})
    by_title = {group.title: group for group in view.groups}

    assert len(by_title["Blood clots on act"].rows) >= 8
    assert len(by_title["Fall on act"].rows) == 1
    assert by_title["Fall on act"].rows[0].subject == "A9"


def test_one_case_that_meets_two_rules_is_one_group():
    """Without a watch over them, alerts that one record set off stand together."""
    plan = plan_of(concurrent_watch(), groups=GROUP, more=RULES)
    facts = facts_of_records(
        plan_record(plan),
        *two_arms(4),
        case("c1", "A1", 12, "PE", outcome=Outcome.FATAL),
        case("c2", "A2", 14, "PE"),
        tick_record(20),
    )
    rows = [sorted(row.filter_values["kind"] for row in g.rows) for g in build(facts, {}).groups]

    assert sorted(rows) == [["case"], ["case", "case"]]


def test_acknowledged_alerts_stay_and_the_form_offers_the_earliest_move():
    """After the head is acknowledged the rest can still be, and the head keeps its owner."""
    head = alert_id_of(facts_with(), "clots")
    revision = register_of(facts_with().study).entries[head].alert.revision
    view = build(facts_with(review("acknowledge", revision, of=head, known=45)), {})
    [group] = [group for group in view.groups if head in {row.id for row in group.rows}]
    row = next(row for row in group.rows if row.id == head)

    assert (row.state, row.owner) == ("acknowledged", "board-1")
    assert [choice.move for choice in group.moves] == ["acknowledge"]
    assert row.moves == ("begin_review",)
    assert sum(row.owner is None for row in group.rows) == len(group.rows) - 1


@pytest.mark.parametrize("name", ["state", "owner", "level", "kind", "term"])
def test_every_link_of_a_filter_selects_what_it_counts(name: str):
    """The number beside a link is the number of alerts that its address shows."""
    facts = facts_with(case("d1", "A9", 21, "Fall", organ="X", outcome=Outcome.FATAL))
    filters = {each.name: each for each in build(facts, {}).filters}

    for link in filters[name].links if name in filters else ():
        arguments = {key: values[0] for key, values in parse_qs(link.query).items()}
        view = build(facts, arguments)
        shown = sum(len(group.rows) for group in view.groups) + len(view.findings)
        assert shown == link.count > 0
        assert len(view.tables[0].rows) == shown
        [current] = [
            each for f in view.filters if f.name == name for each in f.links if each.current
        ]
        assert parse_qs(current.query) == {}


def test_overdue_clocks_are_marked_and_sort_first():
    """A fatal case is due 7 days after its receipt; on day 40 of the data that is past."""
    view = build(facts_with(case("d1", "A9", 21, "Fall", organ="X", outcome=Outcome.FATAL)), {})
    overdue = [row for group in view.groups for row in group.rows if row.overdue]

    assert overdue
    for row in overdue:
        assert any(clock.days_left is not None and clock.days_left < 0 for clock in row.due)
    assert view.overdue_count == len(overdue)
    assert f"{len(overdue)} overdue" in view.sentence
    assert any(row.overdue for row in view.groups[0].rows)


def test_a_study_without_alerts_says_so():
    """Nothing was raised, and there is nothing to select."""
    facts = facts_of_records(plan_record(plan_of(concurrent_watch())), *two_arms(2))
    view = build(facts, {})

    assert view.sentence == "No alert has been raised"
    assert view.groups == () and view.findings == ()
