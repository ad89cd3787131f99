"""Pages of watches that pool treatments or end after some study days, and of groups of a query."""

from __future__ import annotations

from functools import cache

import pytest

from board.views.catalogue import VIEWS
from board.views.facts import StudyFacts
from monitor.records import NotAtRisk, TermKind
from monitor.state.digest import state_digest
from tests.board.preview import page_of
from tests.board.views.alert_facts import (
    alert_id_of,
    evidence_of,
    facts_of_records,
    json_of,
    page_of_alert,
)
from tests.monitor.builders import allocated, case, day, plan_record, record, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch

DICTIONARY = "MedDRA 29.1 SMQ 20000081 narrow"
PLAN = plan_of(
    concurrent_watch("pool", group="clots", treatment=["low", "high"], share=0.25),
    concurrent_watch(
        "pool-early",
        group="clots",
        treatment="high",
        control=["ctl", "low"],
        analysis="as_randomised",
        within_study_days=20,
        share=0.25,
    ),
    reference_watch("known", group="clots", treatment=["low", "high"], share=0.25),
    reference_watch("known-early", treatment="low", within_study_days=20, share=0.25),
    active=["low", "high"],
    groups=f'[groups.clots]\npreferred_terms = ["DVT"]\ndictionary = "{DICTIONARY}"',
)
WATCHES = ("pool", "known", "known-early")
"""Those of the watches that signal."""


@cache
def facts() -> StudyFacts:
    """Twelve treated subjects, each with an event, and twelve controls without any."""
    records = [plan_record(PLAN)]
    for number in range(24):
        arm = "ctl" if number % 2 else ("low", "high")[number // 2 % 2]
        who = f"S{number}"
        records += [allocated(who, arm), treated(who, arm, 0, 60)]
        if arm != "ctl":
            records.append(case(f"c{number}", who, 2 + number, known=30))
    exempt = NotAtRisk(subject="S1", kind=TermKind.ANY, start=day(5), last_date=day(9))
    return facts_of_records(*records, record(exempt, "edc/exempt"), tick_record(50))


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_view_of_such_a_study_is_built(name: str):
    """No page looks for a treatment with the name of a pool."""
    before = state_digest(facts().study)
    arguments = {"alert": alert_id_of(facts(), "pool"), "subject": "S1", "trajectory": "pool"}

    for clock in ("known", "occurred"):
        view = VIEWS[name].build(facts(), {"id": arguments.get(name, ""), "time": clock})
        assert json_of(view)["tables"] is not None
    assert state_digest(facts().study) == before


@pytest.mark.parametrize("watch", WATCHES)
def test_an_alert_counts_the_pool_and_its_study_days(watch: str):
    """First events, cases and exposure are those of the watch, and agree with its evidence."""
    active_watch = facts().study.watches_by_id[watch]
    view = page_of_alert(facts(), alert_id_of(facts(), watch))
    evidence = evidence_of(view)
    treated_first = [row for row in evidence.listing.rows if row["first"]]

    expected = {"pool": 12, "known": 12, "known-early": 5}[watch]
    assert (
        evidence.observed.first_events
        == expected
        == len(treated_first)
        - (
            sum(
                arm not in active_watch.design.treated_arms
                for _, _, arm in active_watch.first_events
            )
        )
    )
    assert evidence.observed.events == expected
    assert ("study days 0 to 19" in evidence.comparison) is ("early" in watch)


def test_an_alert_of_a_query_names_its_dictionary():
    """The version of the dictionary stands on the page and in its JSON."""
    view = page_of_alert(facts(), alert_id_of(facts(), "pool"))

    assert DICTIONARY in page_of(facts(), "alert", {"id": view.id})
    assert view.dictionary == json_of(view)["dictionary"] == DICTIONARY
    assert page_of_alert(facts(), alert_id_of(facts(), "known-early")).dictionary == ""
