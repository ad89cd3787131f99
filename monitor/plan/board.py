"""The board of a plan: whose word on an alert counts, each member known by a public key."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import dataclass

from monitor.plan.section import PlanError, Section

KEY_BYTES = 32
"""A public key of Ed25519 (RFC 8032, 5.1.5)."""

MEMBERS_MAX = 64

__all__ = ["Member", "PlanError", "board_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of the board; *key* is the public half of the key that signs for *name*."""

    name: str
    key: bytes
    role: str


def board_in(root: Section) -> tuple[Member, ...]:
    """Every [[board]] of the plan.  A member may have two keys, a key only one member."""
    members: dict[bytes, Member] = {}
    for section in root.tables("board"):
        name = section.identifier("member", 'Name the member, as reviews do: member = "board-2".')
        key = _key_in(section)
        if key in members:
            remedy = "Give each member a key of their own: `tocsin keys new FILE`."
            raise section.error("key", f"is that of `{members[key].name}`", remedy)
        if len(members) == MEMBERS_MAX:
            raise section.error("key", "is one too many", f"Name at most {MEMBERS_MAX} keys.")
        members[key] = Member(name=name, key=key, role=section.get("role", str, ""))
        section.close()
    return tuple(members.values())


def _key_in(section: Section) -> bytes:
    remedy = "Copy the line that `tocsin keys new FILE` printed."
    text = section.need("key", str, remedy)
    try:
        key = b64decode(text, validate=True)
    except (Error, ValueError):  # ValueError: a letter that is not ASCII.
        key = b""
    if len(key) != KEY_BYTES or b64encode(key).decode() != text:
        raise section.error("key", "is not a public key", remedy)
    return key
