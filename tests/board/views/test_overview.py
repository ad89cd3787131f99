"""The overview of ProDERM: each number against the summaries, the tables and the log itself."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import exp

import pytest

from board.follower.from_log import facts_from_log
from board.views.alert_cards import AlertCard
from board.views.overview import Overview, build
from monitor.evidence.evaluate import DAYS_PER_YEAR
from monitor.evidence.summary import WatchSummary, watch_summaries
from monitor.tables.tabulate import rate_rows
from tests.board.preview import page_of
from tests.board.studies import PRODERM_LOG, as_json, proderm_facts, proderm_records


@cache
def overview() -> Overview:
    """The overview of ProDERM."""
    return build(proderm_facts(), {})


@cache
def summaries() -> dict[str, WatchSummary]:
    """Every summary of ProDERM by watch, computed as for the terminal."""
    return {each.watch.id: each for each in watch_summaries(proderm_facts().study)}


def cards() -> list[AlertCard]:
    """All cards, in order."""
    return [card for group in overview().groups for card in group.cards]


def test_the_sentence_names_the_term_the_arm_the_strength_and_the_owner():
    """It is read first, and often alone."""
    assert overview().sentence == (
        "Thromboembolic on ivig signals: evidence 20 times its boundary. Nobody has it yet."
    )


def test_the_lede_says_what_else_there_is():
    """Shared patients, owners, screening and deaths stand below the sentence."""
    assert overview().lede == (
        "Both alerts rest on the same six patients.",
        "Nobody has acknowledged either.",
        "Nothing else is near its boundary.",
        "124 terms are screened at every report; none signals.",
        "No deaths.",
    )


def test_cards_stand_in_one_group_the_signal_first():
    """Two watches of one term and arm are one matter to a board."""
    (group,) = overview().groups

    assert group.title == "Thromboembolic on ivig"
    assert [(card.watch, card.level, card.state) for card in group.cards] == [
        ("tee-general-population", "signal", "raised"),
        ("tee-polymyositis", "watch", "raised"),
    ]
    assert [(card.raised, card.level_since, card.age_days) for card in group.cards] == [
        ("2017-05-09", "2019-03-05", 326),
        ("2017-05-09", "2017-05-09", 991),
    ]


@pytest.mark.parametrize("card", cards(), ids=lambda card: card.watch)
def test_the_evidence_of_a_card_equals_the_summary(card: AlertCard):
    """The page and the terminal show one study."""
    summary, evidence = summaries()[card.watch], card.evidence

    assert evidence is not None and evidence.boundary is not None
    assert evidence.patients == summary.treatment_events == len(evidence.subjects)
    assert evidence.log_e == summary.log_e and evidence.e_value == exp(summary.log_e)
    assert evidence.rate_ratio == summary.rate_ratio
    assert (evidence.rate_ratio_low, evidence.rate_ratio_high) == summary.rate_ratio_interval
    assert card.strength == pytest.approx(evidence.e_value / evidence.boundary)
    assert evidence.rate_ratio == pytest.approx(evidence.patients / (evidence.expected or 0))


def test_a_card_names_the_patients_that_the_committee_found():
    """Counted from the log: the last version of each case that the committee confirmed."""
    latest = {
        record["source"]["id"]: record
        for record in proderm_records()
        if record["type"] == "adverse_event"
    }
    events = [
        record["subject"]
        for record in latest.values()
        if record.get("adjudications", {}).get("thromboembolic") == "yes"
    ]
    evidence = cards()[0].evidence

    assert evidence is not None
    assert evidence.subjects == tuple(sorted(set(events))) and evidence.events == len(events)
    assert [(arm.treatment, arm.patients, arm.exposed) for arm in evidence.other_arms] == [
        ("placebo", 0, 48)
    ]
    assert evidence.open_label_patients == 5


def test_the_ladder_has_every_watch_that_can_signal_and_the_strongest_term():
    """Evidence and boundary of each row are those of the terminal."""
    tier_1 = {name for name, each in summaries().items() if each.watch.tier == 1}
    screened = [each for each in summaries().values() if each.watch.tier == 2]
    strongest = max(screened, key=lambda each: each.log_e)
    rows = overview().ladder

    assert {row.watch for row in rows if not row.screened} == tier_1
    assert rows[-1].screened and rows[-1].watch == strongest.watch.id
    assert rows[-1].boundary == pytest.approx(len(screened) / 0.1)
    for row in rows:
        assert row.log_e == summaries()[row.watch].log_e
        assert row.level == summaries()[row.watch].verdict.level.word
    assert overview().screening.terms == len(screened)


def test_patients_equal_the_rate_tables():
    """Each cell and each exposure of the table is one of a rate row."""
    patients = overview().patients
    assert patients is not None and patients.folded is not None
    names = {"any": "any", "serious": "serious", "serious_related": "serious_related"}
    names |= {"withdrawal": "discontinued", "fatal": "fatal"}
    cells = {
        (row.term.name, f"{row.period} {row.treatment}"): row
        for row in rate_rows(proderm_facts().study)
        if row.term.kind.value in ("any", "group")
    }
    compared = 0
    for row in (*patients.table.rows, *patients.folded.rows):
        for column in patients.table.columns:
            found = cells.get((names.get(str(row["row"]), str(row["row"])), column.key))
            if found is not None:
                assert row[column.key] == found.cell.subjects
                share = row[f"{column.key} percent"]
                assert share == 100 * found.cell.subjects / found.subjects_exposed
                assert column.unit.startswith(f"n = {found.subjects_exposed}, ")
                assert f"{found.person_days / DAYS_PER_YEAR:.1f} PY" in column.unit
                compared += 1
    groups = len(proderm_facts().study.plan.groups)
    assert compared == 5 * (groups + 1)
    assert patients.deaths == 0


def test_benefit_equals_a_count_of_the_scores():
    """Responders are counted from the log; the first difference is the published one."""
    benefit = overview().benefit
    assert benefit is not None
    arms = {
        record["subject"]: record["randomised_treatment"]
        for record in proderm_records()
        if record["type"] == "subject"
    }
    scores = [record for record in proderm_records() if record["type"] == "assessment"]
    for row in benefit.rows:
        for arm, responders, subjects in (
            (row.treatment, row.responders, row.subjects),
            (row.control, row.control_responders, row.control_subjects),
        ):
            values = [
                each["value"]
                for each in scores
                if each["visit"] == row.visit and arms[each["subject"]] == arm
            ]
            assert (sum(value >= row.threshold for value in values), len(values)) == (
                responders,
                subjects,
            )
    first = benefit.rows[0]
    assert (first.responders, first.subjects) == (37, 47)
    assert (first.control_responders, first.control_subjects) == (21, 48)
    assert first.difference == pytest.approx(34.97, abs=0.005)
    assert (first.low, first.high) == (
        pytest.approx(15.60, abs=0.005),
        pytest.approx(51.84, abs=0.005),
    )
    assert {row.difference is None for row in benefit.rows if row.visit == "week40"} == {True}


def test_since_the_last_review_counts_what_was_added():
    """Against the study of the first 2,000 records: the signal, cases and exposure were added."""
    facts = proderm_facts()
    (half,) = facts_from_log(PRODERM_LOG.read_bytes().splitlines()[:2000])
    reviewed = replace(facts, baseline=lambda: half.study, baseline_day=half.study.as_of)
    since = build(reviewed, {}).since

    assert since is not None and since.alerts == 1
    assert 0 < since.person_years < 64.79 and since.cases > 0


def test_the_view_is_plain_json():
    """What is not finite is null, and the tables have the names of their addresses."""
    content = as_json(overview())

    assert [each["name"] for each in content["tables"]] == [
        "alerts", "ladder", "patients", "groups", "benefit",
    ]  # fmt: skip
    evidence = cards()[0].evidence
    assert evidence is not None
    assert content["tables"][0]["rows"][0]["expected"] == evidence.expected


def test_the_page_shows_the_numbers_of_the_view():
    """The page is the view with markup around it."""
    page = page_of(proderm_facts(), "overview")

    for text in (overview().sentence, *overview().lede, "1,336", "66.7", "9.65", "1.96 to 27.4"):
        assert text in page
    for row in overview().ladder:
        assert f'data-value="{row.e_value!r}"' in page
    assert "style=" not in page and "<style" not in page
    assert "as of 25 Jan 2020, not live" in page
