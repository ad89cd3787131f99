"""The docket: every alert of a study as it stands, and what became of each move on it."""

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
    """What became of a member's move on *alert*; *reason* says why it was not accepted.

    *state* and *revision* are the alert's after it, None where there is no such alert.
    """

    alert: str
    accepted: bool
    objection: ReviewRefusal | None
    reason: str
    state: State | None
    revision: int | None


@dataclass(slots=True)
class AlertRegister:
    """The alerts of a study by id, and the answers to members' moves by the name of each.

    A move is named after its thing; a later version of it, which is always refused, after its
    version as well.  *decided* are the alerts of single cases that people have decided on; the
    *vigil* is for what the passing of days brings.
    """

    entries: dict[str, AlertEntry] = field(default_factory=dict[str, AlertEntry])
    review_results: dict[str, ReviewResult] = field(default_factory=dict[str, ReviewResult])
    overdue_tracker: OverdueTracker = field(default_factory=OverdueTracker)
    decided_case_alerts: set[str] = field(default_factory=set[str])

    def update_decided(self, alert: Alert) -> None:
        """Note whether people have decided on the *alert* of a case, as it stands."""
        if alert.state in DECIDED_STATES:
            self.decided_case_alerts.add(alert.id)
        else:
            self.decided_case_alerts.discard(alert.id)

    def raise_once(self, alert: Alert) -> Alert | None:
        """Open *alert*, or None where it is on the docket already: it rings once."""
        if alert.id in self.entries:
            return None
        opened = replace(alert, revision=1, state=State.RAISED, move=Move.RAISE)
        entry = self.entries[alert.id] = AlertEntry(opened)
        return entry.append(opened)

    def raise_level(self, alert: Alert) -> Alert:
        """Open *alert*, or raise the level of the one that is there; what is to be told."""
        if (opened := self.raise_once(alert)) is not None:
            return opened
        entry = self.entries[alert.id]
        state = next_state(entry.alert.state, Move.RISE)
        assert state is not None, "what rises above a closed alert is another episode"
        revision = entry.alert.revision + 1
        return entry.append(replace(alert, revision=revision, state=state, move=Move.RISE))

    def note_data_change(self, alert: str, record: Record, position: int) -> Alert | None:
        """Note that *record* changed the data under *alert*: what is to be told of it, if any."""
        entry = self.entries[alert]
        state = next_state(entry.alert.state, Move.CHANGE)
        if state is None:
            return None
        return entry.append(
            _next_revision(entry.alert, record, position, move=Move.CHANGE, state=state)
        )

    def apply_review(self, record: Record, position: int) -> Alert | None:
        """Take a member's move or refuse it; what is to be told where it was accepted."""
        review = record.body
        assert isinstance(review, Review)
        entry, revision = self.entries.get(review.alert), None
        refusal = self.check_review(record.entity_id, review)
        if entry is not None and refusal is not None:
            entry.append_refused(record, position, refusal)
        elif entry is not None:
            move = Move(review.move)
            state = next_state(entry.alert.state, move)
            assert state is not None
            revision = entry.append(
                _next_revision(entry.alert, record, position, move=move, state=state), review
            )
        self.review_results[self.result_key(record)] = _review_result(review.alert, entry, refusal)
        return revision

    def check_review(self, review_id: str, review: Review) -> ReviewRefusal | None:
        """What speaks against a member's move, the first thing first."""
        entry = self.entries.get(review.alert)
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
        """The name under which the move *record* is answered."""
        return (
            f"{record.entity_id}/{record.version}"
            if record.entity_id in self.review_results
            else record.entity_id
        )

    def digest_fields(self) -> Iterator[tuple[str, str]]:
        """What it adds to the digest of a state: all that does not follow from the episodes."""
        for name, entry in self.entries.items():
            alert = entry.alert
            if alert.tracked and (alert.kind is not AlertKind.SIGNAL or entry.is_reviewed):
                yield f"l|{name}", f"{alert.revision} {alert.state} {alert.level}"
        for name, result in self.review_results.items():
            yield f"m|{name}", f"{result.objection} {result.state} {result.revision}"


def _next_revision(
    alert: Alert, record: Record, position: int, *, move: Move, state: State
) -> Alert:
    """The revision of *alert* that *record* makes; its evidence is what it was when it rang.

    With a member's `confirm` the clock of the sponsor's determination starts.
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
    """Where the alert stands and who put it there: a refusal says what can be done instead."""
    if alert is None or not alert.tracked:
        return ""
    by_member = f", by {alert.member}" if alert.member else ""
    moves = " or ".join(allowed_moves(alert.state)) or "do nothing more"
    return f" It is {alert.state} at revision {alert.revision}{by_member}; a member can {moves}."
