"""The open projection: what blinded people may see of the studies, over a socket of its own.

Its types hold no treatment, term, watch or alert, and no count of one arm.  The position in the
log is left out as well, because it counts the board's reviews.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from board.follower.protocol import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStudy:
    """A study, all subjects together.

    *records* counts records by outcome, without reviews.  *cases* and *person_days* are pooled;
    *randomised* counts subjects.  *dates_ahead* counts dates after the as-of date.
    """

    plan_sha256: str
    as_of: str | None
    randomised: int
    cases: int
    person_days: int
    dates_ahead: int
    records: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPartition:
    """The health of a partition: whether it is stopped or silent.

    *lag* counts records that are not folded yet, at most WAITING_MAX.  Neither it nor the silence
    depends on the board's reviews.
    """

    lag: int
    silent: bool
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenState:
    """What the open socket pushes once a second, in a rhythm that tells nothing."""

    sequence: int
    time: float
    studies: Mapping[str, OpenStudy]
    partitions: Mapping[int, OpenPartition]

    def to_message(self) -> Json:
        """Return the message of type `open`."""
        return {
            "type": "open",
            "sequence": self.sequence,
            "time": self.time,
            "studies": self.studies,
            "partitions": {str(number): each for number, each in self.partitions.items()},
        }

    @classmethod
    def from_message(cls, message: Json) -> OpenState:
        """Parse a message of type `open`."""
        return cls(
            sequence=message["sequence"],
            time=message["time"],
            studies={name: OpenStudy(**each) for name, each in message["studies"].items()},
            partitions={
                int(number): OpenPartition(**each) for number, each in message["partitions"].items()
            },
        )
