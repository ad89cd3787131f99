"""The history of an alert, the moves that it allows now, and what a move signs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.alert import Alert
from alerts.lifecycle import MEANINGS, Move, allowed_moves
from alerts.register.history import AlertEntry, HistoryEntry
from board.views.alert_words import MOVE_LABELS
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.wording import humanize
from monitor.state.study import Study
from streams.producers.reviews import revision_digest
from streams.replay.result_alerts import format_instant

NOT_SIGNED = "signature not checked: the plan names no board"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveChoice:
    """A move that a member can make: what it is called, and what the signature means."""

    move: str
    label: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One entry of the history; *refused* is why a member's move was refused."""

    revision: int
    time: str
    event: str
    state: str
    level_after: str
    member: str | None
    reason: str | None
    meaning: str | None
    signature: str | None
    shown: str | None
    refused: str | None
    record: str
    version: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBar:
    """What a member can do now: the moves, and the revision and digest that a move signs.

    *signed* states whether the plan names a board, so that each move needs a member's signature.
    """

    alert: str
    revision: int
    shown: str
    moves: tuple[MoveChoice, ...]
    signed: bool


def move_choices(moves: Iterable[Move]) -> tuple[MoveChoice, ...]:
    """Return *moves* with their labels and the meanings of their signatures."""
    return tuple(
        MoveChoice(move=move.value, label=MOVE_LABELS[move], meaning=MEANINGS[move])
        for move in moves
    )


def move_bar(study: Study, alert: Alert) -> MoveBar:
    """Return the moves that *alert* allows; an alert for information allows none."""
    return MoveBar(
        alert=alert.id,
        revision=alert.revision,
        shown=revision_digest(alert),
        moves=move_choices(allowed_moves(alert.state)) if alert.tracked else (),
        signed=bool(study.plan.board_members),
    )


def history_rows(entry: AlertEntry) -> tuple[HistoryRow, ...]:
    """Return the history of an alert, the latest entry first."""
    return tuple(_row(item) for item in reversed(entry.history))


def _row(item: HistoryEntry) -> HistoryRow:
    review = item.review
    return HistoryRow(
        revision=item.revision,
        time=format_instant(item.known_at),
        event=_event(item),
        state=humanize(item.state.value),
        level_after=item.level,
        member=None if review is None else review.member,
        reason=None if review is None else review.reason,
        meaning=None if review is None else review.meaning,
        signature=None if review is None else _signature(review.key),
        shown=None if review is None else review.shown,
        refused=None if item.refused is None else item.refused.value,
        record=item.thing,
        version=item.version,
        position=item.line,
    )


def _event(item: HistoryEntry) -> str:
    """Return what happened: data raised the alert or its level, or a member made a move."""
    if item.move in (Move.RAISE, Move.RISE):
        return f"{MOVE_LABELS[Move(item.move)]}: {item.level}"
    labels: dict[str, str] = {move.value: label for move, label in MOVE_LABELS.items()}
    return labels.get(item.move, humanize(item.move))


def _signature(key: str | None) -> str:
    return f"signed with {key}" if key else NOT_SIGNED


def history_table(rows: Iterable[HistoryRow]) -> Table:
    """Return the history as a table; what only moves have is hidden where there is none."""
    rows = tuple(rows)
    by_members = any(row.member is not None for row in rows)
    columns = (
        Column(key="time", label="Time (UTC)"),
        Column(key="event", label="What"),
        Column(key="member", label="Member", shown=by_members),
        Column(key="reason", label="Reason", shown=by_members),
        Column(key="meaning", label="Meaning of the signature", shown=by_members),
        Column(key="signature", label="Signature", shown=by_members),
        Column(key="refused", label="Refused because", shown=by_members),
        Column(key="state", label="State after"),
        Column(key="revision", label="Revision", kind=ColumnKind.COUNT),
        Column(key="level_after", label="Level", shown=False),
        Column(key="record", label="Record"),
        Column(key="version", label="Version", kind=ColumnKind.COUNT, shown=False),
        Column(key="position", label="Position", kind=ColumnKind.COUNT),
        Column(key="shown", label="Digest of what was shown", shown=False),
    )
    names = [column.key for column in columns]
    cells: list[dict[str, Cell]] = [{name: getattr(row, name) for name in names} for row in rows]
    return Table(
        name="history",
        caption="History, the latest first; refused moves included",
        columns=columns,
        rows=cells,
    )
