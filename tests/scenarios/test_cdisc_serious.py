"""Serious events of the CDISC pilot: by AESER, or by any criterion."""

from __future__ import annotations

from tests.scenarios.cdisc_recount import of_type, serious_count
from tests.scenarios.realdata import ARMS, cdisc_ingested, cdisc_records, shared_table


def test_criteria_are_kept_though_the_flag_is_no():
    """Nobody but the site can resolve the contradiction, and until then the event is serious."""
    at_odds = [
        record
        for record in of_type(cdisc_records(), "adverse_event")
        if record["serious"] is False and record.get("criteria")
    ]

    assert len(at_odds) == cdisc_ingested().counts["not_serious_but_criterion"] == 33
    assert len(cdisc_ingested().group("not_serious_but_criterion").rows) == 33  # All are listed.


def test_the_serious_by_flag_or_death_are_those_of_the_expected_table():
    """The recount with the table's own rule gives the table: the rule is what differs."""
    rows = shared_table("cdiscpilot01", "expected", "serious_or_fatal_by_arm.csv")
    for arm, treatment in ARMS.items():
        cases = sum(int(row["events_distinct"]) for row in rows if row["arm"] == arm)
        assert serious_count(treatment, criteria=("AESDTH",)).events == cases
