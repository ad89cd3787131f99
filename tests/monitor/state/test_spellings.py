"""A term is one term whatever its case, white space or Unicode form."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.records import Record, TermKind
from monitor.state.digest import state_digest
from monitor.tables.tabulate import rate_rows
from monitor.terms import fold_term
from tests.monitor.builders import (
    case,
    collected,
    merged,
    plan_record,
    retracted,
    tick_record,
)
from tests.monitor.small_plans import concurrent_watch, plan_of, toml_table
from tests.monitor.trial import Trial, trial, two_arms

SPELLINGS = ("Ménière's disease", "MÉNIÈRE'S  DISEASE", " Me\u0301nie\u0300re's\u00a0disease")
"""One term in three spellings: case and spaces, and combining accents with a no-break space."""


def shown_terms(scenario: Trial, kind: TermKind = TermKind.PREFERRED_TERM) -> list[str]:
    """The names of the terms of *kind* in the tables, as they are shown."""
    names = {row.term.name for row in rate_rows(scenario.study) if row.term.kind is kind}
    return sorted(names)


def spelled(number: int, spelling: str, *, version: int = 1, known: int | None = None) -> Record:
    """The case c*number* of the subject A*number*, spelled so."""
    return case(f"c{number}", f"A{number}", 10 + number, spelling, version=version, known=known)


@pytest.mark.parametrize(
    "spelling",
    ["HEADACHE", " head\u200bache\t", "Ｈｅａｄａｃｈｅ", "Head\u00adache", "\ufeffheadache"],
)
def test_a_term_is_folded(spelling: str):
    """Case, white space, width and invisible characters say nothing about the event."""
    assert fold_term(spelling) == "headache"


@given(st.text(max_size=12))
def test_a_folded_term_stays_as_it_is(text: str):
    """Folding twice changes nothing, and the Unicode form of the text does not matter."""
    folded = fold_term(text)

    assert fold_term(folded) == folded
    assert {fold_term(normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")} == {folded}


def test_three_spellings_are_counted_in_one_row():
    """Three subjects with one term are three subjects of that term."""
    cases = [spelled(number, each) for number, each in enumerate(SPELLINGS, 1)]
    scenario = trial(plan_of(), *two_arms(10), *cases, tick_record(40))

    assert shown_terms(scenario) == [SPELLINGS[0]]
    assert scenario.row(SPELLINGS[0]).cell.subjects == 3


def test_the_earliest_case_decides_what_is_shown():
    """Of two cases known on one day, the one with the smaller id decides."""
    first = spelled(1, "RASH", known=30)
    scenario = trial(plan_of(), *two_arms(10), first, spelled(2, "Rash", known=30))
    assert shown_terms(scenario) == ["RASH"]

    scenario.submit(spelled(3, "rash", known=29))
    assert shown_terms(scenario) == ["rash"]


def test_a_correction_a_retraction_and_a_merge_change_what_is_shown():
    """Only active cases decide, each at its latest version."""
    scenario = trial(
        plan_of(),
        *two_arms(10),
        spelled(1, "RASH", known=20),
        case("c2", "A1", 12, "Rash", known=21),
        spelled(3, "rash", known=22),
    )
    assert shown_terms(scenario) == ["RASH"]

    scenario.submit(merged("m1", "case", "safety/c1", "safety/c2"))
    assert shown_terms(scenario) == ["Rash"]

    scenario.submit(retracted("r1", "safety/c2"))
    assert shown_terms(scenario) == ["rash"]

    scenario.submit(retracted("r2", "safety/m1"))
    assert shown_terms(scenario) == ["RASH"]

    scenario.submit(spelled(1, "Fever", version=2, known=23), retracted("r3", "safety/r1"))
    assert shown_terms(scenario) == ["Fever", "Rash"]


def test_an_amended_dictionary_still_recodes():
    """A version with another term moves the case; one with another spelling only respells it."""
    scenario = trial(plan_of(), *two_arms(10), spelled(1, "Rash", known=20))
    scenario.submit(spelled(1, "RASH", version=2, known=21))
    assert shown_terms(scenario) == ["RASH"] and scenario.row("RASH").cell.versions == 2

    scenario.submit(spelled(1, "Rash pruritic", version=3, known=22))
    assert shown_terms(scenario) == ["Rash pruritic"]


def test_a_group_lists_terms_in_any_spelling():
    """A list of the plan, an amended one, and a pair match however a case spells the term."""
    listed = toml_table("groups.skin", preferred_terms=["rash"], label_groups=["SKIN"])
    scenario = trial(
        plan_of(more=listed),
        *two_arms(10),
        case("c1", "A1", 11, "RASH", label_group=" skin "),
    )
    assert scenario.counts("skin") == (1, 1)

    pair = toml_table("groups.skin", both=[["fever"], ["RASH"]], within_days=10)
    scenario.submit(plan_record(plan_of(more=pair), version=2))
    scenario.submit(case("c2", "A1", 12, "Fever"))
    assert scenario.counts("skin") == (1, 1)


def test_a_watch_of_the_plan_finds_every_spelling():
    """The watch is tier 1 for all spellings, so tier 2 has no watch of the term."""
    watch = concurrent_watch(preferred_term="dvt")
    cases = [case(f"c{n}", f"A{n}", 10 + n, "DVT" if n % 2 else "Dvt") for n in range(1, 7)]
    scenario = trial(plan_of(watch), *two_arms(10), tick_record(10), *cases, tick_record(30))

    ids = [each.id for each in scenario.study.active_watches() if "preferred_term" in each.id]
    assert ids == []


def test_an_amendment_may_respell_the_term_of_a_watch():
    """The hypothesis is the same, so its share stays spent on it."""
    first, second = (concurrent_watch(preferred_term=each) for each in ("DVT", "dvt"))
    scenario = trial(plan_of(first), *two_arms(2))

    assert scenario.submit(plan_record(plan_of(second), version=2)).refusal is None


def test_a_collection_names_its_term_in_any_spelling():
    """Cases before the collection of the term are not counted under it."""
    scenario = trial(
        plan_of(), *two_arms(10), collected("rash", 20), spelled(1, "RASH"), spelled(15, "Rash")
    )

    assert shown_terms(scenario) == []


def test_spellings_of_one_event_are_likely_duplicates():
    """Two cases of one subject and day may be one event, however the sources spell it."""
    scenario = trial(
        plan_of(), *two_arms(10), case("c1", "A1", 11, "Rash"), case("c2", "A1", 11, "RASH")
    )

    assert "finding/likely_duplicates" in [alert.watch for alert in scenario.alerts]


@settings(max_examples=30)
@given(
    st.permutations(
        [
            *(spelled(n, SPELLINGS[n % 3], known=40 - n % 4) for n in range(1, 9)),
            spelled(3, SPELLINGS[1], version=2, known=50),
            spelled(5, "Rash", version=2, known=30),
            spelled(6, "RASH", version=2, known=30),
            retracted("r1", "safety/c7"),
            merged("m1", "case", "safety/c4", "safety/c8"),
        ]
    )
)
def test_the_order_of_arrival_changes_nothing(records: list[Record]):
    """What is shown is a function of the set of records, and so is the digest that covers it."""
    scenario = trial(plan_of(), *two_arms(10), tick_record(60), *records)

    assert shown_terms(scenario) == [SPELLINGS[2], "Rash"]
    in_order = sorted(records, key=lambda each: (each.entity_id, each.version))
    assert scenario.row(SPELLINGS[2]).cell.events == 4
    latest = {each.entity_id: each for each in in_order}
    other = trial(plan_of(), *two_arms(10), tick_record(60), *latest.values())
    assert shown_terms(other) == shown_terms(scenario)


def test_many_follow_ups_keep_the_index_small():
    """Outdated entries are dropped, so a fixed set of cases takes a fixed amount of memory."""
    scenario = trial(plan_of(), *two_arms(2), spelled(1, "RASH"), spelled(2, "Rash"))
    for version in range(2, 3_000):
        scenario.submit(spelled(1, "RASH", version=version, known=30 + version))

    heaps = scenario.study.spellings.heaps
    assert heaps is not None and max(map(len, heaps.values())) < 3_000
    assert shown_terms(scenario) == ["Rash"]
    assert state_digest(scenario.study)
