"""Protects the login form from other sites, before there is a session."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes, token_urlsafe


@dataclass(frozen=True, slots=True)
class LoginForms:
    """Derives the token of a login form from the form's cookie, and stores nothing."""

    secret: bytes = field(default_factory=lambda: token_bytes(32), repr=False)

    def make_cookie(self) -> str:
        """Return the cookie of a new form."""
        return token_urlsafe(32)

    def token_of(self, cookie: str) -> str:
        """Return the token that the form with this *cookie* has."""
        return hmac.new(self.secret, cookie.encode(errors="replace"), sha256).hexdigest()

    def is_own(self, cookie: str, token: str) -> bool:
        """Return whether *token* is that of *cookie*."""
        expected = self.token_of(cookie).encode()
        return bool(cookie) and hmac.compare_digest(expected, token.encode(errors="replace"))
