"""Addresses that log in once, for the demo and for a first login."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe

from board.access.users import User

LIFETIME_SECONDS = 3_600.0


@dataclass(slots=True)
class LoginTokens:
    """Tokens that log a user in once; each expires, and is valid for one login."""

    clock: Callable[[], float] = time.monotonic
    issued: dict[bytes, tuple[User, str, float]] = field(
        default_factory=dict[bytes, tuple[User, str, float]], repr=False
    )

    def issue(self, user: User, purpose: str = "") -> str:
        """Return a new token for *user*; *purpose* is the purpose of the session, if known."""
        token = token_urlsafe(32)
        self.issued[_key(token)] = user, purpose, self.clock() + LIFETIME_SECONDS
        return token

    def redeem(self, token: str) -> tuple[User, str] | None:
        """Return user and purpose of *token*, or None; from now on the token is not valid."""
        entry = self.issued.pop(_key(token), None)
        if entry is None or self.clock() > entry[2]:
            return None
        return entry[0], entry[1]


def _key(token: str) -> bytes:
    return sha256(token.encode(errors="replace")).digest()
