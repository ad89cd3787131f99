"""The docket: every alert of a study as it stands, and what became of each move on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from alerts.alert import Alert, Kind
from alerts.clocks import determination_due, set_running
from alerts.detection.overdue import Vigil
from alerts.lifecycle import DECIDED, OF_MEMBERS, Move, State, after, allowed
from alerts.register.history import Entry, Objection
from monitor.records import Record, Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a member's move on *alert*; *reason* says why it was not accepted.

    *state* and *revision* are the alert's after it, None where there is no such alert.
    """

    alert: str
    accepted: bool
    objection: Objection | None
    reason: str
    state: State | None
    revision: int | None


@dataclass(slots=True)
class Docket:
    """The alerts of a study by id, and the answers to members' moves by the name of each.

    A move is named after its thing; a later version of it, which is always refused, after its
    version as well.  *decided* are the alerts of single cases that people have decided on; the
    *vigil* is for what the passing of days brings.
    """

    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    vigil: Vigil = field(default_factory=Vigil)
    decided: set[str] = field(default_factory=set[str])

    def decide(self, alert: Alert) -> None:
        """Note whether people have decided on the *alert* of a case, as it stands."""
        if alert.state in DECIDED:
            self.decided.add(alert.id)
        else:
            self.decided.discard(alert.id)

    def ring(self, alert: Alert) -> Alert | None:
        """Open *alert*, or None where it is on the docket already: it rings once."""
        if alert.id in self.entries:
            return None
        opened = replace(alert, revision=1, state=State.RAISED, move=Move.RAISE)
        entry = self.entries[alert.id] = Entry(opened)
        return entry.take(opened)

    def rise(self, alert: Alert) -> Alert:
        """Open *alert*, or raise the level of the one that is there; what is to be told."""
        if (opened := self.ring(alert)) is not None:
            return opened
        entry = self.entries[alert.id]
        state = after(entry.alert.state, Move.RISE)
        assert state is not None, "what rises above a closed alert is another episode"
        revision = entry.alert.revision + 1
        return entry.take(replace(alert, revision=revision, state=state, move=Move.RISE))

    def change(self, alert: str, record: Record, line: int) -> Alert | None:
        """Note that *record* changed the data under *alert*: what is to be told of it, if any."""
        entry = self.entries[alert]
        state = after(entry.alert.state, Move.CHANGE)
        if state is None:
            return None
        return entry.take(_next(entry.alert, record, line, move=Move.CHANGE, state=state))

    def review(self, record: Record, line: int) -> Alert | None:
        """Take a member's move or refuse it; what is to be told where it was accepted."""
        review = record.body
        assert isinstance(review, Review)
        entry, told = self.entries.get(review.alert), None
        objection = self.objection(record.thing, review)
        if entry is not None and objection is not None:
            entry.refuse(record, line, objection)
        elif entry is not None:
            move = Move(review.move)
            state = after(entry.alert.state, move)
            assert state is not None
            told = entry.take(_next(entry.alert, record, line, move=move, state=state), review)
        self.answers[self.name_of(record)] = _answer(review.alert, entry, objection)
        return told

    def objection(self, thing: str, review: Review) -> Objection | None:
        """What speaks against a member's move, the first thing first."""
        entry = self.entries.get(review.alert)
        if thing in self.answers:
            return Objection.EDITED
        if entry is None:
            return Objection.UNKNOWN_ALERT
        alert = entry.alert
        if not alert.tracked:
            return Objection.FOR_INFORMATION
        if review.revision != alert.revision:
            late = review.revision < alert.revision
            return Objection.STALE if late else Objection.YET_TO_COME
        if review.move not in OF_MEMBERS:
            return Objection.NO_SUCH_MOVE
        return None if Move(review.move) in allowed(alert.state) else Objection.NOT_NOW

    def name_of(self, record: Record) -> str:
        """The name under which the move *record* is answered."""
        return f"{record.thing}/{record.version}" if record.thing in self.answers else record.thing

    def fields(self) -> Iterator[tuple[str, str]]:
        """What it adds to the digest of a state: all that does not follow from the episodes."""
        for name, entry in self.entries.items():
            alert = entry.alert
            if alert.tracked and (alert.kind is not Kind.SIGNAL or entry.reviewed):
                yield f"l|{name}", f"{alert.revision} {alert.state} {alert.level}"
        for name, answer in self.answers.items():
            yield f"m|{name}", f"{answer.objection} {answer.state} {answer.revision}"


def _next(alert: Alert, record: Record, line: int, *, move: Move, state: State) -> Alert:
    """The revision of *alert* that *record* makes; its evidence is what it was when it rang.

    With a member's `confirm` the clock of the sponsor's determination starts.
    """
    member = record.body.member if isinstance(record.body, Review) else None
    confirmed = move is Move.CONFIRM
    due = set_running(alert.due, determination_due(record.known_at)) if confirmed else alert.due
    return replace(
        alert,
        revision=alert.revision + 1,
        state=state,
        move=move,
        member=member,
        pages=member is None,
        line=line,
        thing=record.thing,
        version=record.version,
        known_at=record.known_at,
        due=due,
    )


def _answer(alert: str, entry: Entry | None, objection: Objection | None) -> Answer:
    now = None if entry is None else entry.alert
    return Answer(
        alert=alert,
        accepted=objection is None,
        objection=objection,
        reason="" if objection is None else f"{objection}{_stands(now)}",
        state=None if now is None else now.state,
        revision=None if now is None else now.revision,
    )


def _stands(alert: Alert | None) -> str:
    """Where the alert stands and who put it there: a refusal says what can be done instead."""
    if alert is None or not alert.tracked:
        return ""
    by = f", by {alert.member}" if alert.member else ""
    can = " or ".join(allowed(alert.state)) or "do nothing more"
    return f" It is {alert.state} at revision {alert.revision}{by}; a member can {can}."
