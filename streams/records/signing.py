"""Who vouches for a plan or a review: Ed25519 over canonical JSON, checked before its id counts."""

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
from monitor.records import Plan, Record, Review, Seal
from monitor.state.study import Study

Fields = dict[str, Any]

SIGNED = frozenset({"plan", "review"})
"""Types whose records say who vouches for them.  No other record pays for a signature."""

KEY_ID_DIGITS = 16


def canonical(fields: Fields) -> bytes:
    """The bytes that are signed: all but `signatures`, keys in order, no space between.

    For records, which have no fractions and no names beyond ASCII, this is RFC 8785.

    >>> canonical({"b": 1, "a": {"d": "x", "c": None}, "signatures": []})
    b'{"a":{"c":null,"d":"x"},"b":1}'
    """
    content = {name: value for name, value in fields.items() if name != "signatures"}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def seal_of(fields: Fields) -> Seal:
    """What is signed of a record in its checked form, and the signatures that it brings."""
    given: list[Fields] = fields.get("signatures") or []
    return Seal(canonical(fields), tuple((each["key"], each["signature"]) for each in given))


def key_id(public: bytes) -> str:
    """The name of a public key, as signatures give it."""
    return sha256(public).hexdigest()[:KEY_ID_DIGITS]


@dataclass(frozen=True, slots=True)
class Signer:
    """Whoever holds a private key."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The public half: 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """The name of the key."""
        return key_id(self.public)

    def sign(self, fields: Fields) -> Fields:
        """The record with this signature; those of other keys stay."""
        made = {
            "key": self.key_id,
            "signature": b64encode(self.private.sign(canonical(fields))).decode(),
        }
        given: list[Fields] = fields.get("signatures") or []
        others = [each for each in given if each["key"] != self.key_id]
        return {**fields, "signatures": [*others, made]}


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose plans and reviews count: public *keys* of a deployment, which its plans' makers hold.

    Without keys every plan counts, and every review under a plan that names no board: such a
    review names no key, and is shown as unchecked.  With keys nobody but a board reviews.  A plan
    counts only if so many *signers* have signed it, each with another of the keys.
    """

    keys: tuple[bytes, ...] = ()
    signers: int = 1

    def checked(self, study: Study | None, record: Record, seal: Seal) -> Record | Refusal:
        """The record, a review with the key that vouches for it, or why it does not count.

        To be asked before the record's id is looked at: what does not count takes no id.
        """
        body = record.body
        if isinstance(body, Plan) and self.keys:
            return _vouched(seal, self.keys, "plan", self.signers) or record
        if not isinstance(body, Review) or study is None:
            return record  # A study without a plan takes nothing, whoever signed it.
        board = study.plan.board
        if not board and not self.keys:
            return record
        if refusal := _vouched(seal, [each.key for each in board], "review"):
            return refusal
        own = [each.key for each in board if each.name == body.member and holds(seal, each.key)]
        if not own:
            return Refusal(Reason.NOT_THE_MEMBER, "Another member's key has signed the review.")
        return record._replace(body=replace(body, key=key_id(own[0])))


OPEN = Trust()
"""Where nobody has given keys: the demo, a file that is replayed, a first try."""


def _vouched(seal: Seal, keys: Sequence[bytes], what: str, wanted: int = 1) -> Refusal | None:
    """Why *seal* has not the signatures of as many of *keys* as are *wanted*, or None."""
    if not seal.signatures:
        return Refusal(Reason.UNSIGNED, f"There is no signature on the {what}.")
    known = {key for key in keys if _named(seal, key)}
    if not known:
        return Refusal(Reason.FOREIGN_KEY, f"No key that counts here has signed the {what}.")
    good = sum(holds(seal, key) for key in known)
    if not good:
        return Refusal(Reason.BAD_SIGNATURE, f"What was signed is not what the {what} says.")
    if good < wanted:
        says = f"Only {good} of the {wanted} signatures that the {what} needs are good"
        bad = len(known) - good
        others = f", and {bad} more of something else" if bad else ""
        return Refusal(Reason.TOO_FEW_SIGNERS, f"{says}{others}.")
    return None


def holds(seal: Seal, public: bytes) -> bool:
    """Whether *seal* has a signature of its content that was made with the other half of *public*.

    A public key that is no point of the curve has signed nothing.
    """
    for text in _named(seal, public):
        try:
            _key(public).verify(b64decode(text, validate=True), seal.content)
        except (InvalidSignature, Error, ValueError):
            continue
        return True
    return False


def _named(seal: Seal, public: bytes) -> list[str]:
    """The signatures that say that they are by *public*."""
    name = key_id(public)
    return [text for key, text in seal.signatures if key == name]


@lru_cache(maxsize=256)
def _key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)
