"""What must come of a log: one pass over it, a record at a time, and nothing ever goes wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import orjson

from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message
from streams.outbox.relay import announcement, dead_letter
from streams.processor import Hole, Lane, Limits
from streams.processor.pipeline import Pipeline
from streams.store import Fields
from streams.store.hashes import CURSOR, OUTBOX
from tests.simulation.logs import PARTITION, PARTITIONS, Entry
from tests.simulation.loop import play
from tests.simulation.remote_log import WholeLog
from tests.simulation.storage import Moment, Storage, rows_of, standing

ALERT_PARTITIONS = 3

OF_THE_LOG = ("counts", "last", "log")
"""Fields of the cursor that follow from the records before `next` and from nothing else."""


@dataclass(slots=True)
class Oracle:
    """Rows by study and `pos`, cursors by `next`, and all that must be told."""

    entries: list[Entry]
    rows: dict[str, dict[int, Fields]] = field(default_factory=dict[str, dict[int, Fields]])
    cursors: dict[int, Fields] = field(default_factory=dict[int, Fields])
    told: set[Message] = field(default_factory=set[Message])

    def due(self, study: str, next: int) -> int:
        """The `pos` that the row of *study* has at least, where the cursor is at *next*."""
        return max((pos for pos in self.rows[study] if pos < next), default=-1)

    def note(self, moment: Moment) -> None:
        """Keep what the rows and the cursor are at this moment."""
        for study, fields in rows_of(moment).items():
            self.rows.setdefault(study, {})[int(fields["pos"])] = standing(fields)
        cursor = moment.hashes.get(CURSOR, {})
        self.cursors[int(cursor.get("next", b"0"))] = standing(cursor)


def asked(entries: list[Entry]) -> Oracle:
    """What must come of *entries*."""
    oracle = Oracle(entries)
    storage = Storage(seen=oracle.note)
    play(_pass(entries, storage))
    outbox = storage.held.get(OUTBOX, {})
    rung = {name: value for name, value in outbox.items() if name.startswith("a|")}
    assert rung == alerts(entries), "a lane rings otherwise than the pipeline alone"
    oracle.told = set(messages(entries, outbox))
    return oracle


async def _pass(entries: list[Entry], storage: Storage) -> None:
    lane = Lane(
        WholeLog(entries), storage, partition=PARTITION, limits=Limits(unreadable=len(entries) + 1)
    )
    await lane.claim()
    for entry in entries:
        try:
            await lane.take([entry])
        except Hole as hole:
            lane.pass_hole(hole.found)
            await lane.take([entry])
    assert lane.stopped is None, str(lane.stopped)


def alerts(entries: list[Entry]) -> Fields:
    """The outbox's entries for all alerts of the log, by the pipeline that replay uses."""
    pipeline, found = Pipeline(), Fields()
    for entry in entries:
        if entry.key and is_of(entry, entry.key.decode()):
            for alert in pipeline.advance(entry.value or b"", entry.offset).alerts:
                said = asdict(alert) | {"hypothetical": False}
                found[f"a|{alert.id}|{alert.revision:06d}"] = orjson.dumps(said)
    return found


def of_a_study(entries: list[Entry], study: str) -> list[bytes]:
    """The records of *study* that came to the right place, whatever becomes of them."""
    return [entry.value or b"" for entry in entries if is_of(entry, study)]


def is_of(entry: Entry, study: str) -> bool:
    """Whether it is a record of *study*, under its key and in its partition."""
    if entry.key != study.encode() or partition_of(study, PARTITIONS) != PARTITION:
        return False
    try:
        said = orjson.loads(entry.value or b"")
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and said.get("study") == study


def messages(entries: list[Entry], outbox: Fields) -> list[Message]:
    """The messages that tell of *outbox*; a letter carries the record's own bytes."""
    records = {f"d|{entry.offset:020d}": entry for entry in entries}
    return [
        dead_letter(PARTITION, name, value, records[name])
        if name in records
        else announcement(name, value, ALERT_PARTITIONS)
        for name, value in outbox.items()
    ]
