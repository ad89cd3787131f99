"""A study as the fields of a row, and the study that comes back from them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fold.restore import last_verdicts
from monitor.records import Record
from monitor.state.dirty import DirtySet
from monitor.state.study import Study
from streams.processor import FOLD_VERSION
from streams.processor.pipeline import apply_record
from streams.records.decode import decode
from streams.records.examples import EXAMPLES
from streams.store import Fields
from streams.store.rows.bodies import body_from, body_values, case_from
from streams.store.rows.digest import row_digest
from streams.store.rows.load import InvalidRow, load_row
from streams.store.rows.row import Row
from tests.independent.strategies import amended, logs
from tests.streams.processor.processors import PRODERM, STUDY, state_by_name

DIGEST_BY_VERSION = {
    "1": "5606f5bf3e64ea20",
    "2": "9aeb154ac9eeb617",
    "3": "9aeb154ac9eeb617",
    "4": "9aeb154ac9eeb617",
}
"""The rows of ProDERM by version of the fold.  Where they change, `CODE` must.

From 2 to 3 none of its rows changed: which records are looks at a watch did.  From 3 to 4 neither:
it has no merge that is turned round, and no count anew that leaves a term without a case.
"""


def row_after(values: Iterable[bytes], every: int) -> tuple[Row | None, Fields]:
    """The row after *values*, and its fields as a store has them that is written now and then."""
    row, kept = None, Fields()
    for offset, value in enumerate(values):
        record = decode(value)
        if not isinstance(record, Record):
            continue
        study, told = apply_record(row.study if row else None, record, offset)
        if row is None and study is not None:
            study.dirty = DirtySet(everything=True)
            row = Row(study, first_offset=offset, last_offset=offset)
        if row is not None:
            row.count_record(offset, told.outcome, told.refusal)
            kept |= row.take_changes() if offset % every == 0 else {}
    return row, kept | (row.take_changes() if row else {})


def proderm_row(count: int = 400) -> Fields:
    """The row of ProDERM after so many records."""
    return row_after(PRODERM[:count], 7)[1]


def study_state(study: Study) -> list[object]:
    """All that a row must bring back, the order of the things included."""
    things = {
        name: (held.version, held.versions, held.digest, held.onset_after_known, held.body)
        for name, held in study.entities.by_id.items()
    }
    return [
        list(things.items()),
        dict(last_verdicts(study)),
        *(study.episodes, study.spent_shares, study.latest_day, study.plan, study.hypotheses),
        {running.id: log_e for running, log_e in study.e_bh_candidates.items()},
        state_by_name(study),
    ]


@settings(max_examples=30)
@given(logs() | amended(), st.integers(1, 9))
def test_a_study_comes_back_as_it_was(log: list[dict[str, Any]], every: int):
    """Things, verdicts, episodes, what is spent: written in part, in whole, emptied, voided."""
    row, kept = row_after(map(orjson.dumps, log), every)
    if row is not None:
        again = load_row(row.study.name, kept)

        assert study_state(again.study) == study_state(row.study)
        full = {name: value for name, value in kept.items() if value}
        assert full == row.all_fields() == again.all_fields()
        assert (again.first_offset, again.last_offset, again.checksum_total) == (
            row.first_offset,
            row.last_offset,
            row.checksum_total,
        )


@pytest.mark.parametrize("kind", EXAMPLES)
def test_what_a_record_says_survives_its_field(kind: str):
    """Of every type, with every field that it can have."""
    record = decode(orjson.dumps(EXAMPLES[kind]))
    assert isinstance(record, Record)
    body = record.body
    if kind == "adverse_event":
        said = orjson.loads(orjson.dumps(list(body), default=list))  # type: ignore[call-overload]
        assert case_from(said) == body
    else:
        texts = {EXAMPLES["plan"]["sha256"]: EXAMPLES["plan"]["toml"]}
        assert body_from(orjson.loads(orjson.dumps(body_values(body))), texts) == body


def test_any_field_that_was_altered_is_noticed():
    """A bit, a field too many, a field too few: the digest is not what it should be."""
    kept = proderm_row()
    for name, value in kept.items():
        if value:
            altered = value[:-1] + bytes([value[-1] ^ 1])
            with pytest.raises(InvalidRow):
                load_row(STUDY, kept | {name: altered})
            with pytest.raises(InvalidRow):
                load_row(STUDY, {each: kept[each] for each in kept if each != name})
    with pytest.raises(InvalidRow):
        load_row(STUDY, kept | {"t|junk": b"1"})


def test_a_row_that_cannot_be_read_is_bad_even_if_its_digest_is_right():
    """Another version may have written it; it is rebuilt, and nothing else stands still."""
    for name, value in (("head", b"[]"), ("pos", b"x"), ("plan", b"[]"), ("c|edc/x", b"{}")):
        kept = proderm_row() | {name: value}
        kept["digest"] = row_digest(kept)
        with pytest.raises(InvalidRow):
            load_row(STUDY, kept)


def test_an_emptied_field_is_equal_to_an_absent_one():
    """Fields are never deleted, so a row that was written longer ago may have more of them."""
    kept = proderm_row() | {"t|first|ivig|group|gone": b"", "s|nobody": b""}

    assert row_digest(kept) == kept["digest"]
    assert study_state(load_row(STUDY, kept).study) == study_state(
        load_row(STUDY, proderm_row()).study
    )


def test_the_version_of_the_fold_is_another_where_its_rows_are():
    """Two versions must not write one row: whoever changes what is written changes `CODE`."""
    kept = {
        name: value
        for name, value in proderm_row(len(PRODERM)).items()
        if value and not name.startswith("w|") and name != "digest"
    }  # Evidence differs in its last bits from one processor to another.

    found = sha256(orjson.dumps({n: v.decode() for n, v in sorted(kept.items())})).hexdigest()
    assert DIGEST_BY_VERSION.get(FOLD_VERSION) == found[:16]
