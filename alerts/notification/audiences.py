"""Parses the delivery file: audiences, their sinks and visibility, and escalation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from alerts.alert import AlertKind
from alerts.notification.durations import parse_duration
from alerts.notification.notification_log import MISMATCH, Route
from alerts.notification.sink_config import NAME_HINT, SinkConfig, read_sink
from monitor.errors import MonitorError
from monitor.plan.section import PlanError, TomlSection, parse_toml

ALERT_KINDS = tuple(kind.value for kind in AlertKind)
DEFAULT_KINDS = (AlertKind.SIGNAL.value, AlertKind.CASE.value)
"""Kinds an audience receives by default.  Data findings are sent only where `kinds` lists them."""


class RoutingConfigError(MonitorError):
    """The delivery file is invalid; the message names the line and the remedy.  Exit code 2."""


class Visibility(StrEnum):
    """How much of an alert an audience may see."""

    REFERENCE = "reference"
    """Notice that a report exists, with a link: no study, arm, term or number.

    For people who may know of every alert, over sinks that others may read."""
    POOLED = "pooled"
    """The same notice, only for alerts that do not depend on the treatment allocation.

    For blinded people: the existence of a statistical alert reveals a difference of the arms."""
    ALERT = "alert"
    """The alert itself, with study, term and numbers: for the closed zone only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """People who are notified together (Alertmanager: receiver).

    An empty *studies* covers all studies.  If the alert is not acknowledged within
    *acknowledge_within* seconds of the first notification, the audience *escalates_to* is
    notified as well.
    """

    name: str
    sinks: tuple[str, ...]
    studies: tuple[str, ...] = ()
    kinds: tuple[str, ...] = DEFAULT_KINDS
    visibility: Visibility = Visibility.REFERENCE
    escalates_to: str = ""
    acknowledge_within: int = 0

    @property
    def is_blinded(self) -> bool:
        """Whether the audience must not learn that a statistical alert exists."""
        return self.visibility is Visibility.POOLED

    def covers(self, study: str, kind: str) -> bool:
        """Whether the audience is notified of alerts of *kind* in *study*."""
        if self.is_blinded and kind == AlertKind.SIGNAL:
            return False
        return kind in self.kinds and (not self.studies or study in self.studies)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingConfig:
    """The parsed delivery file: audiences and sinks by name.

    *link* is the URL of a report; ``{ref}`` in it is replaced by the alert's pseudonym.
    *secret_file* holds the HMAC key of the pseudonyms.
    """

    audiences: Mapping[str, Audience]
    sinks: Mapping[str, SinkConfig]
    secret_file: str
    link: str = ""
    escalation_targets: frozenset[str] = field(default_factory=frozenset[str])
    """Audiences to which another escalates; they are notified only by escalation."""

    @property
    def routes(self) -> Iterator[Route]:
        """All routes: each audience with each of its sinks."""
        for audience in self.audiences.values():
            for sink in audience.sinks:
                yield Route(audience.name, sink)

    def first_audiences(self, study: str, kind: str) -> Iterator[Audience]:
        """The audiences that are notified of an alert of *kind* in *study* without escalation."""
        for audience in self.audiences.values():
            if audience.name not in self.escalation_targets and audience.covers(study, kind):
                yield audience


def parse_routing_config(toml: str) -> RoutingConfig:
    """Parse the text of a delivery file.

    Raises RoutingConfigError where it is invalid, with the line and the remedy.
    """
    try:
        return read_routing_config(parse_toml(toml))
    except PlanError as error:
        raise RoutingConfigError(f"delivery file, {error}") from None


def read_routing_config(root: TomlSection) -> RoutingConfig:
    """Read and check the whole delivery file.  Raises PlanError where it is invalid."""
    link = root.get("link", str, "")
    if link and (not link.startswith(("https://", "http://")) or "{ref}" not in link):
        raise root.error("link", "is no http(s) URL with `{ref}`", "End it in `{ref}`.")
    secret = root.required("secret_file", str, "Name a file with a secret key for pseudonyms.")
    sinks = index_by_name((read_sink(section), section) for section in root.tables("sink"))
    sections = list(root.tables("audience"))
    audiences = index_by_name((read_audience(section), section) for section in sections)
    root.refuse_unknown_keys()
    if not audiences:
        raise root.error(None, "has no [[audience]]", "Add one; alerts are not sent without.")
    for section, audience in zip(sections, audiences.values(), strict=True):
        check_audience(section, audience, audiences, sinks)
    for section, audience in zip(sections, audiences.values(), strict=True):
        check_blinding(section, audience, audiences, sinks)
    escalation_targets = frozenset(each.escalates_to for each in audiences.values()) - {""}
    return RoutingConfig(
        audiences=audiences,
        sinks=sinks,
        secret_file=secret,
        link=link,
        escalation_targets=escalation_targets,
    )


