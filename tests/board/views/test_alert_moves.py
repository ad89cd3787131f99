"""History and moves of an alert's page, the pages of cases and findings, and what is not found."""

from __future__ import annotations

import pytest

from alerts.lifecycle import MEANINGS, Move, State, allowed_moves
from alerts.register.update import register_of
from board.views.alert import AlertView, build
from board.views.catalogue import VIEWS, ViewNotFoundError
from board.views.facts import StudyFacts
from monitor.records import Outcome, Record
from streams.producers.reviews import revision_digest
from tests.alerts.reviews import MOVES_TO_STATE, review
from tests.board.views.alert_facts import (
    alert_id_of,
    facts_of_records,
    page_of_alert,
    proderm_facts,
)
from tests.monitor.builders import case, plan_record, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of
from tests.monitor.trial import two_arms

RULES = '[[rules]]\nname = "death"\nwhen = "fatal"\n'


def records_of_trial() -> list[Record]:
    """Six clots on active, and a death, under a watch and a rule."""
    plan = plan_of(concurrent_watch(), more=RULES)
    cases = [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 7)]
    death = case("d1", "A9", 21, "Fall", organ="X", outcome=Outcome.FATAL)
    return [plan_record(plan), *two_arms(12), tick_record(10), *cases, death, tick_record(40)]


def moved(*moves: str) -> tuple[StudyFacts, AlertView]:
    """The alert of the watch after *moves* by a member, one after the other."""
    records = records_of_trial()
    facts = facts_of_records(*records)
    name = alert_id_of(facts, "clots")
    revision = register_of(facts.study).entries[name].alert.revision
    for number, move in enumerate(moves):
        records.append(review(move, revision + number, of=name, known=45))
    facts = facts_of_records(*records)
    return facts, page_of_alert(facts, name)


@pytest.mark.parametrize("state", [s for s in State if s is not State.REOPENED])
def test_the_bar_offers_the_moves_of_the_state_with_their_meanings(state: State):
    """A closed alert offers none; every other offers what the lifecycle allows."""
    _, view = moved(*(move.value for move in MOVES_TO_STATE[state]))

    assert view.state == state.replace("_", " ")
    assert [choice.move for choice in view.bar.moves] == [m.value for m in allowed_moves(state)]
    for choice in view.bar.moves:
        assert choice.meaning == MEANINGS[Move(choice.move)]


def test_a_move_signs_exactly_what_is_shown():
    """The bar has the revision on the page and the digest of it."""
    facts, view = moved("acknowledge")
    alert = register_of(facts.study).entries[view.id].alert

    assert view.bar.revision == view.revision == alert.revision
    assert view.bar.shown == revision_digest(alert)
    assert not view.bar.signed


def test_the_history_has_reasons_members_times_meanings_and_refused_moves():
    """The second move of the same revision is stale, refused, and stays in the history."""
    records = records_of_trial()
    name = alert_id_of(facts_of_records(*records), "clots")
    revision = register_of(facts_of_records(*records).study).entries[name].alert.revision
    records += [
        review("acknowledge", revision, of=name, known=45),
        review("acknowledge", revision, of=name, by="board-2", known=46),
    ]
    refused, accepted, *by_data = page_of_alert(facts_of_records(*records), name).history

    assert (accepted.member, accepted.reason) == ("board-1", "The cases were read.")
    assert accepted.meaning == "I have seen it." and accepted.refused is None
    assert accepted.time == "2020-02-15T10:00:00Z"
    assert refused.member == "board-2"
    assert refused.refused is not None and "moved on" in refused.refused
    assert all(row.member is None for row in by_data)
    table = next(
        table
        for table in page_of_alert(facts_of_records(*records), name).tables
        if table.name == "history"
    )
    assert {"member", "reason", "refused"} <= {c.key for c in table.columns if c.shown}


def test_a_case_alert_has_its_case_its_versions_and_its_clock():
    """The death's page says why it is raised and when it is due, and has no statistics."""
    facts = facts_of_records(*records_of_trial())
    view = page_of_alert(facts, alert_id_of(facts, "rule/death", "safety/d1"))

    assert view.evidence is None and view.case is not None
    assert view.sentence == "Fall in A9: fatal"
    assert view.case.why == "Every fatal case raises an alert"
    assert view.case.subjects == ("A9",)
    assert [row["case"] for row in view.case.listing.rows] == ["safety/d1"]
    assert [row["version"] for row in view.case.versions.rows] == [1]
    assert [clock.clock for clock in view.due] == ["receipt"]
    assert view.due[0].overdue and [c.move for c in view.bar.moves] == ["acknowledge"]


def test_a_finding_names_its_records_and_offers_no_move():
    """Two cases that may report one event: both are listed, and nothing is to be decided."""
    facts = proderm_facts()
    pair = "edc/ae-P-004-11 edc/ae-P-004-12"
    view = page_of_alert(facts, alert_id_of(facts, "finding/likely_duplicates", pair))

    assert view.case is not None and view.case.about == tuple(pair.split())
    assert [row["case"] for row in view.case.listing.rows] == pair.split()
    assert view.bar.moves == () and not view.tracked


@pytest.mark.parametrize("arguments", [{}, {"id": ""}, {"id": "0" * 24}, {"id": "<b>"}])
def test_an_id_that_names_nothing_is_not_found(arguments: dict[str, str]):
    """The same answer for an id that is missing, unknown or no id."""
    with pytest.raises(ViewNotFoundError):
        build(proderm_facts(), arguments)
    with pytest.raises(ViewNotFoundError):
        VIEWS["alert"].build(proderm_facts(), arguments)


def test_every_alert_of_proderm_has_a_page():
    """Signals, watches and findings alike."""
    for name in register_of(proderm_facts().study).entries:
        assert page_of_alert(proderm_facts(), name).id == name
