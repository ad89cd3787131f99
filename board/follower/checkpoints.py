"""Copies of studies after part of their log, from which a look at the past continues.

Restoring a copy takes about a thirtieth of the time of folding its records.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from board.follower.case_recorder import CaseRecorder
from board.follower.recorder import EvidenceRecorder
from monitor.dates import FOREVER
from monitor.state.study import Study

BYTES_MAX = 256 << 20
"""Memory of all copies together."""

State = tuple[Study, EvidenceRecorder, CaseRecorder, int | None]
"""A study, what was recorded while folding it, and the latest known-at time."""


class Checkpoint(NamedTuple):
    """The state after all records of a study before offset *next*, known by *known_day*.

    *content* never leaves the process.
    """

    next: int
    known_day: int
    content: bytes

    def restore(self) -> State:
        """Return a copy of the state, which shares nothing with others."""
        return pickle.loads(self.content)


@dataclass(slots=True)
class Checkpoints:
    """Checkpoints by study, in order of their offsets: one a month, and one at each decision.

    Where they exceed *bytes_max*, every second one of the study that has most is dropped.
    """

    bytes_max: int = BYTES_MAX
    by_study: dict[str, list[Checkpoint]] = field(default_factory=dict[str, list[Checkpoint]])

    def latest(self, study: str, until: int, day: int) -> Checkpoint | None:
        """Return the latest checkpoint with no record after offset *until* or known after *day*."""
        usable = (
            each
            for each in reversed(self.by_study.get(study, []))
            if each.next <= until + 1 and each.known_day <= day
        )
        return next(usable, None)

    def is_due(self, study: str, known_day: int) -> bool:
        """Whether *study* has no checkpoint of the month of *known_day*."""
        months = {month_of(each.known_day) for each in self.by_study.get(study, [])}
        return known_day > 0 and month_of(known_day) not in months

    def save(self, study: str, offset: int, known_day: int, state: State) -> None:
        """Save a copy of *state*, that before *offset*; its horizon is lifted in the copy."""
        saved = self.by_study.setdefault(study, [])
        if any(each.next == offset for each in saved):
            return
        state[1].evaluate()  # Likelihoods take more memory than their values.
        horizon, state[0].horizon = state[0].horizon, FOREVER
        saved.append(Checkpoint(offset, known_day, pickle.dumps(state, pickle.HIGHEST_PROTOCOL)))
        state[0].horizon = horizon
        saved.sort(key=lambda each: each.next)
        while self.bytes_used > self.bytes_max and any(self.by_study.values()):
            largest = max(self.by_study.values(), key=total_bytes)
            del largest[-1 if len(largest) == 1 else 0 :: 2]

    @property
    def bytes_used(self) -> int:
        """Bytes of all copies together."""
        return sum(map(total_bytes, self.by_study.values()))


def total_bytes(checkpoints: list[Checkpoint]) -> int:
    """Return the bytes of *checkpoints* together."""
    return sum(len(each.content) for each in checkpoints)


def month_of(day: int) -> tuple[int, int]:
    """Return year and month of the ordinal *day*.

    >>> month_of(date(2019, 3, 6).toordinal())
    (2019, 3)
    """
    found = date.fromordinal(day)
    return found.year, found.month
