"""Kafka ACLs: parsed from a committed file, and applied to a cluster."""

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

from streams.kafka.topics import ALERTS, AUDIT, DEAD_LETTERS, LOG, NOTIFIED, BrokerRefused

OUR_TOPICS = (LOG, DEAD_LETTERS, ALERTS, NOTIFIED, AUDIT)
GROUP_PREFIX = "tocsin-"
"""Prefix of the workers' consumer groups; each space has one group."""

OPERATIONS = ("read", "write", "create", "describe", "describe_configs", "alter_configs")
"""Operations that can be granted.  Delete and alter are excluded, to protect the log."""

PRINCIPAL_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
GROUP_MARK = "group:"


class AclFileError(Exception):
    """The file of grants is invalid; the message names the principal.  Exit code 2."""


class GrantOutcome(StrEnum):
    """What ``apply_grants`` found or did about a grant."""

    GRANTED = "granted"
    UNCHANGED = "unchanged"
    FOREIGN = "foreign"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Grant:
    """Allows *principal* an *operation* on the topic or *group* called *name*.

    With *prefix*, on all topics or groups whose names begin with *name*.
    """

    principal: str
    operation: str
    name: str
    group: bool = False
    prefix: bool = False
    host: str = "*"

    def __str__(self) -> str:
        resource = f"{'group ' if self.group else ''}{self.name}{'*' if self.prefix else ''}"
        origin = "" if self.host == "*" else f" from {self.host}"
        return f"{self.principal} may {self.operation.replace('_', ' ')} {resource}{origin}"


def parse_grants(text: str) -> frozenset[Grant]:
    """Parse the grants in the TOML *text*.  Raises AclFileError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AclFileError(f"not TOML: {error}") from None
    return frozenset(
        parse_grant(principal, operation, name)
        for principal, table in tables.items()
        for operation, names in names_by_operation(principal, table)
        for name in names
    )


def names_by_operation(principal: str, table: Any) -> Iterable[tuple[str, list[Any]]]:
    """Yield each operation of one principal with its list of names.  Raises AclFileError."""
    if not PRINCIPAL_NAME.fullmatch(principal) or not isinstance(table, dict):
        raise AclFileError(f"{principal}: a principal must be a table with a lower-case name")
    for operation, names in cast("dict[str, Any]", table).items():
        if operation not in OPERATIONS:
            allowed = ", ".join(OPERATIONS)
            raise AclFileError(f"{principal}: {operation} cannot be granted, only {allowed}")
        if not isinstance(names, list):
            raise AclFileError(f"{principal}: {operation} must be a list of names")
        yield operation, names


def parse_grant(principal: str, operation: str, name: Any) -> Grant:
    """Parse one grant: a topic, or `group:` and a group, optionally with `*` at the end.

    Raises AclFileError where *name* is neither one of our topics nor one of our groups.
    """
    text = str(name)
    group, resource = text.startswith(GROUP_MARK), text.removeprefix(GROUP_MARK)
    prefix, resource = resource.endswith("*"), resource.removesuffix("*")
    if not (resource.startswith(GROUP_PREFIX) if group else resource in OUR_TOPICS and not prefix):
        known = ", ".join(OUR_TOPICS)
        raise AclFileError(
            f"{principal}: {text} is neither a group `{GROUP_PREFIX}...` nor one of {known}"
        )
    user = f"User:{principal}"
    return Grant(principal=user, operation=operation, name=resource, group=group, prefix=prefix)


def apply_grants(
    admin: Any, wanted: frozenset[Grant], *, alter: bool
) -> list[tuple[Grant, GrantOutcome]]:
    """Create missing grants, and report foreign ones; with *alter*, revoke those.

    A grant on one of our topics or groups that is not *wanted* is foreign, whichever principal
    has it: it could let a blinded person read treatments.  Raises BrokerRefused.
    """
    existing = {each for each in existing_grants(admin) if is_in_scope(each, wanted)}
    missing, foreign = sorted(wanted - existing), sorted(existing - wanted)
    if missing:
        failed = admin.create_acls([as_acl(each) for each in missing])["failed"]
        raise_first_error(failed)
    if foreign and alter:
        for _, _, error in admin.delete_acls([as_filter(each) for each in foreign]):
            raise_first_error([error])
    foreign_outcome = GrantOutcome.REVOKED if alter else GrantOutcome.FOREIGN
    outcomes = dict.fromkeys(wanted & existing, GrantOutcome.UNCHANGED)
    outcomes |= dict.fromkeys(missing, GrantOutcome.GRANTED) | dict.fromkeys(
        foreign, foreign_outcome
    )
    return sorted(outcomes.items())


def raise_first_error(errors: Iterable[Any]) -> None:
    """Raise BrokerRefused for the first of *errors* that has an error code."""
    for error in errors:
        if error is not None and getattr(error, "errno", 0):
            raise BrokerRefused(f"access: {getattr(error, 'message', error)}")


def existing_grants(admin: Any) -> Iterable[Grant]:
    """Yield every grant on topics and groups in the cluster, for all principals."""
    found, _ = admin.describe_acls(ANY_ACL)
    for acl in found:
        pattern = acl.resource_pattern
        if (
            acl.permission_type is ACLPermissionType.ALLOW
            and pattern.resource_type in RESOURCE_TYPES.values()
        ):
            yield Grant(
                principal=acl.principal,
                operation=acl.operation.name.lower(),
                name=pattern.resource_name,
                group=pattern.resource_type is ResourceType.GROUP,
                prefix=pattern.pattern_type is ACLResourcePatternType.PREFIXED,
                host=acl.host,
            )


def is_in_scope(grant: Grant, wanted: Iterable[Grant]) -> bool:
    """Whether *grant* covers our topics or groups, or belongs to a principal of *wanted*."""
    if any(grant.principal == other.principal for other in wanted):
        return True
    names = (GROUP_PREFIX,) if grant.group else OUR_TOPICS
    if grant.name == "*" and not grant.prefix:
        return True
    if grant.prefix:
        return any(name.startswith(grant.name) or grant.name.startswith(name) for name in names)
    return grant.name.startswith(GROUP_PREFIX) if grant.group else grant.name in OUR_TOPICS


RESOURCE_TYPES: Mapping[bool, Any] = {False: ResourceType.TOPIC, True: ResourceType.GROUP}
PATTERN_TYPES: Mapping[bool, Any] = {
    False: ACLResourcePatternType.LITERAL,
    True: ACLResourcePatternType.PREFIXED,
}
ANY_ACL = ACLFilter(
    principal=None,
    host=None,
    operation=ACLOperation.ANY,
    permission_type=ACLPermissionType.ANY,
    resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)


def as_acl(grant: Grant) -> Any:
    """Return *grant* as the client's ACL."""
    return ACL(**acl_fields(grant, ResourcePattern))


def as_filter(grant: Grant) -> Any:
    """Return a filter that matches exactly *grant*."""
    return ACLFilter(**acl_fields(grant, ResourcePatternFilter))


def acl_fields(grant: Grant, pattern: Any) -> dict[str, Any]:
    """Return the fields that the client's ACL and ACLFilter share; *pattern* is their class."""
    return {
        "principal": grant.principal,
        "host": grant.host,
        "operation": ACLOperation[grant.operation.upper()],
        "permission_type": ACLPermissionType.ALLOW,
        "resource_pattern": pattern(
            RESOURCE_TYPES[grant.group], grant.name, PATTERN_TYPES[grant.prefix]
        ),
    }
