"""Tests the ingest of the CDISC pilot: complete, in order and with the published counts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from monitor.errors import Refusal
from streams.records.decode import decode
from streams.sources.sdtm import SdtmReader
from tests.scenarios.cdisc_recount import (
    cell_of,
    days_to_first,
    follow_up_by_subject,
    of_type,
    recount,
)
from tests.scenarios.realdata import (
    CDISC,
    WireRecord,
    cdisc_ingested,
    cdisc_records,
    days_between,
    log_bytes,
    shared_table,
    tabulation_folder,
)
from tests.streams.sources.ingested import ingest


@pytest.fixture(scope="session")
def wire_records() -> tuple[WireRecord, ...]:
    """Return the records of the ingested study."""
    return cdisc_records()


def test_every_row_of_the_domains_becomes_a_record(wire_records: tuple[WireRecord, ...]):
    """No row is lost, since the subject of a lost row would not be monitored."""
    assert Counter(record["type"] for record in wire_records) == {
        "plan": 1,
        "subject": 306,
        "treatment": 254 + 248,  # Six have a dose without an end date.
        "dose": 591,
        "adverse_event": 1191,
        "disposition": 306,
    }


def test_follow_up_rows_are_versions_of_one_case(wire_records: tuple[WireRecord, ...]):
    """AESPID identifies the case; its rows arrive as versions 1, 2, ... without a gap."""
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for record in of_type(wire_records, "adverse_event"):
        versions[record["source"]["id"]].append(record["source"]["version"])

    assert len(versions) == 883
    assert sum(map(len, versions.values())) == 1191
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in versions.values())


def test_254_subjects_are_treated_in_the_arm_they_were_randomised_to(
    wire_records: tuple[WireRecord, ...],
):
    """Treatment is DM.ARM from RFXSTDTC to RFENDTC; ACTARM would move twelve subjects."""
    spans = follow_up_by_subject(wire_records)
    days = Counter()
    for arm, first, last in spans.values():
        days[arm] += days_between(first, last)

    assert Counter(arm for arm, _, _ in spans.values()) == {
        "placebo": 86,
        "xanomeline_low_dose": 84,
        "xanomeline_high_dose": 84,
    }
    assert days == {
        "placebo": 13_111,
        "xanomeline_low_dose": 8_913,
        "xanomeline_high_dose": 8_731,
    }


def test_the_end_of_treatment_is_recorded_besides_the_end_of_follow_up(
    wire_records: tuple[WireRecord, ...],
):
    """Another plan can count days on treatment: 12,820, 8,318 and 8,349, as in the report."""
    spans = follow_up_by_subject(wire_records)
    last_day = {subject: last for subject, (_, _, last) in spans.items()}
    days = Counter()
    for record in of_type(wire_records, "treatment"):
        if "end" in record:
            last_day[record["subject"]] = record["known_at"][:10]
    for subject, (arm, first, _) in spans.items():
        days[arm] += days_between(first, last_day[subject])

    assert days == {
        "placebo": 12_820,
        "xanomeline_low_dose": 8_318,
        "xanomeline_high_dose": 8_349,
    }


def test_a_disposition_has_the_period_of_the_treatment(
    wire_records: tuple[WireRecord, ...],
):
    """Without a period, the flow would show that all 254 treated subjects left early."""
    arms = {each["subject"]: each["treatment"] for each in of_type(wire_records, "treatment")}
    treated = [each for each in of_type(wire_records, "disposition") if each["subject"] in arms]
    completed = [arms[each["subject"]] for each in treated if each["status"] == "completed"]

    assert {each["period"] for each in treated} == {
        each["period"] for each in of_type(wire_records, "treatment")
    }
    assert Counter(completed) == {
        "placebo": 58,
        "xanomeline_high_dose": 27,
        "xanomeline_low_dose": 25,
    }
    assert all(
        "period" not in one for one in of_type(wire_records, "disposition") if one not in treated
    )


def test_partial_onsets_stay_partial(wire_records: tuple[WireRecord, ...]):
    """Fifteen onsets have a month and eleven only a year; ADaM treats the latter as undated."""
    rows = shared_table("cdiscpilot01", "ae.csv")
    onsets = Counter(record["onset"] for record in of_type(wire_records, "adverse_event"))

    assert onsets == Counter(row["AESTDTC"] for row in rows)
    assert Counter(len(onset) for onset in onsets.elements()) == {10: 1165, 7: 15, 4: 11}


def test_two_runs_write_the_same_bytes(wire_records: tuple[WireRecord, ...]):
    """A log that differs between ingests could not be replayed to the same alerts."""
    again = ingest(SdtmReader(tabulation_folder()), CDISC, plan=wire_records[0]["toml"])

    assert log_bytes(again.records) == log_bytes(wire_records)


def test_records_arrive_in_the_order_they_became_known(wire_records: tuple[WireRecord, ...]):
    """The plan is first, and no gap is so long that a fold would take it for a wrong date."""
    known = [record["known_at"] for record in wire_records]
    gaps = [days_between(a[:10], b[:10]) - 1 for a, b in pairwise(known)]

    assert wire_records[0]["type"] == "plan"
    assert known == sorted(known)
    assert max(gaps) == 49


def test_every_identifier_is_valid(wire_records: tuple[WireRecord, ...]):
    """The ingest writes no identifier that the decoder would refuse."""
    allowed = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
    fields = ("subject", "site", "treatment", "period", "randomised_treatment")
    identifiers = {
        record[field] for record in wire_records for field in fields if record.get(field)
    }
    identifiers |= {record["source"]["id"] for record in wire_records}

    assert [name for name in identifiers if not allowed.fullmatch(name)] == []


def test_the_decoder_accepts_every_record(wire_records: tuple[WireRecord, ...]):
    """No ingested record is refused when the log is read."""
    decoded = [decode(line) for line in log_bytes(wire_records).splitlines()]

    assert [record for record in decoded if isinstance(record, Refusal)] == []


def test_a_recount_of_the_records_gives_the_published_table(wire_records: tuple[WireRecord, ...]):
    """Subjects and records of all 762 rows of CSR table 14-5.01 agree."""
    counted = recount(wire_records)
    rows = shared_table("cdiscpilot01", "expected", "published_table_14_5_01.csv")
    counts = {
        cell: (len({row["subject"] for row in cases}), len(cases))
        for cell, cases in counted.items()
    }
    published = {cell_of(row): (int(row["subjects"]), int(row["records"])) for row in rows}

    assert len(rows) == 762
    assert {cell: counts.get(cell, (0, 0)) for cell in published} == published
    assert set(counts) <= set(published)


@pytest.mark.parametrize("name", ["pt_by_arm.csv", "soc_by_arm.csv"])
def test_a_recount_gives_cases_and_time_to_first_event(
    wire_records: tuple[WireRecord, ...], name: str
):
    """Every term has the expected cases and person-days up to each subject's first case."""
    counted = recount(wire_records)
    for row in shared_table("cdiscpilot01", "expected", name):
        kind, term, arm = cell_of(row)
        cases = counted.get((kind, term, arm), [])
        distinct = {case["source"]["id"] for case in cases}
        assert len({case["subject"] for case in cases}) == int(row["subjects_with_event"])
        assert len(cases) == int(row["event_records"])
        assert len(distinct) == int(row["events_distinct"])
        assert days_to_first(wire_records, cases, arm) == int(row["person_days_to_first_event"])


