"""Checks that records are read once, and that waiting ones are counted without reviews."""

from __future__ import annotations

import random

from board.follower.liveness import Liveness
from board.follower.read_ahead import READ_MAX, WAITING_MAX, ReadAhead
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import PRODERM, log_of
from tests.streams.reviewed_log import SIGNAL_ALERT_ID, review

REVIEW = review("r1", SIGNAL_ALERT_ID, 2, "acknowledge")
ODD = (b"", b"review", b'["review"]', b'{"type": "reviews"}')
"""Values that name no type, or not that of a review."""


def with_reviews(chance: random.Random) -> tuple[ListLog, list[int]]:
    """A log of records among reviews, and the offsets of the records."""
    values: list[bytes] = []
    offsets: list[int] = []
    for value in [*ODD, *PRODERM[: WAITING_MAX + READ_MAX]]:
        values += [REVIEW] * chance.choice((0, 0, 0, 1, 5))
        offsets.append(len(values))
        values.append(value)
    return log_of(values), offsets


async def test_waiting_records_are_counted_without_reviews():
    """From any offset on; where many wait, as many are counted whatever the reviews."""
    log, offsets = with_reviews(random.Random(3))
    ahead = ReadAhead(log)
    for start in sorted(random.sample(range(log.next), 10)):
        expected = [each for each in offsets if each >= start][:WAITING_MAX]
        assert await ahead.read_waiting(start, log.next) == expected
        read = await ahead.next_records(start)
        assert [each.offset for each in read] == list(range(start, min(start + READ_MAX, log.next)))
    assert await ahead.read_waiting(log.next, log.next) == []
    assert (await ahead.next_records(0))[0].offset == 0


async def test_a_record_is_read_from_the_log_once():
    """Also where it is counted as waiting before it is folded."""
    log, _ = with_reviews(random.Random(4))
    ahead, position, seen = ReadAhead(log), 0, list[int]()
    while position < log.next:
        await ahead.read_waiting(position, log.next)
        read = await ahead.next_records(position)
        seen += [each.offset for each in read]
        position = read[-1].offset + 1
    assert (
        seen == list(range(log.next)) and ahead.end == log.next and len(ahead.records) <= READ_MAX
    )


def test_a_worker_is_missed_while_the_same_record_waits():
    """One that folds, or that has reviews only to fold, is not."""
    liveness = Liveness(moved_at=0.0)
    liveness.note_waiting([3, 4])
    liveness.waiting_at -= 60
    liveness.note_waiting([3, 4, 7])
    assert liveness.silent_without_reviews > 59 and liveness.silent[1] == "worker"
    liveness.note_waiting([4, 7])
    assert liveness.silent_without_reviews < 59
    liveness.waiting_at -= 60
    liveness.note_waiting([])
    assert liveness.silent_without_reviews < 59
