"""Expected results of a log, from one pass over it, record by record and without faults."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import orjson

from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message
from streams.outbox.relay import alert_message, dead_letter_message
from streams.processor.limits import Limits
from streams.processor.pipeline import Pipeline
from streams.processor.processor import PartitionProcessor
from streams.processor.stop import OffsetGap
from streams.store import Fields
from streams.store.hashes import CURSOR, OUTBOX
from tests.simulation.random_logs import PARTITION, PARTITIONS, LogEntry
from tests.simulation.remote_log import InMemoryLog
from tests.simulation.rollback_store import RollbackStore, StoreState, non_empty, rows_of
from tests.simulation.virtual_loop import run_virtual

ALERT_PARTITIONS = 3

CURSOR_FIELDS_OF_LOG = ("counts", "last", "log")
"""Fields of the cursor that depend only on the records before `next`."""


@dataclass(slots=True)
class Oracle:
    """Expected rows by study and `pos`, cursors by `next`, and messages to be published."""

    entries: list[LogEntry]
    rows: dict[str, dict[int, Fields]] = field(default_factory=dict[str, dict[int, Fields]])
    cursors: dict[int, Fields] = field(default_factory=dict[int, Fields])
    published: set[Message] = field(default_factory=set[Message])

    def expected_pos(self, study: str, next_offset: int) -> int:
        """Return the least `pos` of the row of *study* when the cursor is at *next_offset*."""
        return max((pos for pos in self.rows[study] if pos < next_offset), default=-1)

    def record_state(self, state: StoreState) -> None:
        """Store the rows and the cursor of *state* as expected ones."""
        for study, fields in rows_of(state).items():
            self.rows.setdefault(study, {})[int(fields["pos"])] = non_empty(fields)
        cursor = state.hashes.get(CURSOR, {})
        self.cursors[int(cursor.get("next", b"0"))] = non_empty(cursor)


def build_oracle(entries: list[LogEntry]) -> Oracle:
    """Fold *entries* one by one, and return the expected results."""
    oracle = Oracle(entries)
    store = RollbackStore(on_change=oracle.record_state)
    run_virtual(_fold_all(entries, store))
    outbox = store.hashes.get(OUTBOX, {})
    alert_entries = {name: value for name, value in outbox.items() if name.startswith("a|")}
    assert alert_entries == expected_alerts(entries), (
        "the processor raises other alerts than the pipeline"
    )
    oracle.published = set(expected_messages(entries, outbox))
    return oracle


async def _fold_all(entries: list[LogEntry], store: RollbackStore) -> None:
    processor = PartitionProcessor(
        InMemoryLog(entries),
        store,
        partition=PARTITION,
        limits=Limits(unreadable_max=len(entries) + 1),
    )
    await processor.claim()
    for entry in entries:
        try:
            await processor.fold_batch([entry])
        except OffsetGap as gap:
            processor.skip_gap(gap.found)
            await processor.fold_batch([entry])
    assert processor.stopped is None, str(processor.stopped)


def expected_alerts(entries: list[LogEntry]) -> Fields:
    """Return the outbox entries of all alerts of the log, by the pipeline that replay uses."""
    pipeline, expected = Pipeline(), Fields()
    for entry in entries:
        if entry.key and is_record_of(entry, entry.key.decode()):
            for alert in pipeline.process_bytes(entry.value or b"", entry.offset).alerts:
                fields = asdict(alert) | {"hypothetical": False}
                expected[f"a|{alert.id}|{alert.revision:06d}"] = orjson.dumps(fields)
    return expected


def records_of_study(entries: list[LogEntry], study: str) -> list[bytes]:
    """Return the records of *study* with its key and partition, whether or not they are refused."""
    return [entry.value or b"" for entry in entries if is_record_of(entry, study)]


def is_record_of(entry: LogEntry, study: str) -> bool:
    """Return whether *entry* is a record of *study* with its key and in its partition."""
    if entry.key != study.encode() or partition_of(study, PARTITIONS) != PARTITION:
        return False
    try:
        fields = orjson.loads(entry.value or b"")
    except orjson.JSONDecodeError:
        return False
    return isinstance(fields, dict) and fields.get("study") == study


def expected_messages(entries: list[LogEntry], outbox: Fields) -> list[Message]:
    """Return the messages for *outbox*; a dead letter has the bytes of its record."""
    records = {f"d|{entry.offset:020d}": entry for entry in entries}
    return [
        dead_letter_message(PARTITION, name, value, records[name])
        if name in records
        else alert_message(name, value, ALERT_PARTITIONS)
        for name, value in outbox.items()
    ]
