"""Reads the users of the boards from a TOML file, and checks their passwords (argon2id)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from board.access.roles import Role, Zone

ALL_STUDIES = "*"
NAME_CHARACTERS_MAX = 64
PASSWORD_CHARACTERS_MAX = 1_000
"""Longest password that is hashed; a longer one is wrong."""

HASHER = PasswordHasher()
"""The parameters of RFC 9106, second recommendation: 64 MiB, 3 passes."""

NOBODYS_HASH = HASHER.hash("nobody has this password")
"""Verified where the user is unknown, so that the answer takes as long."""

FIELDS = {"name", "role", "password", "member", "studies", "subject"}


class UsersError(Exception):
    """The file of users is invalid; the message says where and contains no hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of one board.

    *member* is the name under which the plan lists the user's key, None for one who signs nothing.
    *studies* are the names of the studies that the user may read, or ``ALL_STUDIES``.  *subject*
    is the `sub` claim of single sign-on.  Without *password*, a hash, only that way is open.
    """

    name: str
    role: Role
    member: str | None = None
    studies: frozenset[str] = frozenset()
    password: str | None = field(default=None, repr=False)
    subject: str | None = None

    def may_read(self, study: str) -> bool:
        """Return whether the user may read *study*."""
        return study in self.studies or ALL_STUDIES in self.studies


@dataclass(frozen=True, slots=True)
class Users:
    """All users by name."""

    by_name: Mapping[str, User] = field(default_factory=dict[str, User])

    @classmethod
    def of(cls, users: Iterable[User]) -> Users:
        """Return these *users*."""
        return cls({user.name: user for user in users})

    def verify(self, name: str, password: str, zone: Zone) -> User | None:
        """Return the user of *zone* with this *name* and *password*, or None.

        It takes as long for an unknown user, and for one of the other board.
        """
        user = self.by_name.get(name)
        stored = NOBODYS_HASH if user is None or user.password is None else user.password
        correct = _verify_hash(stored, password)
        return user if user is not None and correct and user.role.zone is zone else None

    def find_subject(self, subject: str, zone: Zone) -> User | None:
        """Return the user of *zone* whom single sign-on names *subject*, or None."""
        users = (user for user in self.by_name.values() if user.subject == subject)
        return next((user for user in users if user.role.zone is zone), None)


def hash_password(password: str) -> str:
    """Return the argon2id hash of *password*, as the file of users has it."""
    return HASHER.hash(password)


def _verify_hash(stored: str, password: str) -> bool:
    if len(password) > PASSWORD_CHARACTERS_MAX:
        return False
    try:
        HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored != NOBODYS_HASH


def read_users(path: Path) -> Users:
    """Read the [[user]] tables of the file at *path*.  Raises UsersError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsersError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsersError(f"{path} is not TOML: {type(error).__name__}") from None
    tables = document.pop("user", None)
    if document or not isinstance(tables, list) or not tables:
        raise UsersError(f"{path}: write one [[user]] table for each user, and nothing else")
    users: dict[str, User] = {}
    for number, table in enumerate(cast(list[Any], tables), start=1):
        user = _read_user(table, f"{path}, user {number}")
        if user.name in users:
            raise UsersError(f"{path}, user {number}: the name {user.name!r} is taken")
        users[user.name] = user
    return Users(users)


def _read_user(table: Any, location: str) -> User:
    if not isinstance(table, dict):
        raise UsersError(f"{location}: not a table")
    fields = cast(dict[str, Any], table)
    if unknown := sorted(fields.keys() - FIELDS):
        raise UsersError(f"{location}: unknown key {unknown[0]!r}")
    for name in fields.keys() - {"studies"}:
        if not isinstance(fields[name], str) or not fields[name]:
            raise UsersError(f"{location}: {name} is no text")
    if not fields.get("name") or len(fields["name"]) > NAME_CHARACTERS_MAX:
        raise UsersError(f"{location}: give a name of at most {NAME_CHARACTERS_MAX} characters")
    if fields.get("role") not in set(Role):
        raise UsersError(f"{location}: role is one of {', '.join(Role)}")
    role, password = Role(fields["role"]), fields.get("password")
    if password is None and "subject" not in fields:
        raise UsersError(f"{location}: give a password (its argon2id hash) or a subject")
    if password is not None and not password.startswith("$argon2id$"):
        raise UsersError(f"{location}: password is no argon2id hash: `tocsin board password`")
    if "member" in fields and role is not Role.BOARD:
        raise UsersError(f"{location}: only the role board signs as a member")
    return User(
        name=fields["name"],
        role=role,
        member=fields.get("member"),
        studies=_read_studies(fields.get("studies"), location),
        password=password,
        subject=fields.get("subject"),
    )


def _read_studies(studies: Any, location: str) -> frozenset[str]:
    values: list[Any] = cast(list[Any], studies) if isinstance(studies, list) else []
    if not values or not all(isinstance(each, str) and each for each in values):
        raise UsersError(f'{location}: list the studies, or ["{ALL_STUDIES}"] for all')
    return frozenset(values)
