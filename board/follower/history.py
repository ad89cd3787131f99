"""What the follower notes of a study while it folds: evidence, days of its records, decisions."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import NamedTuple

from alerts.alert import Alert
from alerts.lifecycle import DECIDED_STATES, MEMBER_MOVES
from board.follower.case_recorder import CaseRecorder
from board.follower.recorder import EvidenceRecorder
from monitor.dates import FOREVER
from monitor.records import Record, Review, day_of
from monitor.state.study import Study
from streams.processor.pipeline import RecordResult


class Decision(NamedTuple):
    """The board's decision on an alert: the offset of its review, and its day (ordinal)."""

    offset: int
    day: int


@dataclass(slots=True)
class StudyHistory:
    """The history of one study, record by record in the order of the log.

    *offsets* and *known_days* have each record of the study, so that a look at an earlier day
    reads no further than it must.  *known_at* is the latest known-at time, in seconds since 1970.
    *records* counts outcomes without those of reviews.
    """

    recorder: EvidenceRecorder = field(default_factory=EvidenceRecorder)
    cases: CaseRecorder = field(default_factory=CaseRecorder)
    offsets: array[int] = field(default_factory=lambda: array("q"))
    known_days: array[int] = field(default_factory=lambda: array("i"))
    known_at: int | None = None
    decisions: list[Decision] = field(default_factory=list[Decision])
    records: dict[str, int] = field(default_factory=dict[str, int])

    def note(self, study: Study, record: Record, offset: int, result: RecordResult) -> None:
        """Note the *record* at *offset*, which has just been folded into *study*.

        A record that is folded again after an error is noted once.
        """
        self.recorder.record(study, record.body, offset)
        self.cases.note_record(study, record, offset)
        if self.offsets and offset <= self.offsets[-1]:
            return
        self.offsets.append(offset)
        self.known_days.append(day_of(record.known_at))
        self.known_at = max(record.known_at, self.known_at or record.known_at)
        if not isinstance(record.body, Review):
            outcome = result.outcome.value  # The keys of a message are plain texts.
            self.records[outcome] = self.records.get(outcome, 0) + 1
        elif any(map(is_decision, result.alerts)):
            self.decisions.append(Decision(offset, day_of(record.known_at)))

    def known_by(self, day: int) -> tuple[int, int]:
        """Return how many records were known by *day*, and the offset of the last one, or -1."""
        offsets = [
            offset
            for offset, known in zip(self.offsets, self.known_days, strict=True)
            if known <= day
        ]
        return len(offsets), offsets[-1] if offsets else -1

    def decision_by(self, until: int, day: int = FOREVER) -> Decision | None:
        """Return the latest decision up to offset *until* and by *day*, or None."""
        made = (each for each in reversed(self.decisions) if each.offset <= until)
        return next((each for each in made if each.day <= day), None)


def is_decision(alert: Alert) -> bool:
    """Whether a member's move has led to this revision, and decides on the alert."""
    return alert.move in MEMBER_MOVES and alert.state in DECIDED_STATES
