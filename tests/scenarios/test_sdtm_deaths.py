"""A death at the SDTM door: the outcome "fatal" and the criterion "death" each suffice."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.plan.case_rules import is_fatal
from monitor.records import AdverseEvent, Criterion, Outcome, Record, Severity
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.sources.sdtm_cases import adverse_event_records
from streams.sources.sdtm_findings import TabulationFinding, findings_in
from streams.sources.xpt import Row, Tabulation

AE_ROW: Row = {
    "USUBJID": "01-701-1015", "AESEQ": "1", "AEDECOD": "Sudden death", "AEBODSYS": "GENERAL",
    "AESTDTC": "2014-01-03", "AEDTC": "2014-01-04", "AESER": "Y",
}  # fmt: skip

FATAL_BY = {
    "the outcome": ({"AEOUT": "FATAL"}, True),
    "the criterion": ({"AESDTH": "Y"}, True),
    "the grade": ({"AETOXGR": "5"}, True),
    "both": ({"AEOUT": "FATAL", "AESDTH": "Y"}, True),
    "the outcome in lower case": ({"AEOUT": "fatal"}, True),
    "neither": ({"AEOUT": "RECOVERED/RESOLVED", "AESDTH": "N"}, False),
    "nothing": ({}, False),
}
"""Fields of a row of AE, and whether they tell of a death."""


def ingested(**fields: str) -> AdverseEvent:
    """The case that a row of AE with *fields* becomes."""
    (wire,) = adverse_event_records([{**AE_ROW, **fields}], "CDISC", {})
    record = decode(encode_record(wire))
    assert isinstance(record, Record) and isinstance(record.body, AdverseEvent), record
    return record.body


def found(**fields: str) -> dict[TabulationFinding, int]:
    """The findings in a tabulation with one row of AE."""
    rows: dict[str, Any] = {"dm": [], "ex": [], "ds": []}
    return findings_in(Tabulation(ae=[{**AE_ROW, **fields}], **rows))


@pytest.mark.parametrize("seriousness", ["Y", "N", ""])
@pytest.mark.parametrize("by", FATAL_BY)
def test_either_of_fatal_and_death_makes_the_case_fatal(by: str, seriousness: str):
    """Whatever the row says of its seriousness: the rule `fatal` asks for neither."""
    fields, expected = FATAL_BY[by]

    assert is_fatal(ingested(**fields, AESER=seriousness)) is expected


def test_each_way_to_say_it_is_kept_as_it_is():
    """One does not replace the other, so a reader sees what the site wrote."""
    assert ingested(AEOUT="FATAL").outcome is Outcome.FATAL
    assert ingested(AEOUT="FATAL").criteria == ()
    assert ingested(AESDTH="Y", AESER="N").criteria == (Criterion.DEATH,)
    assert ingested(AETOXGR="5").severity is Severity.FATAL


@pytest.mark.parametrize("by", ["the outcome", "the criterion", "both"])
def test_a_death_that_is_not_serious_is_a_finding_for_its_author(by: str):
    """Either field contradicts AESER = N."""
    fields, _ = FATAL_BY[by]

    assert found(**fields, AESER="N") == {TabulationFinding.FATAL_NOT_SERIOUS: 1}
    assert found(**fields) == {}


def test_of_a_row_that_is_not_serious_only_the_criterion_of_death_counts():
    """Other criteria are left out, and a finding says so."""
    contradicting = {"AESDTH": "Y", "AESHOSP": "Y", "AESER": "N"}

    assert ingested(**contradicting).criteria == (Criterion.DEATH,)
    assert found(**contradicting) == {
        TabulationFinding.FATAL_NOT_SERIOUS: 1,
        TabulationFinding.CRITERION_NOT_SERIOUS: 1,
    }
