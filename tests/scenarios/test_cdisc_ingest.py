"""The CDISC pilot comes out of its transport files whole, in order, and counts as published."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from monitor.errors import Refusal
from streams.records.decode import decode
from streams.sources.sdtm import read_records
from streams.sources.sdtm_findings import TabulationFinding, count_findings
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
    cdisc_records,
    days_between,
    log_bytes,
    shared_table,
    tabulation_folder,
)


@pytest.fixture(scope="session")
def wire() -> tuple[WireRecord, ...]:
    """The records of the ingested study."""
    return cdisc_records()


def test_every_row_of_the_domains_becomes_a_record(wire: tuple[WireRecord, ...]):
    """A row that is lost without a word is a patient nobody watches."""
    assert Counter(record["type"] for record in wire) == {
        "plan": 1,
        "subject": 306,
        "treatment": 254 + 248,  # Six have a dose without an end: theirs is not known to be over.
        "dose": 591,
        "adverse_event": 1191,
        "disposition": 306,
    }


def test_follow_up_rows_are_versions_of_one_case(wire: tuple[WireRecord, ...]):
    """AESPID names the case; its rows arrive as versions 1, 2, ... without a gap."""
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for record in of_type(wire, "adverse_event"):
        versions[record["source"]["id"]].append(record["source"]["version"])

    assert len(versions) == 883
    assert sum(map(len, versions.values())) == 1191
    assert all(told == list(range(1, len(told) + 1)) for told in versions.values())


def test_254_were_treated_in_the_arm_they_were_randomised_to(wire: tuple[WireRecord, ...]):
    """Treatment is DM.ARM, from RFXSTDTC to RFENDTC; ACTARM would move twelve subjects."""
    spans = follow_up_by_subject(wire)
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


def test_the_end_of_treatment_is_kept_beside_the_end_of_follow_up(wire: tuple[WireRecord, ...]):
    """So that another plan may count days on treatment: the report's 12,820, 8,318 and 8,349."""
    spans = follow_up_by_subject(wire)
    last_day = {subject: last for subject, (_, _, last) in spans.items()}
    days = Counter()
    for record in of_type(wire, "treatment"):
        if "end" in record:
            last_day[record["subject"]] = record["known_at"][:10]
    for subject, (arm, first, _) in spans.items():
        days[arm] += days_between(first, last_day[subject])

    assert days == {
        "placebo": 12_820,
        "xanomeline_low_dose": 8_318,
        "xanomeline_high_dose": 8_349,
    }


def test_whoever_completed_the_trial_completed_the_period_of_its_treatment(
    wire: tuple[WireRecord, ...],
):
    """Said of no period, the flow would show that all 254 of them left early."""
    arms = {each["subject"]: each["treatment"] for each in of_type(wire, "treatment")}
    left = [each for each in of_type(wire, "disposition") if each["subject"] in arms]
    completed = [arms[each["subject"]] for each in left if each["status"] == "completed"]

    assert {each["period"] for each in left} == {
        each["period"] for each in of_type(wire, "treatment")
    }
    assert Counter(completed) == {
        "placebo": 58,
        "xanomeline_high_dose": 27,
        "xanomeline_low_dose": 25,
    }
    assert all("period" not in one for one in of_type(wire, "disposition") if one not in left)


def test_partial_onsets_stay_partial(wire: tuple[WireRecord, ...]):
    """Fifteen rows know a month.  Eleven know a year only: ADaM calls them undated."""
    rows = shared_table("cdiscpilot01", "ae.csv")
    told = Counter(record["onset"] for record in of_type(wire, "adverse_event"))

    assert told == Counter(row["AESTDTC"] for row in rows)
    assert Counter(len(onset) for onset in told.elements()) == {10: 1165, 7: 15, 4: 11}


def test_two_runs_write_the_same_bytes(wire: tuple[WireRecord, ...]):
    """A log that differs from one ingest to the next cannot be replayed to the same alerts."""
    toml = wire[0]["toml"]

    assert log_bytes(read_records(tabulation_folder(), CDISC, toml)) == log_bytes(wire)


