"""A stored study shows its terms as the study in memory does, and goes on doing so."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.records import Record
from monitor.state.digest import state_digest
from monitor.state.study import Study
from monitor.tables.tabulate import rate_rows
from streams.processor.pipeline import apply_record
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.store.rows.load import load_row
from tests.scenarios.commands import clot_record, small_log, wire_record
from tests.streams.store.rows.test_row import row_after

SPELLINGS = ("DVT", "Dvt", "dvt ", "PE")


def shown(study: Study) -> list[str]:
    """The names of all rows, as they are shown."""
    return sorted({row.term.name for row in rate_rows(study)})


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_loaded_row_shows_the_same_spellings(data: st.DataObject):
    """Whatever was corrected or retracted before it was stored, and after it was loaded."""
    log = [encode_record(each) for each in small_log()]
    versions = dict.fromkeys("ABC", 1)
    for number in range(data.draw(st.integers(1, 8))):
        who, spelling = data.draw(st.sampled_from("ABC")), data.draw(st.sampled_from(SPELLINGS))
        versions[who] += 1
        fields = {"version": versions[who], "preferred_term": spelling}
        log.append(encode_record(clot_record(who, f"2020-02-{10 + number}", **fields)))
        if data.draw(st.integers(0, 4)) == 0:
            target = {"system": "edc", "id": decode_id(log[-1])}
            name = f"r{number}"
            log.append(
                encode_record(
                    wire_record("retraction", name, "2020-03-01", target=target, reason="in error")
                )
            )
    split = data.draw(st.integers(1, len(log)))
    row, fields = row_after(log[:split], 1)
    assert row is not None
    loaded = load_row("S", fields).study

    for position, raw in enumerate(log[split:], split):
        for study in (row.study, loaded):
            record = decode(raw)
            assert isinstance(record, Record)
            apply_record(study, record, position)
    assert shown(loaded) == shown(row.study)
    assert state_digest(loaded) == state_digest(row.study)


def decode_id(raw: bytes) -> str:
    """The id of the record within its source."""
    record = decode(raw)
    assert isinstance(record, Record)
    return record.entity_id.partition("/")[2]
