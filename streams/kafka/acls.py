"""Who may do what in Kafka: read from a committed file, and brought about in a cluster."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from streams.kafka.topics import ALERTS, AUDIT, DEAD_LETTERS, LOG, NOTIFIED, Refused

OURS = (LOG, DEAD_LETTERS, ALERTS, NOTIFIED, AUDIT)
GROUPS = "tocsin-"
"""How the groups of workers begin: one for each space."""

OPERATIONS = ("read", "write", "create", "describe", "describe_configs", "alter_configs")
"""What can be granted.  Delete and alter are not among them: nobody may unmake the log."""

NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
GROUP = "group:"


class BadAccess(Exception):
    """The file of grants makes no sense; the message says where.  Exit code 2."""


class Outcome(StrEnum):
    """What became of a grant."""

    GRANTED = "granted"
    UNCHANGED = "unchanged"
    FOREIGN = "foreign"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Grant:
    """*principal* may do *operation* with *name*, or with all names that begin so."""

    principal: str
    operation: str
    name: str
    group: bool = False
    prefix: bool = False
    host: str = "*"

    def __str__(self) -> str:
        what = f"{'group ' if self.group else ''}{self.name}{'*' if self.prefix else ''}"
        place = "" if self.host == "*" else f" from {self.host}"
        return f"{self.principal} may {self.operation.replace('_', ' ')} {what}{place}"


def parse(text: str) -> frozenset[Grant]:
    """The grants that a file gives; raises BadAccess."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadAccess(f"it is not TOML: {error}") from None
    return frozenset(
        grant(principal, operation, name)
        for principal, table in tables.items()
        for operation, names in listed(principal, table)
        for name in names
    )


def listed(principal: str, table: Any) -> Iterable[tuple[str, list[Any]]]:
    """The lists of one principal, by operation."""
    if not NAME.fullmatch(principal) or not isinstance(table, dict):
        raise BadAccess(f"{principal}: a principal is a table named in small letters")
    for operation, names in cast("dict[str, Any]", table).items():
        if operation not in OPERATIONS:
            allowed = ", ".join(OPERATIONS)
            raise BadAccess(f"{principal}: {operation} cannot be granted, only {allowed}")
        if not isinstance(names, list):
            raise BadAccess(f"{principal}: {operation} must be a list of names")
        yield operation, names


def grant(principal: str, operation: str, name: Any) -> Grant:
    """One grant of the file."""
    text = str(name)
    group, bare = text.startswith(GROUP), text.removeprefix(GROUP)
    prefix, bare = bare.endswith("*"), bare.removesuffix("*")
    if not (bare.startswith(GROUPS) if group else bare in OURS and not prefix):
        known = ", ".join(OURS)
        raise BadAccess(f"{principal}: {text} is neither a group `{GROUPS}...` nor one of {known}")
    who = f"User:{principal}"
    return Grant(principal=who, operation=operation, name=bare, group=group, prefix=prefix)


def apply(admin: Any, wanted: frozenset[Grant], *, alter: bool) -> list[tuple[Grant, Outcome]]:
    """Grant what is missing, and report what others may do; with *alter*, take that away.

    A grant on one of our topics or groups that is not *wanted* is foreign, whoever holds it: that
    is how somebody blinded would come to read a treatment.
    """
    found = {each for each in standing(admin) if concerns(each, wanted)}
    missing, foreign = sorted(wanted - found), sorted(found - wanted)
    if missing:
        failed = admin.create_acls([as_acl(each) for each in missing])["failed"]
        refuse(failed)
    if foreign and alter:
        for _, _, error in admin.delete_acls([as_filter(each) for each in foreign]):
            refuse([error])
    left = Outcome.REVOKED if alter else Outcome.FOREIGN
    outcomes = dict.fromkeys(wanted & found, Outcome.UNCHANGED)
    outcomes |= dict.fromkeys(missing, Outcome.GRANTED) | dict.fromkeys(foreign, left)
    return sorted(outcomes.items())


def refuse(errors: Iterable[Any]) -> None:
    """Raise Refused for the first that is an error."""
    for error in errors:
        if error is not None and getattr(error, "errno", 0):
            raise Refused(f"access: {getattr(error, 'message', error)}")


def standing(admin: Any) -> Iterable[Grant]:
    """Every grant on topics and groups that the cluster has, for whomever."""
    found, _ = admin.describe_acls(ANYTHING)
    for each in found:
        pattern = each.resource_pattern
        if (
            each.permission_type is ACLPermissionType.ALLOW
            and pattern.resource_type in KINDS.values()
        ):
            yield Grant(
                principal=each.principal,
                operation=each.operation.name.lower(),
                name=pattern.resource_name,
                group=pattern.resource_type is ResourceType.GROUP,
                prefix=pattern.pattern_type is ACLResourcePatternType.PREFIXED,
                host=each.host,
            )


def concerns(each: Grant, wanted: Iterable[Grant]) -> bool:
    """Whether a grant touches what is ours, or is held by a principal of the file."""
    if any(each.principal == one.principal for one in wanted):
        return True
    names = (GROUPS,) if each.group else OURS
    if each.name == "*" and not each.prefix:
        return True
    if each.prefix:
        return any(name.startswith(each.name) or each.name.startswith(name) for name in names)
    return each.name.startswith(GROUPS) if each.group else each.name in OURS


KINDS: Mapping[bool, Any] = {False: ResourceType.TOPIC, True: ResourceType.GROUP}
PATTERNS: Mapping[bool, Any] = {
    False: ACLResourcePatternType.LITERAL,
    True: ACLResourcePatternType.PREFIXED,
}
ANYTHING = ACLFilter(
    principal=None,
    host=None,
    operation=ACLOperation.ANY,
    permission_type=ACLPermissionType.ANY,
    resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)


def as_acl(each: Grant) -> Any:
    """A grant as the client sends it."""
    return ACL(**parts(each, ResourcePattern))


def as_filter(each: Grant) -> Any:
    """What finds this grant and no other."""
    return ACLFilter(**parts(each, ResourcePatternFilter))


def parts(each: Grant, pattern: Any) -> dict[str, Any]:
    """The parts of a grant by the client's names."""
    return {
        "principal": each.principal,
        "host": each.host,
        "operation": ACLOperation[each.operation.upper()],
        "permission_type": ACLPermissionType.ALLOW,
        "resource_pattern": pattern(KINDS[each.group], each.name, PATTERNS[each.prefix]),
    }
