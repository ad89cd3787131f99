"""The history of an alert: its revisions, and the moves of members that were refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from alerts.alert import Alert
from alerts.lifecycle import State
from monitor.records import Record, Review


class ReviewRefusal(StrEnum):
    """Why a member's move is refused.  The member is owed the reason with the refusal."""

    UNKNOWN_ALERT = "The study has no such alert."
    FOR_INFORMATION = "It is for information: there is nothing to decide about it."
    EDITED = "A move is never edited: make another."
    STALE = "The alert has moved on since it was shown: look again."
    YET_TO_COME = "The alert has no such revision yet."
    NO_SUCH_MOVE = "There is no such move."
    NOT_NOW = "The alert does not allow it as it stands."

    @property
    def word(self) -> str:
        """The objection as it is stored."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """A line of an alert's history: a revision, or a member's move that was *refused*.

    *state*, *level* and *revision* are the alert's after it, *known_at* is in seconds since
    1970-01-01 UTC; the record is at *line* of the log, and *review* is what it says if it is a
    member's.
    """

    revision: int
    state: State
    level: str
    move: str
    known_at: int
    line: int
    thing: str
    version: int
    review: Review | None = None
    refused: ReviewRefusal | None = None


@dataclass(slots=True)
class AlertEntry:
    """An alert at its latest revision, and how it came to be so, refused moves included."""

    alert: Alert
    history: list[HistoryEntry] = field(default_factory=list[HistoryEntry])

    @property
    def is_reviewed(self) -> bool:
        """Whether a member has ever acted on it."""
        return any(item.review is not None for item in self.history)

    def append(self, alert: Alert, review: Review | None = None) -> Alert:
        """Make *alert* the latest revision, by *review* if a member's move brought it."""
        self.alert = alert
        self.history.append(_history_entry(alert, review))
        return alert

    def append_refused(self, record: Record, position: int, refusal: ReviewRefusal) -> None:
        """Keep a member's move that was refused; the alert stands as it did."""
        review = record.body
        assert isinstance(review, Review)
        history_entry = replace(
            _history_entry(self.alert, review),
            move=review.move,
            known_at=record.known_at,
            line=position,
            thing=record.entity_id,
            version=record.version,
            refused=refusal,
        )
        self.history.append(history_entry)


def _history_entry(alert: Alert, review: Review | None) -> HistoryEntry:
    """The line that the present revision of *alert* makes in its history."""
    return HistoryEntry(
        revision=alert.revision,
        state=alert.state,
        level=alert.level,
        move=alert.move,
        known_at=alert.known_at,
        line=alert.line,
        thing=alert.thing,
        version=alert.version,
        review=review,
    )