def read_audience(section: TomlSection) -> Audience:
    """Read one ``[[audience]]`` table.  Raises PlanError where it is invalid."""
    name = section.identifier("name", NAME_HINT)
    if name == MISMATCH:
        raise section.error("name", "is a reserved name", "Give the audience another name.")
    sinks = section.strings("sinks")
    if sinks is None:
        raise section.error(None, "has no `sinks`", "List the sinks by name.")
    visibility = section.choice("sees", Visibility, Visibility.REFERENCE)
    kinds = section.strings("kinds") or (
        DEFAULT_KINDS if visibility is not Visibility.POOLED else (AlertKind.CASE.value,)
    )
    if unknown := [kind for kind in kinds if kind not in ALERT_KINDS]:
        raise section.error(
            "kinds", f"`{unknown[0]}` is not known", f"Use {', '.join(ALERT_KINDS)}."
        )
    if visibility is Visibility.POOLED and AlertKind.SIGNAL in kinds:
        message = "`signal` depends on the treatments, and the audience is blinded"
        raise section.error("kinds", message, "Remove `signal`.")
    audience = Audience(
        name=name,
        sinks=sinks,
        studies=section.strings("studies") or (),
        kinds=kinds,
        visibility=visibility,
        escalates_to=section.get("escalates_to", str, ""),
        acknowledge_within=read_duration(section, "acknowledge_within"),
    )
    section.refuse_unknown_keys()
    return audience


def read_duration(section: TomlSection, key: str) -> int:
    """The duration at *key*, such as `30m`, in seconds; 0 where the key is absent."""
    text = section.optional(key, str)
    if text is None:
        return 0
    if (seconds := parse_duration(text)) is None:
        raise section.error(key, "is not a duration", "Write it as 30m, 12h or 2d.")
    return seconds


def index_by_name(entries: Iterable[tuple[Any, TomlSection]]) -> dict[str, Any]:
    """Index *entries* by name.  Raises PlanError where two have the same name."""
    by_name: dict[str, Any] = {}
    for entry, section in entries:
        if entry.name in by_name:
            raise section.error("name", f"`{entry.name}` is taken", "Give each its own name.")
        by_name[entry.name] = entry
    return by_name


def check_audience(
    section: TomlSection,
    audience: Audience,
    audiences: Mapping[str, Audience],
    sinks: Mapping[str, SinkConfig],
) -> None:
    """Refuse names of missing sinks or audiences, and cycles of escalation."""
    for name in audience.sinks:
        if name not in sinks:
            raise section.error("sinks", f"no [[sink]] is named `{name}`", "Add or correct it.")
    if bool(audience.escalates_to) != bool(audience.acknowledge_within):
        message = "needs both `escalates_to` and `acknowledge_within`"
        raise section.error(None, message, "Give both, or neither.")
    visited = {audience.name}
    while audience.escalates_to:
        if audience.escalates_to not in audiences:
            message = f"no [[audience]] is named `{audience.escalates_to}`"
            raise section.error("escalates_to", message, "Add it or correct the name.")
        if audience.escalates_to in visited:
            raise section.error("escalates_to", "forms a cycle", "End it at one audience.")
        visited.add(audience.escalates_to)
        audience = audiences[audience.escalates_to]


def check_blinding(
    section: TomlSection,
    audience: Audience,
    audiences: Mapping[str, Audience],
    sinks: Mapping[str, SinkConfig],
) -> None:
    """Refuse settings that would unblind a blinded audience.

    An escalation shows whether members acknowledged an alert.  A sink that is shared with an
    unblinded audience shows that this audience was notified.
    """
    if not audience.is_blinded:
        return
    if audience.escalates_to or any(x.escalates_to == audience.name for x in audiences.values()):
        message = "is blinded, and escalation depends on what members did"
        raise section.error("sees", message, "Remove the escalation to and from this audience.")
    addresses = {sinks[name].address for name in audience.sinks}
    for other in audiences.values():
        if not other.is_blinded and addresses & {sinks[name].address for name in other.sinks}:
            message = f"are also those of `{other.name}`, which is not blinded"
            raise section.error("sinks", message, "Give the blinded audience separate sinks.")
