"""What is no log of the study so far is refused as the earlier log, with line and remedy."""

from __future__ import annotations

import json
from random import Random

import pytest

from streams.sources.report import UnreadableSource
from tests.streams.sources.builders import CONTROL, Rows, dose, event, subject
from tests.streams.sources.ingested import Ingested, WireRecord, ingest
from tests.streams.sources.mutations import mutated

FIRST = [CONTROL, subject(), dose(), event(), event("Z", sequence="2")]
SERIOUS = [*FIRST[:3], event(serious="yes"), FIRST[4]]
MUTATIONS = 2000

ENVELOPE: WireRecord = {
    "schema": "trial.log/1", "study": "T", "type": "subject", "known_at": "2020-01-01T00:00:00Z",
    "source": {"system": "test", "id": "A", "version": 1}, "subject": "SECRET",
}  # fmt: skip


def after(*earlier: WireRecord | bytes) -> Ingested:
    """Ingest the snapshot `FIRST` after the lines *earlier* of a file."""
    return ingest(Rows(FIRST), earlier=earlier)


def test_a_delta_is_not_the_log_so_far():
    """Its plan is unchanged, so it has none: all would be written again as version 1."""
    first = ingest(Rows(FIRST)).records
    delta = ingest(Rows(SERIOUS), earlier=first).records
    assert [one["source"]["version"] for one in delta] == [2]

    with pytest.raises(UnreadableSource, match="join the first log and its changes"):
        after(*delta)
    assert ingest(Rows(SERIOUS), earlier=(*first, *delta)).records == ()


def test_a_delta_with_another_plan_is_not_the_log_so_far():
    """Its plan is the second one; the records that did not change are not in it."""
    first = ingest(Rows(FIRST)).records
    plan = first[0]["toml"].replace("watch = 5", "watch = 6")
    delta = ingest(Rows(SERIOUS), earlier=first, plan=plan).records
    assert delta[0]["type"] == "plan"

    with pytest.raises(UnreadableSource, match=r"line 1: .* join the first log and its changes"):
        after(*delta)


def test_the_log_of_another_study_is_refused():
    """Nothing in it could be compared."""
    other = ingest(Rows(FIRST), "OTHER").records

    with pytest.raises(UnreadableSource, match=r"earlier\.jsonl has no plan of study T"):
        after(*other)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"HEADER RECORD*******LIBRARY HEADER RECORD", "not_json"),
        (b"[1]", "not_an_object"),
        (b"", "not_json"),
        ({**ENVELOPE, "source": {"version": 1}}, "missing_field"),
        ({**ENVELOPE, "source": {**ENVELOPE["source"], "system": {}}}, "wrong_type"),
        ({**ENVELOPE, "type": "plan"}, "missing_field"),
        ({**ENVELOPE, "known_at": 5}, "wrong_type"),
        ({"study": "T", "type": "subject", "known_at": "2020", "source": {"version": 1}}, "schema"),
    ],
)
def test_a_line_that_is_no_record_is_named(line: WireRecord | bytes, reason: str):
    """By its number and the reason of the refusal; no message has a value."""
    with pytest.raises(UnreadableSource, match=rf"earlier\.jsonl, line 2: .*{reason}") as raised:
        after(ingest(Rows(FIRST)).records[0], line)

    assert "SECRET" not in str(raised.value)


def test_no_damaged_log_ends_in_a_traceback():
    """It is read as it is, or refused."""
    log = b"\n".join(json.dumps(each).encode() for each in ingest(Rows(FIRST)).records)
    refused = 0
    for seed in range(MUTATIONS):
        try:
            after(*mutated(log, Random(seed), header=len(log)).split(b"\n"))
        except UnreadableSource:
            refused += 1

    assert 0 < refused <= MUTATIONS


def test_a_study_of_one_subject_has_dates_for_its_changes():
    """No second subject reaches any day, so the change has the day of its source."""
    alone = [subject(), dose(), event()]
    (record,) = ingest(
        Rows([*alone[:2], event(serious="yes")]), earlier=ingest(Rows(alone)).records
    ).records

    assert record["known_at"].startswith("2014-")
