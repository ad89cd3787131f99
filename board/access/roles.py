"""Roles, what each may do, and on which of the two boards it may do it."""

from __future__ import annotations

from enum import StrEnum


class Zone(StrEnum):
    """A board: the closed one shows data by treatment, the open one cannot hold any."""

    CLOSED = "closed"
    OPEN = "open"


class Right(StrEnum):
    """What a page asks of its reader."""

    PUBLIC = "public"  # No login.
    SESSION = "session"  # Any user who is logged in to this board.
    READ_CLOSED = "read_closed"  # Data by treatment; a purpose is asked for and audited.
    READ_AUDIT = "read_audit"
    MOVE = "move"
    READ_OPEN = "read_open"  # Pooled data.


class Role(StrEnum):
    """The role of a user."""

    BOARD = "board"
    STATISTICIAN = "statistician"
    AUDITOR = "auditor"
    SPONSOR = "sponsor"
    OPERATIONS = "operations"

    @property
    def zone(self) -> Zone:
        """The only board to which the role may log in."""
        return Zone.OPEN if self in OPEN_ROLES else Zone.CLOSED

    def may(self, right: Right) -> bool:
        """Return whether the role has *right*.

        >>> Role.BOARD.may(Right.MOVE), Role.STATISTICIAN.may(Right.MOVE)
        (True, False)
        """
        return right in RIGHTS[self]


OPEN_ROLES = frozenset({Role.SPONSOR, Role.OPERATIONS})

_EVERYONE = frozenset({Right.PUBLIC, Right.SESSION})
_READER = _EVERYONE | {Right.READ_CLOSED}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.BOARD: _READER | {Right.READ_AUDIT, Right.MOVE},
    Role.STATISTICIAN: _READER,
    Role.AUDITOR: _READER | {Right.READ_AUDIT},
    Role.SPONSOR: _EVERYONE | {Right.READ_OPEN},
    Role.OPERATIONS: _EVERYONE | {Right.READ_OPEN},
}
"""The rights of each role; a right that is not listed is refused."""