def test_records_arrive_in_the_order_they_became_known(wire: tuple[WireRecord, ...]):
    """The plan first, and no leap of half a year that a fold would take for a wrong date."""
    known = [record["known_at"] for record in wire]
    leaps = [days_between(a[:10], b[:10]) - 1 for a, b in pairwise(known)]

    assert wire[0]["type"] == "plan"
    assert known == sorted(known)
    assert max(leaps) == 49


def test_every_identifier_is_one(wire: tuple[WireRecord, ...]):
    """What the edge would refuse must not leave the reader."""
    allowed = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
    fields = ("subject", "site", "treatment", "period", "randomised_treatment")
    said = {record[field] for record in wire for field in fields if record.get(field)}
    said |= {record["source"]["id"] for record in wire}

    assert [name for name in said if not allowed.fullmatch(name)] == []


def test_the_edge_accepts_every_record(wire: tuple[WireRecord, ...]):
    """What is ingested must not be refused by the reader next door."""
    decoded = [decode(line) for line in log_bytes(wire).splitlines()]

    assert [record for record in decoded if isinstance(record, Refusal)] == []


def test_the_published_table_counts_out_of_the_records(wire: tuple[WireRecord, ...]):
    """CSR table 14-5.01: subjects and records of all 762 rows."""
    counted = recount(wire)
    rows = shared_table("cdiscpilot01", "expected", "published_table_14_5_01.csv")
    found = {cell: (len({row["subject"] for row in r}), len(r)) for cell, r in counted.items()}
    published = {cell_of(row): (int(row["subjects"]), int(row["records"])) for row in rows}

    assert len(rows) == 762
    assert {cell: found.get(cell, (0, 0)) for cell in published} == published
    assert set(found) <= set(published)


@pytest.mark.parametrize("name", ["pt_by_arm.csv", "soc_by_arm.csv"])
def test_cases_and_time_to_first_count_out_of_the_records(wire: tuple[WireRecord, ...], name: str):
    """Cases, not rows, and person-days up to each subject's first case, for every term."""
    counted = recount(wire)
    for row in shared_table("cdiscpilot01", "expected", name):
        kind, term, arm = cell_of(row)
        cases = counted.get((kind, term, arm), [])
        distinct = {case["source"]["id"] for case in cases}
        assert len({case["subject"] for case in cases}) == int(row["subjects_with_event"])
        assert len(cases) == int(row["event_records"])
        assert len(distinct) == int(row["events_distinct"])
        assert days_to_first(wire, cases, arm) == int(row["person_days_to_first_event"])


def test_a_death_that_says_not_serious_is_handed_on_as_it_is(wire: tuple[WireRecord, ...]):
    """The contradiction is for the product to find: three fatal cases carry AESER = N."""
    fatal = [record for record in wire if record.get("outcome") == "fatal"]

    assert sorted(record["preferred_term"] for record in fatal) == [
        "COMPLETED SUICIDE",
        "MYOCARDIAL INFARCTION",
        "SUDDEN DEATH",
    ]
    assert all(record["serious"] is False for record in fatal)
    assert all(record["criteria"] == ["death"] for record in fatal)


def test_what_the_ingest_decided_is_counted():
    """Twelve actual arms, and every other place where the tabulation contradicts itself."""
    assert count_findings(tabulation_folder()) == {
        TabulationFinding.ARM_DIFFERS: 12,
        TabulationFinding.FATAL_NOT_SERIOUS: 3,
        TabulationFinding.CRITERION_NOT_SERIOUS: 32,
        TabulationFinding.PARTIAL_ONSET: 26,
        TabulationFinding.ONSET_AFTER_REPORT: 2,
        TabulationFinding.DOSE_WITHOUT_END: 6,
        TabulationFinding.LEFT_BEFORE_END: 1,
    }
