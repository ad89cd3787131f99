"""Tests that the numbers of the alerts and of their line listings are those of a batch count."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from alerts.register.update import register_of
from board.views.catalogue import VIEWS
from tests.board.independent.alert_counts import (
    adjudication_of,
    cases_of_watch,
    counted_day,
    evidence_of_alert,
    first_answer_day,
    scope_of,
    watch_of,
)
from tests.board.independent.evidence import evidence_of_watch
from tests.board.independent.logs import LOGS, BoardLog, board_log
from tests.board.independent.recounted import recounted
from tests.board.independent.test_subject_counts import days_since_dose, study_day
from tests.board.preview import page_of
from tests.independent.evidence import reference_counts, term_of
from tests.independent.groups import is_serious
from tests.independent.wire_records import ordinal

DAYS_PER_YEAR = 365.25


def alert_rows(log: BoardLog) -> list[Any]:
    """Return every row of the list of alerts."""
    return list(VIEWS["alerts"].build(log.facts, {}).tables[0].rows)


def alerts_of_watches(log: BoardLog) -> list[tuple[str, dict[str, Any]]]:
    """Return id and watch of each alert of a watch."""
    entries = register_of(log.facts.study).entries
    found = [(row["id"], watch_of(log, entries[row["id"]].alert.watch)) for row in alert_rows(log)]
    return [(name, watch) for name, watch in found if watch is not None]


@pytest.mark.parametrize("name", LOGS)
def test_counts_of_the_list(name: str):
    """The numbers of the list are those of its rows, and every alert of the register is one."""
    log = board_log(name)
    view, rows = VIEWS["alerts"].build(log.facts, {}), alert_rows(log)
    assert {row["id"] for row in rows} == set(register_of(log.facts.study).entries)
    shown = [row for group in view.groups for row in group.rows]
    assert len(shown) + len(view.findings) == len(rows) == len({row["id"] for row in rows})
    assert view.open_count == sum(row.state != "closed" for row in shown)
    assert view.unacknowledged_count == sum(row.state in ("raised", "reopened") for row in shown)
    as_of = log.count.trial.as_of
    late = {row["id"] for row in rows if row["due"] and ordinal(row["due"]) < as_of}
    assert view.overdue_count == len(late & {row.id for row in shown if row.overdue})
    for row in rows:
        assert row["days_since_level"] == as_of - ordinal(row["level_since"]), row
        assert row["days_since_raised"] == as_of - ordinal(row["raised"]), row


@pytest.mark.parametrize("name", LOGS)
def test_first_events_and_evidence_of_every_alert(name: str):
    """The list and the overview's cards say the same first events and E, and they are right."""
    log = board_log(name)
    rows = {row["id"]: row for row in alert_rows(log)}
    overview = VIEWS["overview"].build(log.facts, {})
    cards = {card.id: card for group in overview.groups for card in group.cards}
    for alert_id, watch in alerts_of_watches(log):
        expected, row = evidence_of_alert(log, watch), rows[alert_id]
        where = (log.name, alert_id)
        assert row["subjects"] == expected.treated, where
        assert math.log(row["e_value"]) == pytest.approx(expected.log_e, abs=1e-9), where
        if alert_id in cards and cards[alert_id].evidence is not None:
            evidence = cards[alert_id].evidence
            assert evidence.patients == expected.treated, where
            assert evidence.control_patients == expected.control, where
            assert len(evidence.subjects) == expected.treated, where
            assert evidence.log_e == pytest.approx(expected.log_e, abs=1e-9), where


@pytest.mark.parametrize("name", LOGS)
def test_observed_of_every_alert(name: str):
    """Events, expected number and patient-years of both arms."""
    log = board_log(name)
    for alert_id, watch in alerts_of_watches(log):
        observed = VIEWS["alert"].build(log.facts, {"id": alert_id}).evidence.observed
        expected, term = evidence_of_alert(log, watch), term_of(watch)
        treated, control = scope_of(log.count, watch)
        cases, where = log.count.cases(treated, term), (log.name, alert_id)
        assert observed.first_events == expected.treated, where
        assert observed.log_e == pytest.approx(expected.log_e, abs=1e-9), where
        assert observed.events == len(cases), where
        assert observed.serious_events == sum(is_serious(case.fields) for case in cases), where
        if watch["kind"] == "reference":
            _, days = reference_counts(log.count.trial, watch)
            if "rate_per_100_patient_years" in watch:
                rate = watch["rate_per_100_patient_years"] / 100
                assert observed.expected == pytest.approx(rate * days / DAYS_PER_YEAR), where
        else:
            assert observed.control_first_events == expected.control, where
            days = sum(map(len, log.count.days(treated).values()))
        assert observed.patient_years == pytest.approx(days / DAYS_PER_YEAR), where
        on_control = log.count.days(control)
        years = sum(map(len, on_control.values())) / DAYS_PER_YEAR
        assert observed.control_subjects == len(on_control), where
        assert observed.control_patient_years == pytest.approx(years), where


def treatment_of(each: Any) -> str:
    """The treatment under which a counted case counts."""
    return each.interval.treatment


def onset_of(each: Any) -> int:
    """The onset of a counted case."""
    return each.case.onset


