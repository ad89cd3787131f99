"""Ed25519 signatures of plans and reviews over canonical JSON (RFC 8032, RFC 8785)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from monitor.errors import Reason, Refusal
from monitor.plan.board import is_small_order
from monitor.records import PlanRecord, Record, Review, SignedContent
from monitor.state.study import Study

Fields = dict[str, Any]

SIGNED_TYPES = frozenset({"plan", "review"})
"""Record types that can be signed; for other types, no signed content is computed."""

KEY_ID_DIGITS = 16
"""Hexadecimal digits of a key id."""


def signed_bytes(fields: Fields) -> bytes:
    """Return the bytes to sign: canonical JSON of all *fields* but `signatures`.

    Plans and reviews have no fractions and only ASCII keys, so this is RFC 8785.

    >>> signed_bytes({"b": 1, "a": {"d": "x", "c": None}, "signatures": []})
    b'{"a":{"c":null,"d":"x"},"b":1}'
    """
    content = {name: value for name, value in fields.items() if name != "signatures"}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def signed_content_of(fields: Fields) -> SignedContent:
    """Return the signed bytes and the signatures of a validated record."""
    signatures: list[Fields] = fields.get("signatures") or []
    return SignedContent(
        signed_bytes(fields), tuple((each["key"], each["signature"]) for each in signatures)
    )


def key_id(public: bytes) -> str:
    """Return the id of a public key, by which signatures refer to it."""
    return sha256(public).hexdigest()[:KEY_ID_DIGITS]


@dataclass(frozen=True, slots=True)
class Signer:
    """Holder of an Ed25519 private key who signs plans and reviews."""

    private_key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        """Public key in 32 raw bytes."""
        return self.private_key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """Id of the public key."""
        return key_id(self.public_key)

    def sign(self, fields: Fields) -> Fields:
        """Return the record with this signature added; signatures of other keys are kept."""
        signature = {
            "key": self.key_id,
            "signature": b64encode(self.private_key.sign(signed_bytes(fields))).decode(),
        }
        existing: list[Fields] = fields.get("signatures") or []
        others = [each for each in existing if each["key"] != self.key_id]
        return {**fields, "signatures": [*others, signature]}


@dataclass(frozen=True, slots=True)
class Trust:
    """The public *keys* of a deployment, *signers_min* of which must sign a plan.

    Without keys every plan is accepted, and so is every review under a plan without a board; such
    a review has no key and is shown as unchecked.  With keys, only members of a plan's board can
    review.  Signatures of a plan count once per key.
    """

    keys: tuple[bytes, ...] = ()
    signers_min: int = 1

    def verify_signatures(
        self, study: Study | None, record: Record, signed: SignedContent
    ) -> Record | Refusal:
        """Return the record, a review with the id of its verified key, or the refusal.

        Verify before the record's id is used: a refused record must not occupy an id.
        """
        body = record.body
        if isinstance(body, PlanRecord) and self.keys:
            return _signature_refusal(signed, self.keys, "plan", self.signers_min) or record
        if not isinstance(body, Review) or study is None:
            return record  # A study without a plan accepts only a plan.
        board = study.plan.board_members
        if not board and not self.keys:
            return record
        if refusal := _signature_refusal(signed, [each.public_key for each in board], "review"):
            return refusal
        member_keys = [
            each.public_key
            for each in board
            if each.name == body.member and is_signed_by(signed, each.public_key)
        ]
        if not member_keys:
            return Refusal(Reason.NOT_THE_MEMBER, "Another member's key has signed the review.")
        return record._replace(body=replace(body, key=key_id(member_keys[0])))


TRUST_ANYONE = Trust()
"""Trust without keys, for the demo, replays of files and first trials: it accepts every plan."""


def _signature_refusal(
    signed: SignedContent, keys: Sequence[bytes], record_kind: str, required: int = 1
) -> Refusal | None:
    """Return why fewer than *required* of *keys* have validly signed *signed*, or None."""
    if not signed.signatures:
        return Refusal(Reason.UNSIGNED, f"There is no signature on the {record_kind}.")
    signing_keys = {key for key in keys if _signatures_by(signed, key)}
    if not signing_keys:
        return Refusal(Reason.FOREIGN_KEY, f"No key that counts here has signed the {record_kind}.")
    valid_count = sum(is_signed_by(signed, key) for key in signing_keys)
    if not valid_count:
        return Refusal(Reason.BAD_SIGNATURE, f"What was signed is not what the {record_kind} says.")
    if valid_count < required:
        message = (
            f"Only {valid_count} of the {required} signatures that the {record_kind} needs are good"
        )
        invalid_count = len(signing_keys) - valid_count
        others = f", and {invalid_count} more of something else" if invalid_count else ""
        return Refusal(Reason.TOO_FEW_SIGNERS, f"{message}{others}.")
    return None


def is_signed_by(signed: SignedContent, public: bytes) -> bool:
    """Return whether *signed* has a valid signature by the key *public* (32 bytes).

    An invalid public key has no valid signatures.
    """
    for text in _signatures_by(signed, public):
        try:
            _public_key(public).verify(b64decode(text, validate=True), signed.content)
        except (InvalidSignature, Error, ValueError):
            continue
        return True
    return False


def _signatures_by(signed: SignedContent, public: bytes) -> list[str]:
    """Return the signatures in base64 that name *public* as their key."""
    public_key_id = key_id(public)
    return [text for key, text in signed.signatures if key == public_key_id]


@lru_cache(maxsize=256)
def _public_key(public: bytes) -> Ed25519PublicKey:
    if is_small_order(public):
        raise ValueError("a public key of small order")
    return Ed25519PublicKey.from_public_bytes(public)
