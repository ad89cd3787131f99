"""Reads the board of a plan: the members who may review alerts, and their public keys."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import dataclass

from monitor.plan.section import PlanError, TomlSection

PUBLIC_KEY_BYTES = 32
"""Length of an Ed25519 public key (RFC 8032, 5.1.5)."""

MEMBERS_MAX = 64
"""Largest number of keys on the board."""

SMALL_ORDER_POINTS = frozenset(
    (
        bytes(32),
        (1).to_bytes(32, "little"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        (2**255 - 20).to_bytes(32, "little"),
        (2**255 - 19).to_bytes(32, "little"),
        (2**255 - 18).to_bytes(32, "little"),
    )
)
"""The y coordinates of the eight points whose order divides 8, with those beyond the field.

Anybody can write a signature that such a key verifies."""

__all__ = ["BoardMember", "PlanError", "is_small_order", "read_board"]


def is_small_order(public: bytes) -> bool:
    """Whether *public* (32 bytes) is a point of small order, which is nobody's key."""
    return public[:-1] + bytes([public[-1] & 0x7F]) in SMALL_ORDER_POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMember:
    """A member of the board; *public_key* verifies signatures of the member *name*."""

    name: str
    public_key: bytes
    role: str


def read_board(root: TomlSection) -> tuple[BoardMember, ...]:
    """Return the members of every [[board]] table, in their order.

    A member may have several keys, but each key belongs to one member.  Raises PlanError where
    a key is malformed or used twice, or where there are more than MEMBERS_MAX keys.
    """
    members: dict[bytes, BoardMember] = {}
    for section in root.tables("board"):
        name = section.identifier("member", 'Name the member, as reviews do: member = "board-2".')
        key = _read_public_key(section)
        if key in members:
            remedy = "Give each member a key of their own: `tocsin keys new FILE`."
            raise section.error("key", f"is already the key of `{members[key].name}`", remedy)
        if len(members) == MEMBERS_MAX:
            raise section.error("key", "is one too many", f"Name at most {MEMBERS_MAX} keys.")
        members[key] = BoardMember(name=name, public_key=key, role=section.get("role", str, ""))
        section.refuse_unknown_keys()
    return tuple(members.values())


def _read_public_key(section: TomlSection) -> bytes:
    remedy = "Copy the line that `tocsin keys new FILE` printed."
    text = section.required("key", str, remedy)
    try:
        key = b64decode(text, validate=True)
    except (Error, ValueError):  # ValueError: a character outside ASCII.
        key = b""
    if len(key) != PUBLIC_KEY_BYTES or b64encode(key).decode() != text:
        raise section.error("key", "is not a public key", remedy)
    if is_small_order(key):
        raise section.error("key", "is a key that anybody can sign with", remedy)
    return key
