"""Signs webhook requests with HMAC-SHA256, and verifies the signature for a receiver."""

from __future__ import annotations

import hmac
from hashlib import sha256

SIGNATURE_HEADER = "Tocsin-Signature"
TIMESTAMP_HEADER = "Tocsin-Timestamp"
IDEMPOTENCY_HEADER = "Idempotency-Key"

REPLAY_WINDOW_SECONDS = 300
"""Requests older than this are replays: each attempt is signed again and times out in seconds."""


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """The signature header of *body* sent at *timestamp* (seconds since 1970).

    >>> signature(b"secret", 1_700_000_000, b"{}")[:16]
    'v1=b8569b78799ff'
    """
    mac = hmac.new(secret, str(timestamp).encode() + b"." + body, sha256)
    return f"v1={mac.hexdigest()}"


def is_genuine(secret: bytes, *, timestamp: str, body: bytes, received: str, now: float) -> bool:
    """Whether *body* was signed with *secret* within ``REPLAY_WINDOW_SECONDS`` of *now*.

    *timestamp* and *received* are the values of the timestamp and signature headers; *now* is in
    seconds since 1970.

    >>> signed = signature(b"secret", 1_700_000_000, b"{}")
    >>> is_genuine(
    ...     b"secret", timestamp="1700000000", body=b"{}", received=signed, now=1_700_000_060
    ... )
    True
    >>> is_genuine(
    ...     b"secret", timestamp="1700000000", body=b"{}", received=signed, now=1_700_000_600
    ... )
    False
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now - int(timestamp)) > REPLAY_WINDOW_SECONDS:
        return False
    expected = signature(secret, int(timestamp), body)
    return hmac.compare_digest(expected.encode(), received.encode("utf-8", "replace"))
