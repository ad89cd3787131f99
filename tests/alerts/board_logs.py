"""A log with reviews by board members: mostly valid, sometimes late or not allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

import orjson

from alerts.alert import Alert
from alerts.lifecycle import MEMBER_MOVES, Move, allowed_moves
from streams.processor.pipeline import Pipeline
from streams.records.encode import encode_record


def with_reviews(log: Iterable[bytes], random: Random, share: float = 0.3) -> Iterator[bytes]:
    """Yields *log* with reviews: after each record one follows with the probability *share*."""
    pipeline, latest = Pipeline(), dict[str, Alert]()
    position = 0
    for raw in log:
        queue = [raw]
        while queue:
            record = queue.pop(0)
            yield record
            latest |= {
                one.id: one
                for one in pipeline.process_bytes(record, position).alerts
                if one.tracked
            }
            position += 1
            if latest and random.random() < share:
                queue.append(random_review(random, latest[random.choice(sorted(latest))], position))


def random_review(random: Random, alert: Alert, position: int) -> bytes:
    """A move of one of two members on *alert*, at its current or its previous revision."""
    possible = allowed_moves(alert.state)
    sensible = possible and random.random() < 0.8
    move: Move = random.choice(possible if sensible else MEMBER_MOVES)
    late = random.random() < 0.1 and alert.revision > 1
    return encode_record(
        {
            "schema": "trial.log/1",
            "type": "review",
            "study": alert.study,
            "source": {
                "system": "board",
                "id": f"n{position}",
                "version": random.choice((1, 1, 2)),
            },
            "known_at": "2020-06-01T10:00:00Z",
            "alert": alert.id,
            "revision": alert.revision - late,
            "move": move.value,
            "shown": "0f5a1c",
            "member": random.choice(("board-1", "board-2")),
            "reason": "The cases were read.",
            "meaning": "I have seen it.",
        }
    )


def parse_records(log: Iterable[bytes]) -> list[dict[str, object]]:
    """The records of *log* as decoded JSON objects."""
    return [orjson.loads(each) for each in log]
