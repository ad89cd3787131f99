"""ProDERM's log with reviews, by its board members, of the alerts that it raises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from alerts.alert import Alert
from streams.processor.pipeline import Pipeline
from streams.records.encode import encode_record
from tests.streams.processor.processors import PRODERM, STUDY

SIGNAL_ALERT_ID = "231d3f474a5e20947a1b53ff"
"""Id of the thromboembolic alert against the general population, in its first episode."""

MOVES = ("acknowledge", "begin_review", "confirm", "close")


def review(name: str, alert: str, revision: int, move: str, **fields: Any) -> bytes:
    """Return a review record as the board's page sends it; *fields* override its fields."""
    known_at = fields.pop("known_at", "2019-03-06T09:00:00Z")
    return encode_record(
        {
            "schema": "trial.log/1",
            "type": "review",
            "study": STUDY,
            "known_at": known_at,
            "source": {"system": "board", "id": name, "version": fields.pop("version", 1)},
            "alert": alert,
            "revision": revision,
            "move": move,
            "shown": "0f5a1c",
            "member": "board-1",
            "reason": "The cases were read.",
            "meaning": "I have seen it.",
            **fields,
        }
    )


def reviewed_log(every: int = 150) -> Iterator[bytes]:
    """Yield ProDERM's log; after *every* so many records, each alert is reviewed.

    Two members review the same revision with the same move; the second review is refused.
    """
    pipeline, latest = Pipeline(), dict[str, Alert]()
    for position, raw in enumerate(_insert_reviews(PRODERM, every, latest)):
        yield raw
        latest |= {alert.id: alert for alert in pipeline.process_bytes(raw, position).alerts}


def _insert_reviews(log: Iterable[bytes], every: int, latest: dict[str, Alert]) -> Iterator[bytes]:
    for count, raw in enumerate(log, start=1):
        yield raw
        if count % every == 0:
            for alert in list(latest.values()):
                for member in ("board-1", "board-2"):
                    move = next_move(alert)
                    review_id = f"{count}-{alert.id[:4]}-{member}"
                    yield review(review_id, alert.id, alert.revision, move, member=member)


def next_move(alert: Alert) -> str:
    """Return the next move on *alert* towards its closure."""
    move_by_state = {
        "raised": "acknowledge",
        "reopened": "begin_review",
        "acknowledged": "begin_review",
        "under_review": "confirm",
    }
    return move_by_state.get(alert.state, "close")


def review_entities(raws: Iterable[bytes]) -> list[str]:
    """Return the entity ids of the reviews among *raws*."""
    records = [orjson.loads(raw) for raw in raws]
    return [f"board/{each['source']['id']}" for each in records if each["type"] == "review"]
