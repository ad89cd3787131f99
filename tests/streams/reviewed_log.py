"""ProDERM's log with members of its board acting on the alerts that it rings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from alerts.alert import Alert
from streams.processor.pipeline import Pipeline
from streams.records.encode import encode_record
from tests.streams.processor.processors import PRODERM, STUDY

SIGNAL_ALERT_ID = "231d3f474a5e20947a1b53ff"
"""The thromboembolic alert against the general population, ever since it first rang."""

MOVES = ("acknowledge", "begin_review", "confirm", "close")


def review(name: str, alert: str, revision: int, move: str, **fields: Any) -> bytes:
    """A member's move, as the board's page sends it."""
    known = fields.pop("known_at", "2019-03-06T09:00:00Z")
    return encode_record(
        {
            "schema": "trial.log/1",
            "type": "review",
            "study": STUDY,
            "known_at": known,
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
    """The log, in which a member makes the next move on each alert now and then.

    Every move is asked for by two members, on one page: of the second nothing comes.
    """
    pipeline, latest = Pipeline(), dict[str, Alert]()
    for at, raw in enumerate(_with_moves(PRODERM, every, latest)):
        yield raw
        latest |= {alert.id: alert for alert in pipeline.process_bytes(raw, at).alerts}


def _with_moves(log: Iterable[bytes], every: int, latest: dict[str, Alert]) -> Iterator[bytes]:
    for at, raw in enumerate(log, start=1):
        yield raw
        if at % every == 0:
            for alert in list(latest.values()):
                for member in ("board-1", "board-2"):
                    move = next_move(alert)
                    name = f"{at}-{alert.id[:4]}-{member}"
                    yield review(name, alert.id, alert.revision, move, member=member)


def next_move(alert: Alert) -> str:
    """What a board that means to get on does next."""
    following = {
        "raised": "acknowledge",
        "reopened": "begin_review",
        "acknowledged": "begin_review",
        "under_review": "confirm",
    }
    return following.get(alert.state, "close")


def review_entities(raws: Iterable[bytes]) -> list[str]:
    """The names of the reviews among *raws*."""
    records = [orjson.loads(raw) for raw in raws]
    return [f"board/{each['source']['id']}" for each in records if each["type"] == "review"]
