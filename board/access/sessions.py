"""Sessions of logged-in users, in the memory of the process: a restart ends them all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe

from board.access.users import User

IDLE_SECONDS = 30 * 60
ABSOLUTE_SECONDS = 12 * 60 * 60

SESSIONS_OF_USER_MAX = 16
"""Sessions of one user; another login ends the oldest."""

ID_BYTES = 32


@dataclass(slots=True, kw_only=True)
class Session:
    """The session of *user*.

    *token* stands in each form, so that no other site can send it.  *purpose* is why the user
    reads, empty until it is given.  *label* names the session in the audit log, and opens nothing.
    """

    user: User
    key: bytes
    created_at: float
    used_at: float
    purpose: str = ""
    token: str = field(default_factory=lambda: token_urlsafe(ID_BYTES), repr=False)
    label: str = field(default_factory=lambda: token_urlsafe(6))


@dataclass(slots=True)
class Sessions:
    """All sessions, by the digest of their id; *clock* returns monotonic seconds.

    A session ends after ``IDLE_SECONDS`` without a request of its user, and after
    ``ABSOLUTE_SECONDS`` in any case.
    """

    clock: Callable[[], float] = time.monotonic
    by_key: dict[bytes, Session] = field(default_factory=dict[bytes, Session], repr=False)

    def begin(self, user: User, purpose: str = "") -> tuple[str, Session]:
        """Begin a session of *user*; return its id, for the cookie, and the session."""
        self._end_expired()
        own = [each for each in self.by_key.values() if each.user.name == user.name]
        own.sort(key=lambda each: each.created_at)
        for oldest in own[: max(len(own) - SESSIONS_OF_USER_MAX + 1, 0)]:
            self.end(oldest)
        session_id, now = token_urlsafe(ID_BYTES), self.clock()
        session = Session(
            user=user, key=_key(session_id), created_at=now, used_at=now, purpose=purpose
        )
        self.by_key[session.key] = session
        return session_id, session

    def find(self, session_id: str, *, by_user: bool = True) -> Session | None:
        """Return the session with this id; None where there is none, or it has ended.

        A request that is not made *by_user*, such as a refresh by the page, does not extend it.
        """
        session = self.by_key.get(_key(session_id))
        if session is None or not self.is_open(session):
            return None
        if by_user:
            session.used_at = self.clock()
        return session

    def is_open(self, session: Session) -> bool:
        """Return whether *session* goes on; one that does not is removed."""
        now = self.clock()
        expired = (
            now - session.used_at > IDLE_SECONDS or now - session.created_at > ABSOLUTE_SECONDS
        )
        if expired:
            self.end(session)
        return session.key in self.by_key

    def end(self, session: Session) -> None:
        """End *session*."""
        self.by_key.pop(session.key, None)

    def _end_expired(self) -> None:
        for session in list(self.by_key.values()):
            self.is_open(session)


def _key(session_id: str) -> bytes:
    return sha256(session_id.encode(errors="replace")).digest()
