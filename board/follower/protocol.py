"""Messages between the follower and the web process: frames of JSON with a length before each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import orjson

from board.views.facts import Completeness

Json = dict[str, Any]
"""A message: an object with a `type`."""

CLOSED_SOCKET, OPEN_SOCKET = "closed.sock", "open/open.sock"
"""Sockets in the follower's folder: views and alerts, and the open projection.

The open one has a folder of its own: a container of the open page gets this folder only.
"""

LENGTH_BYTES = 4
FRAME_BYTES_MAX = 256 << 20
"""Largest message; a longer one is an error of the sender."""

HEARTBEAT_SECONDS = 1.0
"""A state is pushed at least this often."""


class ProtocolError(Exception):
    """The other side sent what is not a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSummary:
    """An alert as a state push names it; a change of *revision* makes a page out of date."""

    id: str
    revision: int
    state: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySummary:
    """What a state push says of a study.

    *version* increases with every change of the study.  *evidence* has log E of each tier 1 watch,
    None where it is not finite.
    """

    version: int
    completeness: Completeness
    alerts: tuple[AlertSummary, ...] = ()
    evidence: Mapping[str, float | None] = field(default_factory=dict[str, float | None])


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionSummary:
    """How far a partition is folded.

    *position* is the next offset that the follower folds, *cursor* that of the store, *end* that
    of the log.  *silent_seconds* is the time since log, store and worker gave a sign, by the
    quietest of them, which *silent* names; a worker gives none while records wait and the cursor
    stays.
    *stopped* says why follower or worker cannot continue, or is None.
    """

    position: int
    end: int
    cursor: int
    silent_seconds: float
    silent: str = "log"
    stopped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerState:
    """What the follower pushes: at least every ``HEARTBEAT_SECONDS``, and after a change.

    *sequence* increases with each push of one follower.  *time* is its clock in seconds since
    1970.  *fault* says what is wrong, naming the study or the partition; None where nothing is.
    """

    sequence: int
    time: float
    studies: Mapping[str, StudySummary]
    partitions: Mapping[int, PartitionSummary]
    fault: str | None = None

    def to_message(self) -> Json:
        """Return the message of type `state`."""
        return {
            "type": "state",
            "sequence": self.sequence,
            "time": self.time,
            "studies": {name: _study_json(each) for name, each in self.studies.items()},
            "partitions": {str(number): each for number, each in self.partitions.items()},
            "fault": self.fault,
        }

    @classmethod
    def from_message(cls, message: Json) -> FollowerState:
        """Parse a message of type `state`."""
        return cls(
            sequence=message["sequence"],
            time=message["time"],
            studies={name: _study_of(each) for name, each in message["studies"].items()},
            partitions={
                int(number): PartitionSummary(**each)
                for number, each in message["partitions"].items()
            },
            fault=message["fault"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to an ask: the view as JSON, the version of the study, and its completeness.

    Within *fresh_seconds* the follower gives no other answer, though the study changes.
    """

    version: int
    body: Json
    completeness: Completeness
    fresh_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request for a view; *as_of* is a day as ISO text, or None for the study as it is now."""

    id: int
    study: str
    view: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    as_of: str | None = None

    def to_message(self) -> Json:
        """Return the message of type `ask`."""
        return {"type": "ask"} | {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_message(cls, message: Json) -> Ask:
        """Parse a message of type `ask`.  Raises ProtocolError."""
        if message.get("type") != "ask":
            raise ProtocolError("The message is no ask.")
        try:
            return cls(**{name: each for name, each in message.items() if name != "type"})
        except TypeError as error:
            raise ProtocolError("The ask has unknown or missing fields.") from error


def encode_frame(message: Json) -> bytes:
    r"""Return *message* as JSON after its length; dataclasses and ``orjson.Fragment`` may be in it.

    >>> encode_frame({"type": "ask"})
    b'\x00\x00\x00\x0e{"type":"ask"}'
    """
    content = orjson.dumps(message)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


async def read_frame(reader: asyncio.StreamReader) -> Json | None:
    """Return the next message, or None at the end of the stream.  Raises ProtocolError."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        if length > FRAME_BYTES_MAX:
            raise ProtocolError("The message is too long.")
        content = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    try:
        message: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ProtocolError("The message is not JSON.") from error
    if not isinstance(message, dict):
        raise ProtocolError("The message is no object.")
    return message  # pyright: ignore[reportUnknownVariableType]


def completeness_json(completeness: Completeness) -> Json:
    """Return *completeness* as a JSON object."""
    return {each.name: getattr(completeness, each.name) for each in fields(completeness)}


def _study_json(summary: StudySummary) -> Json:
    return completeness_json(summary.completeness) | {
        "version": summary.version,
        "alerts": summary.alerts,
        "evidence": summary.evidence,
    }


def _study_of(message: Json) -> StudySummary:
    known = {each.name for each in fields(Completeness)}
    return StudySummary(
        version=message["version"],
        completeness=Completeness(**{name: message[name] for name in known}),
        alerts=tuple(AlertSummary(**each) for each in message["alerts"]),
        evidence=message["evidence"],
    )