@pytest.mark.parametrize("name", LOGS)
def test_line_listing_of_every_alert(name: str):
    """Every case under the term: its arm, study day, days since the last dose, and delays."""
    log = board_log(name)
    for alert_id, watch in alerts_of_watches(log):
        view = VIEWS["alert"].build(log.facts, {"id": alert_id})
        rows = {row["case"]: row for row in view.evidence.listing.rows}
        cases = {each.case.entity: each for each in cases_of_watch(log.count, watch)}
        assert set(rows) == set(cases), (log.name, alert_id)
        first: dict[str, int] = {}
        is_reference = watch["kind"] == "reference"
        scope = {
            name: each
            for name, each in cases.items()
            if not is_reference or treatment_of(each) == watch["treatment"]
        }
        for each in scope.values():
            subject, onset = each.case.subject, onset_of(each)
            first[subject] = min(onset, first.get(subject, onset))
        for case_id, row in rows.items():
            each, where = cases[case_id], (log.name, alert_id, case_id)
            versions = log.count.versions[case_id]
            onset = onset_of(each)
            assert row["subject"] == each.case.subject, where
            assert row["version"] == versions[-1]["source"]["version"], where
            assert row["arm"] == treatment_of(each), where
            assert row["study_day"] == study_day(log.count, each.case), where
            assert row["days_since_dose"] == days_since_dose(log.count, each.case), where
            assert (row["serious"] != "no") == is_serious(each.case.fields), where
            assert row["reported_after"] == ordinal(versions[0]["known_at"]) - onset, where
            is_first = case_id in scope and first[each.case.subject] == onset
            assert row["first"] == is_first, where
            adjudication = adjudication_of(log.count, watch)
            if adjudication:
                day = first_answer_day(versions, adjudication)
            else:
                day = counted_day(log.count, case_id, term_of(watch))
            assert row["counted_after"] == (None if day is None else day - onset), where


@pytest.mark.parametrize("name", LOGS)
def test_every_watch_of_every_alert(name: str):
    """The other watches of an alert have the first events and E of a batch count."""
    log = board_log(name)
    for alert_id, _ in alerts_of_watches(log):
        view = VIEWS["alert"].build(log.facts, {"id": alert_id})
        for row in view.evidence.watches_table.rows:
            watch, where = watch_of(log, row["watch"]), (log.name, alert_id, row["watch"])
            assert watch is not None, where
            expected = evidence_of_alert(log, watch)
            assert row["first_events"] == expected.treated, where
            if expected.control is not None:
                assert row["control_first_events"] == expected.control, where
            assert math.log(row["e_value"]) == pytest.approx(expected.log_e, abs=1e-9), where


@pytest.mark.parametrize("name", LOGS)
def test_swimmer_table_of_every_alert(name: str):
    """Days at risk, doses and events of every treated subject with a case."""
    log = board_log(name)
    for alert_id, watch in alerts_of_watches(log):
        rows = VIEWS["alert"].build(log.facts, {"id": alert_id}).evidence.swimmer.table.rows
        cases = [each.case for each in cases_of_watch(log.count, watch)]
        subjects = {case.subject for case in cases}
        assert {row["subject"] for row in rows} == subjects, (log.name, alert_id)
        for subject in subjects:
            own = [row for row in rows if row["subject"] == subject]
            days = [row["to_day"] - row["from_day"] + 1 for row in own if row["what"] == "at risk"]
            start = min(each.start for each in log.count.trial.intervals[subject])
            onsets = [(case.onset or 0) - start for case in cases if case.subject == subject]
            drawn = [row["from_day"] for row in own if row["what"] == "event"]
            doses = [
                (ordinal(dose["first_date"]) - start, ordinal(dose["last_date"]) - start)
                for dose in log.count.trial.doses.get(subject, [])
            ]
            dosed = [(row["from_day"], row["to_day"]) for row in own if row["what"] == "dose"]
            assert sum(days) == len(log.count.trial.days[subject]), (log.name, subject)
            assert sorted(drawn) == sorted(onsets), (log.name, subject)
            assert dosed == sorted(doses), (log.name, subject)


@pytest.mark.parametrize("name", LOGS)
def test_figures_of_the_alert_page(name: str):
    """The large figures of the page are the batch count's."""
    log = board_log(name)
    for alert_id, watch in alerts_of_watches(log):
        page = page_of(log.facts, "alert", {"id": alert_id})
        expected = evidence_of_alert(log, watch)
        _, control = scope_of(log.count, watch)
        figures = re.findall(r'<dd class="figure-value">([^<]*)', page)
        assert figures[0].strip() == str(expected.treated), (log.name, alert_id)
        if expected.control is not None:
            counts = f"{expected.control} of {len(log.count.days(control))}"
            assert counts in map(str.strip, figures), (log.name, alert_id)


@pytest.mark.parametrize("name", ["proderm", "mutated"])
def test_evidence_at_the_last_rise(name: str):
    """E at the last rise of a planned watch is that of the log up to its record, to six digits."""
    log = board_log(name)
    rows = {row["id"]: row for row in alert_rows(log)}
    for alert_id, watch in alerts_of_watches(log):
        if watch["tier"] == 2:
            continue
        history = register_of(log.facts.study).entries[alert_id].history
        line = [item.line for item in history if item.move in ("raise", "rise")][-1]
        then = evidence_of_watch(recounted(log.count.records[: line + 1]), watch)
        assert rows[alert_id]["e_value_raised"] == float(f"{math.exp(then.log_e):.6g}"), (
            log.name,
            alert_id,
        )
