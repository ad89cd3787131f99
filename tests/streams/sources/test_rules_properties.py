"""Whatever a source holds: no exception, no lost event, and no record that a worker refuses."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import Refusal
from monitor.records import Criterion, Outcome, Relatedness, Severity, Status
from streams.records.decode import decode
from streams.replay.replay import Replay
from streams.sources.rows import (
    AnyRow,
    DispositionRow,
    DoseRow,
    EventRow,
    Place,
    SubjectRow,
    TreatmentRow,
)
from tests.streams.sources.builders import CONTROL, Rows
from tests.streams.sources.ingested import ingest

PLACE = st.just(Place("", 0))
SUBJECTS = st.sampled_from(["A", "B", "C 1", "\u00c9ve"])
DAYS = st.dates(min_value=date(2013, 12, 1)).map(str) | st.sampled_from([
    "", "", "2014-01-02", "2014-02-28", "2014-02", "2014", "20140316", "9999-12-31", "2014-02-30",
    "0000-00-00", "2014---03", "--03-01", "2014-01-02T10:15", "2014-01-02T23:15:00-05:00",
    "2014-01-02T99:99", "soon", "02/03/2014", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00+14:00",
])  # fmt: skip
NEAR_DAYS = st.sampled_from(["2014-01-02", "2014-01-20", "2014-03-01", "2014-07-02", "2014-02", ""])
TEXTS = st.text(max_size=12) | st.sampled_from(["x" * 3000, "\ud800", "\x00", " ", "\u200b"])
TREATMENTS = st.sampled_from(
    ["", "Drug", "DRUG", "Placebo", "Drug-Placebo", "Drug (low)", "\u03b1"]
)
FLAGS = st.sampled_from(["", "yes", "no"])
KEYS = st.sampled_from([(), (), ("1",), ("2",), ("form", "1")])
PERIODS = st.sampled_from(["", "TREATMENT", "OPEN LABEL EXTENSION"])
COMMON: dict[str, Any] = {"place": PLACE, "subject": SUBJECTS, "key": KEYS, "known": DAYS}


def values(enum: Any) -> st.SearchStrategy[str]:
    return st.sampled_from(["", *(each.value for each in enum)])


EVENTS = st.builds(
    EventRow, **COMMON, version=st.sampled_from(["", "", "1", "2"]), removed=st.booleans(),
    sequence=st.sampled_from(["", "1", "2", "x"]), term=TEXTS, system_organ_class=TEXTS,
    verbatim=TEXTS, label_group=TEXTS, onset=DAYS, end=DAYS, serious=FLAGS,
    criteria=st.lists(values(Criterion).filter(bool), max_size=3).map(tuple),
    severity=values(Severity), grade=values(Severity), relatedness=values(Relatedness),
    outcome=values(Outcome), died=DAYS, treatment_emergent=FLAGS,
)  # fmt: skip
DOSES = st.builds(
    DoseRow, **COMMON, treatment=TREATMENTS, period=PERIODS, first=DAYS | NEAR_DAYS,
    last=DAYS | NEAR_DAYS, amount=st.sampled_from(["", "0", "10", "10 mg", "nan", "1e999", "-1"]),
    unit=TEXTS, rate=st.sampled_from(["", "1.5", "inf"]), batch=TEXTS,
    cycle=st.sampled_from(["", "1", "0", "x"]), given=FLAGS, removed=st.booleans(),
)  # fmt: skip
TREATED = st.builds(
    TreatmentRow, **COMMON, treatment=TREATMENTS, period=PERIODS, start=DAYS | NEAR_DAYS,
    end=DAYS | NEAR_DAYS, end_reason=TEXTS, is_element=st.booleans(),
)  # fmt: skip
LEFT = st.builds(DispositionRow, **COMMON, status=values(Status), date=DAYS, period=PERIODS)
PEOPLE = st.builds(
    SubjectRow, place=PLACE, subject=SUBJECTS, known=DAYS, site=TEXTS, stratum=TEXTS,
    arm=st.just("Drug"), arm_received=TREATMENTS, no_arm_reason=TEXTS, allocated=DAYS,
    treatment_start=DAYS | NEAR_DAYS, follow_up_end=DAYS, participation_end=DAYS, died=DAYS,
    died_flag=FLAGS,
)  # fmt: skip
STUDIES = st.lists(EVENTS | DOSES | TREATED | LEFT | PEOPLE, max_size=12)


@settings(max_examples=300)
@given(STUDIES)
def test_every_record_is_folded_and_every_event_is_there(rows: list[AnyRow]):
    """An event that is not removed is a version of a case, whatever stands around it."""
    found = ingest(Rows([CONTROL, *rows]), control="Placebo")
    lines = [orjson.dumps(record) for record in found.records]
    events = sum(isinstance(row, EventRow) and not row.removed for row in rows)

    assert not found.report.refused, found.counts
    assert [each for each in map(decode, lines) if isinstance(each, Refusal)] == []
    assert len(found.of_type("adverse_event")) == events
    assert [one["known_at"] for one in found.records] == sorted(
        one["known_at"] for one in found.records
    )
    replay = Replay()
    list(replay.run(lines))
    assert not set(map(str, replay.outcomes)) & {"refused", "conflict"}, replay.outcomes


@settings(max_examples=100)
@given(STUDIES)
def test_the_same_rows_give_the_same_bytes(rows: list[AnyRow]):
    """Two ingests of one source replay to the same alerts."""
    first, second = (ingest(Rows([CONTROL, *rows]), control="Placebo") for _ in range(2))

    assert first.records == second.records
    assert first.counts == second.counts
    ids = Counter(
        (one["source"]["system"], one["source"]["id"], one["source"]["version"])
        for one in first.records
    )
    assert max(ids.values()) == 1
