"""Verifies requests that are signed as Standard Webhooks: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

ID_HEADER, TIME_HEADER, SIGNATURE_HEADER = "webhook-id", "webhook-timestamp", "webhook-signature"

TOLERANCE_SECONDS = 300
"""A request that is older, or newer, is a replay or comes from a wrong clock."""

SECRET_PREFIX, SIGNATURE_VERSION = "whsec_", "v1,"
SECRET_BYTES_MIN = 24
HEADER_CHARACTERS_MAX = 1_000
TIME_DIGITS_MAX = 12


class InvalidSecret(ValueError):
    """The text is no secret of Standard Webhooks; the message does not quote it."""


@dataclass(frozen=True, slots=True)
class WebhookHeaders:
    """The three headers of a signed request: its id, its time and its signatures."""

    id: str
    time: str
    signatures: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self | None:
        """Return the headers of a signed request; None where one is missing or too long."""
        values = [headers.get(each, "") for each in (ID_HEADER, TIME_HEADER, SIGNATURE_HEADER)]
        usable = all(0 < len(each) <= HEADER_CHARACTERS_MAX for each in values)
        return cls(*values) if usable else None

    def is_timely(self, now: float) -> bool:
        """Return whether the request was signed within ``TOLERANCE_SECONDS`` of *now*."""
        digits = self.time.isascii() and self.time.isdigit() and len(self.time) <= TIME_DIGITS_MAX
        return digits and abs(now - int(self.time)) <= TOLERANCE_SECONDS

    def is_genuine(self, key: bytes, body: bytes) -> bool:
        """Return whether one of the signatures is that of *body* with *key*."""
        expected = sign(key, self.id, self.time, body).encode()
        # No `any`: each signature is compared, in constant time.
        return bool(
            sum(
                hmac.compare_digest(expected, each.encode(errors="replace"))
                for each in self.signatures.split(" ")
            )
        )


def sign(key: bytes, request_id: str, time: str, body: bytes) -> str:
    """Return the signature of *body*, sent at *time* (seconds since 1970) under *request_id*.

    The example is that of the specification's reference libraries.

    >>> key = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    >>> sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    content = f"{request_id}.{time}.".encode(errors="surrogateescape") + body
    return SIGNATURE_VERSION + b64encode(hmac.new(key, content, sha256).digest()).decode()


def read_secret(text: str) -> bytes:
    """Return the key in *text*: base64, with or without the prefix.  Raises InvalidSecret."""
    try:
        key = b64decode(text.strip().removeprefix(SECRET_PREFIX), validate=True)
    except (Error, ValueError):
        raise InvalidSecret("no secret in base64 with the prefix whsec_") from None
    if len(key) < SECRET_BYTES_MIN:
        raise InvalidSecret(f"a secret of less than {SECRET_BYTES_MIN} bytes")
    return key
