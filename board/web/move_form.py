"""The form of a move, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.alert import Alert
from alerts.lifecycle import MEMBER_MOVES, Move
from alerts.register.register import ReviewResult

CHOICE_PATTERN = re.compile(r"([0-9a-f]{24}):([1-9][0-9]{0,8})(?::([0-9a-f]{64}))?")
"""Matches an alert of the form: its id, its revision, and the digest of what was shown."""

NONCE_PATTERN = re.compile(r"[A-Za-z0-9_-]{16,64}")
CHOICES_MAX = 50
REASON_CHARACTERS_MAX = 2_000


class FormError(Exception):
    """A field of the form is not valid; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChoice:
    """An alert of the form at the revision that was shown; *shown* is its digest, if given."""

    alert: str
    revision: int
    shown: str = ""

    @classmethod
    def parse(cls, text: str) -> AlertChoice:
        """Parse `ID:REVISION` or `ID:REVISION:DIGEST`.  Raises FormError."""
        match = CHOICE_PATTERN.fullmatch(text)
        if match is None:
            raise FormError("An alert is named by its id and its revision.")
        return cls(alert=match[1], revision=int(match[2]), shown=match[3] or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveForm:
    """One *move* on each of the alerts, with one *reason*; *nonce* identifies the form."""

    choices: Sequence[AlertChoice]
    move: Move
    reason: str
    nonce: str
    passphrase: str = ""

    @classmethod
    def parse(
        cls, alerts: Sequence[str], move: str, reason: str, nonce: str, passphrase: str
    ) -> MoveForm:
        """Parse the fields of a form.  Raises FormError."""
        choices = list(dict.fromkeys(AlertChoice.parse(each) for each in alerts))
        if not choices:
            raise FormError("Choose an alert.")
        if len({each.alert for each in choices}) < len(choices) or len(choices) > CHOICES_MAX:
            raise FormError(f"Choose each alert once, and at most {CHOICES_MAX}.")
        if move not in MEMBER_MOVES:
            raise FormError("Choose a move.")
        reason = reason.strip()
        if not reason or len(reason) > REASON_CHARACTERS_MAX:
            raise FormError(f"Give a reason of at most {REASON_CHARACTERS_MAX} characters.")
        if not NONCE_PATTERN.fullmatch(nonce):
            raise FormError("The form has no nonce: load the page again.")
        return cls(
            choices=choices, move=Move(move), reason=reason, nonce=nonce, passphrase=passphrase
        )


class MoveStatus(StrEnum):
    """What became of a move."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    NOT_INCLUDED = "not_included"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveResult:
    """What became of a move on *alert*, shown at *revision*.

    *present_revision* and *state* are those of the alert now.  *offset* is that of the record.
    """

    alert: str
    revision: int
    status: MoveStatus
    message: str
    state: str | None = None
    present_revision: int | None = None
    record_id: str = ""
    partition: int | None = None
    offset: int | None = None
    signed: bool = False

    @classmethod
    def not_sent(cls, choice: AlertChoice, message: str, alert: Alert | None = None) -> MoveResult:
        """Return the result of a move that was not written; *alert* is as it is now."""
        return cls(
            alert=choice.alert,
            revision=choice.revision,
            status=MoveStatus.NOT_SENT,
            message=message,
            state=None if alert is None else alert.state.value,
            present_revision=None if alert is None else alert.revision,
        )

    def decided(self, result: ReviewResult) -> MoveResult:
        """Return this result after the fold has decided."""
        return replace(
            self,
            status=MoveStatus.ACCEPTED if result.accepted else MoveStatus.REFUSED,
            message=result.reason or f"It is {(result.state or '').replace('_', ' ')} now.",
            state=None if result.state is None else result.state.value,
            present_revision=result.revision,
        )
