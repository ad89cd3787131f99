"""The history of an alert: its revisions, and the reviews that were refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from alerts.alert import Alert
from alerts.lifecycle import State
from monitor.records import Record, Review


class ReviewRefusal(StrEnum):
    """Why a member's review is refused; the text is shown to the member."""

    UNKNOWN_ALERT = "The study has no such alert."
    FOR_INFORMATION = "It is for information: there is nothing to decide about it."
    EDITED = "A move is never edited: make another."
    STALE = "The alert has moved on since it was shown: look again."
    YET_TO_COME = "The alert has no such revision yet."
    NO_SUCH_MOVE = "There is no such move."
    NOT_NOW = "The alert does not allow it as it stands."

    @property
    def word(self) -> str:
        """The refusal as it is stored and printed."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One entry of an alert's history: a revision, or a review that was *refused*.

    *state*, *level* and *revision* are those of the alert afterwards.  *known_at* (seconds since
    1970-01-01 UTC), *line* of the log, *thing* and *version* identify the record; *review* is its
    body if a member made the move.
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
    """An alert at its latest revision, with its history including refused reviews."""

    alert: Alert
    history: list[HistoryEntry] = field(default_factory=list[HistoryEntry])

    @property
    def is_reviewed(self) -> bool:
        """Whether any member has made or attempted a move on the alert."""
        return any(item.review is not None for item in self.history)

    def append(self, alert: Alert, review: Review | None = None) -> Alert:
        """Append *alert* as the latest revision and return it; *review* is the member's, if any."""
        self.alert = alert
        self.history.append(_history_entry(alert, review))
        return alert

    def append_refused(self, record: Record, position: int, refusal: ReviewRefusal) -> None:
        """Append the refused review *record* to the history; the alert does not change."""
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
    """The history entry of the current revision of *alert*."""
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
