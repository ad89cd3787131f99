"""The alert register: all alerts of a study, and the result of each review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from alerts.alert import Alert, AlertKind
from alerts.clocks import determination_deadline, restart_clock
from alerts.detection.overdue import OverdueTracker
from alerts.lifecycle import DECIDED_STATES, MEMBER_MOVES, Move, State, allowed_moves, next_state
from alerts.register.history import AlertEntry, ReviewRefusal
from monitor.records import Record, Review


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewResult:
    """The result of a member's review of *alert*.

    *objection* and *reason* say why it was refused; *reason* is empty if it was accepted.  *state*
    and *revision* are those of the alert afterwards, None where there is no such alert.
    """

    alert: str
    accepted: bool
    objection: ReviewRefusal | None
    reason: str
    state: State | None
    revision: int | None


@dataclass(slots=True)
class AlertRegister:
    """All alerts of a study by id, and the results of all reviews.

    *review_results* is keyed by the review's entity id.  A later version of a review is always
    refused; its key also contains the version.  *decided_case_alerts* are the ids of case alerts in
    a decided state.  *overdue_tracker* detects findings that depend on elapsed days.
    """

    entries: dict[str, AlertEntry] = field(default_factory=dict[str, AlertEntry])
    review_results: dict[str, ReviewResult] = field(default_factory=dict[str, ReviewResult])
    overdue_tracker: OverdueTracker = field(default_factory=OverdueTracker)
    decided_case_alerts: set[str] = field(default_factory=set[str])

    def update_decided(self, alert: Alert) -> None:
        """Add the case alert *alert* to the decided ones, or remove it, by its state."""
        if alert.state in DECIDED_STATES:
            self.decided_case_alerts.add(alert.id)
        else:
            self.decided_case_alerts.discard(alert.id)

    def raise_once(self, alert: Alert) -> Alert | None:
        """Raise *alert* and return its first revision; None where its id is already registered."""
        if alert.id in self.entries:
            return None
        opened = alert
        if (alert.revision, alert.state, alert.move) != (1, State.RAISED, Move.RAISE):
            opened = replace(alert, revision=1, state=State.RAISED, move=Move.RAISE)
        entry = self.entries[alert.id] = AlertEntry(opened)
        return entry.append(opened)

    def raise_level(self, alert: Alert) -> Alert:
        """Raise *alert*, or the level of the registered alert with its id; return the revision.

        Clocks that run already go on, unless *alert* sets them anew.
        """
        if (opened := self.raise_once(alert)) is not None:
            return opened
        entry = self.entries[alert.id]
        state = next_state(entry.alert.state, Move.RISE)
        assert state is not None, "a rise after closing belongs to another episode"
        revision = entry.alert.revision + 1
        due = tuple((dict(entry.alert.due) | dict(alert.due)).items())
        return entry.append(replace(alert, revision=revision, state=state, move=Move.RISE, due=due))

    def note_data_change(self, alert: str, record: Record, position: int) -> Alert | None:
        """Reopen *alert* because *record* changed its data; None if its state ignores this."""
        entry = self.entries[alert]
        state = next_state(entry.alert.state, Move.CHANGE)
        if state is None:
            return None
        return entry.append(
            _next_revision(entry.alert, record, position, move=Move.CHANGE, state=state)
        )

    def apply_review(self, record: Record, position: int, current_id: str = "") -> Alert | None:
        """Apply the review *record*, or refuse it; return the new revision, None if refused.

        *current_id* is the id of the alert where the review names it by that of an earlier version.
        """
        review = record.body
        assert isinstance(review, Review)
        name = current_id or review.alert
        entry, revision = self.entries.get(name), None
        refusal = self.check_review(record.entity_id, review, name)
        if entry is not None and refusal is not None:
            entry.append_refused(record, position, refusal)
        elif entry is not None:
            move = Move(review.move)
            state = next_state(entry.alert.state, move)
            assert state is not None
            revision = entry.append(
                _next_revision(entry.alert, record, position, move=move, state=state), review
            )
        self.review_results[self.result_key(record)] = _review_result(name, entry, refusal)
        return revision

    def check_review(self, review_id: str, review: Review, name: str) -> ReviewRefusal | None:
        """Why the review *review_id* of the alert *name* is refused; None if it is not.

        The first failed check decides.
        """
        entry = self.entries.get(name)
        if review_id in self.review_results:
            return ReviewRefusal.EDITED
        if entry is None:
            return ReviewRefusal.UNKNOWN_ALERT
        alert = entry.alert
        if not alert.tracked:
            return ReviewRefusal.FOR_INFORMATION
        if review.revision != alert.revision:
            is_stale = review.revision < alert.revision
            return ReviewRefusal.STALE if is_stale else ReviewRefusal.YET_TO_COME
        if review.move not in MEMBER_MOVES:
            return ReviewRefusal.NO_SUCH_MOVE
        return None if Move(review.move) in allowed_moves(alert.state) else ReviewRefusal.NOT_NOW

    def result_key(self, record: Record) -> str:
        """The key in ``review_results`` of the result of the review *record*."""
        return (
            f"{record.entity_id}/{record.version}"
            if record.entity_id in self.review_results
            else record.entity_id
        )

    def digest_fields(self) -> Iterator[tuple[str, str]]:
        """Yield what the register adds to the state digest.

        A signal that nobody has reviewed is left out, because it follows from the episodes.
        """
        for name, entry in self.entries.items():
            alert = entry.alert
            if alert.tracked and (alert.kind is not AlertKind.SIGNAL or entry.is_reviewed):
                yield f"l|{name}", f"{alert.revision} {alert.state} {alert.level}"
        for name, result in self.review_results.items():
            yield f"m|{name}", f"{result.objection} {result.state} {result.revision}"


def _next_revision(
    alert: Alert, record: Record, position: int, *, move: Move, state: State
) -> Alert:
    """The next revision of *alert*, made by *record*; its evidence does not change.

    A member's `confirm` starts the determination clock.
    """
    member = record.body.member if isinstance(record.body, Review) else None
    is_confirmed = move is Move.CONFIRM
    due = (
        restart_clock(alert.due, determination_deadline(record.known_at))
        if is_confirmed
        else alert.due
    )
    return replace(
        alert,
        revision=alert.revision + 1,
        state=state,
        move=move,
        member=member,
        pages=member is None,
        line=position,
        thing=record.entity_id,
        version=record.version,
        known_at=record.known_at,
        due=due,
    )


def _review_result(
    alert: str, entry: AlertEntry | None, refusal: ReviewRefusal | None
) -> ReviewResult:
    latest = None if entry is None else entry.alert
    return ReviewResult(
        alert=alert,
        accepted=refusal is None,
        objection=refusal,
        reason="" if refusal is None else f"{refusal}{_describe_state(latest)}",
        state=None if latest is None else latest.state,
        revision=None if latest is None else latest.revision,
    )


def _describe_state(alert: Alert | None) -> str:
    """The alert's state, who made it, and the moves allowed now; appended to a refusal."""
    if alert is None or not alert.tracked:
        return ""
    by_member = f", by {alert.member}" if alert.member else ""
    moves = " or ".join(allowed_moves(alert.state)) or "do nothing more"
    return f" It is {alert.state} at revision {alert.revision}{by_member}; a member can {moves}."
