"""Keys of board members and signers of plans, equal in every run, and records to sign."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from streams.records.encode import encode_record
from streams.records.signing import Fields, Signer
from tests.scenarios.commands import plan_toml, wire_record


def signer(name: str) -> Signer:
    """Return a signer whose key depends only on *name*, which is insecure outside of tests."""
    return Signer(Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()))


ANN, BEN, STRANGER, OFFICE = map(signer, ("ann", "ben", "stranger", "office"))
"""Two board members, a signer without a role, and the signer of plans."""


def plan_with_board(*members: tuple[str, Signer]) -> str:
    """Return the TOML of a plan whose board is *members*, by name and key."""
    board = [
        f'[[board]]\nmember = "{name}"\nkey = "{b64encode(each.public_key).decode()}"\n'
        for name, each in members
    ]
    return "\n".join([plan_toml(), *board])


def plan_record(toml: str, version: int = 1) -> Fields:
    """Return the unsigned record of the plan *toml*."""
    digest = sha256(toml.encode()).hexdigest()
    return wire_record("plan", "plan", "2020-01-01", toml=toml, sha256=digest, version=version)


def review(name: str = "nonce-1", **overrides: Any) -> Fields:
    """Return an unsigned review by Ann, which acknowledges an alert."""
    fields: Fields = {"alert": "a1b2", "revision": 1, "move": "acknowledge", "shown": "0f5a"}
    fields |= {"member": "ann", "reason": "Seen.", "meaning": "I have seen this alert."}
    return wire_record("review", name, "2020-02-12", **fields | overrides)


__all__ = [
    "ANN",
    "BEN",
    "OFFICE",
    "STRANGER",
    "encode_record",
    "plan_record",
    "plan_with_board",
    "review",
    "signer",
]
