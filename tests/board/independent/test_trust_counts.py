"""Tests that delays, findings and sites of the page of data trust are those of a batch count."""

from __future__ import annotations

from collections import Counter
from datetime import date
from statistics import median

import pytest

from board.views.catalogue import VIEWS
from tests.board.independent.logs import LOGS, BoardLog, board_log
from tests.board.independent.recounted import Recounted
from tests.independent.groups import is_serious
from tests.independent.trial import unallocated_cases
from tests.independent.wire_records import Record, ordinal

DAYS_PER_YEAR = 365.25


def reporting_delays(count: Recounted) -> list[int]:
    """Return the days from each full onset, as last stated, to the first report."""
    return [
        ordinal(own[0]["known_at"]) - ordinal(own[-1]["onset"])
        for own in count.active_versions()
        if len(own[-1].get("onset") or "") == 10
    ]


def adjudication_delays(count: Recounted) -> list[int]:
    """Return the days from the first report of each case to the first answer."""
    found: list[int] = []
    for own in count.active_versions():
        answered = [ordinal(each["known_at"]) for each in own if has_answer(each)]
        found += [day - ordinal(own[0]["known_at"]) for day in answered[:1]]
    return found


def has_answer(record: Record) -> bool:
    """Whether a committee has answered."""
    return bool({"yes", "no"} & set((record.get("adjudications") or {}).values()))


def percentile(days: list[int], share: float) -> float:
    """Return a percentile, linear between the order statistics."""
    ordered, place = sorted(days), share * (len(days) - 1)
    low = int(place)
    high = min(low + 1, len(days) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


@pytest.mark.parametrize("name", LOGS)
def test_delays(name: str):
    """Cases, median, 90th percentile and longest of both delays."""
    log = board_log(name)
    rows = VIEWS["trust"].build(log.facts, {}).tables[1].rows
    for row, days in zip(
        rows, (reporting_delays(log.count), adjudication_delays(log.count)), strict=True
    ):
        assert (row["cases"], row["longest"]) == (len(days), max(days, default=None)), log.name
        if days:
            assert row["median"] == median(days), log.name
            assert row["percentile_90"] == pytest.approx(percentile(days, 0.9)), log.name


@pytest.mark.parametrize("name", LOGS)
def test_findings_of_cases(name: str):
    """Cases that are flagged, dated or placed doubtfully, and what is not counted."""
    log = board_log(name)
    view = VIEWS["trust"].build(log.facts, {})
    shown = {each.label.replace(" ", "_"): each.count for each in view.counts}
    expected = findings(log)
    names = set(expected) | {"onset_unknown"}
    assert {name: shown.get(name, 0) for name in names} == {
        name: expected[name] for name in names
    }, log.name
    assert view.not_counted == sum(each.interval is None for each in log.count.placed)
    assert view.unallocated == sum(unallocated_cases(log.count.trial).values())
    assert view.findings == sum(shown.values())


def findings(log: BoardLog) -> Counter[str]:
    """Return the findings of cases by name."""
    counts, count = Counter[str](), log.count
    unallocated = unallocated_cases(count.trial)
    for each in count.placed:
        fields, onset = each.case.fields, each.case.onset
        counts["serious_by_criteria_or_fatal_but_not_flagged"] += (
            is_serious(fields) and not fields["serious"]
        )
        known = ordinal(count.versions[each.case.entity][-1]["known_at"])
        is_full = len(fields.get("onset") or "") == 10
        counts["onset_after_known_at"] += is_full and onset is not None and onset > known
        counts["partial_onset_imputed"] += onset is not None and not is_full
        counts["onset_unknown"] += onset is None
        counts["not_treatment_emergent"] += (
            onset is not None and each.interval is None and each.case.entity not in unallocated
        )
    treated = set(count.trial.intervals)
    counts["treated_without_randomisation"] += len(treated - set(count.trial.arms))
    return counts


@pytest.mark.parametrize("name", LOGS)
def test_sites(name: str):
    """Subjects, person-years, events and expected events of every site, and its last record."""
    log = board_log(name)
    count = log.count
    site_of = {each["subject"]: each["site"] for each in count.facts("subject") if "site" in each}
    rows = VIEWS["trust"].build(log.facts, {}).tables[3].rows
    assert [row["site"] for row in rows] == sorted(set(site_of.values())), log.name
    subjects = Counter(site_of.values())
    days, events = Counter[str](), Counter[str]()
    for subject, own in count.trial.days.items():
        days[site_of.get(subject, "")] += len(own)
    for each in count.placed:
        events[site_of.get(each.case.subject, "")] += each.interval is not None
    sites = set(subjects)
    for row in rows:
        site = str(row["site"])
        where = (log.name, site)
        assert (row["subjects"], row["events"]) == (subjects[site], events[site]), where
        assert row["person_years"] == pytest.approx(days[site] / DAYS_PER_YEAR), where
        others = sites - {site}
        rate = sum(events[each] for each in others) / sum(days[each] for each in others)
        assert row["expected"] == pytest.approx(rate * days[site]), where


@pytest.mark.parametrize("name", ["proderm", "cdisc"])
def test_the_last_record_of_each_site(name: str):
    """It is the day of the last record about one of its subjects; none is corrected away here."""
    log = board_log(name)
    count, last = log.count, dict[str, int]()
    site_of = {each["subject"]: each["site"] for each in count.facts("subject")}
    for record in count.records:
        if record.get("subject") in site_of:
            last[site_of[record["subject"]]] = ordinal(record["known_at"])
    for row in VIEWS["trust"].build(log.facts, {}).tables[3].rows:
        assert row["last_record"] == date.fromordinal(last[str(row["site"])]).isoformat()