def test_a_death_marked_not_serious_is_ingested_unchanged(wire_records: tuple[WireRecord, ...]):
    """Three fatal cases have AESER = N; the monitor must be able to find the contradiction."""
    fatal = [record for record in wire_records if record.get("outcome") == "fatal"]

    assert sorted(record["preferred_term"] for record in fatal) == [
        "COMPLETED SUICIDE",
        "MYOCARDIAL INFARCTION",
        "SUDDEN DEATH",
    ]
    assert all(record["serious"] is False for record in fatal)
    assert all("death" in record["criteria"] for record in fatal)


def test_contradictions_in_the_tabulation_are_counted():
    """Twelve arms differ, and twelve other kinds of finding are counted; nothing is refused."""
    assert cdisc_ingested().report.refused is False
    assert cdisc_ingested().counts == {
        "actual_arm_differs": 12,
        "treatment_name_hides_doses": 168,  # Subjects whose EXTRT is the same for two doses.
        "dose_without_end": 6,
        "other_status": 68,
        "end_after_death": 1,  # A death on 2 August, noted on the next day.
        "death_dates_disagree": 1,
        "several_rows_of_one_event": 294,
        "not_serious_but_criterion": 33,
        "partial_onset": 26,
        "event_ends_after_follow_up": 50,  # Of 12 subjects: they extend no person-days.
        "row_not_counted": 254 + 36,  # Final lab and retrieval visits in DS.
        "onset_before_subject_known": 28,
        "onset_after_report": 2,
    }
