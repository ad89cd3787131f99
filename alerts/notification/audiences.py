"""Who is told of what, by which sinks, and who is called next when nobody answers."""

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
"""Findings of data quality are for who asks for them."""


class RoutingConfigError(MonitorError):
    """The delivery file contradicts itself; the message names its line.  Exit code 2."""


class Visibility(StrEnum):
    """What an audience may see."""

    REFERENCE = "reference"
    """That there is a report, and a link to it: no study, arm, term or number.

    For people who may know of every alert, over ways that others may read."""
    POOLED = "pooled"
    """The same, and only of what would be the same had other people had the other treatment.

    For the blinded: that there is an alert of the statistics would tell them of the arms."""
    ALERT = "alert"
    """The alert itself: for the closed zone only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """People who are told together.  No *studies* means all of them.

    If nobody answers within *acknowledge_within* seconds of the first notification, the audience
    *escalates_to* is told too.
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
        """Whether they must not even learn that an alert of the statistics exists."""
        return self.visibility is Visibility.POOLED

    def covers(self, study: str, kind: str) -> bool:
        """Whether an alert of *kind* in *study* is theirs."""
        if self.is_blinded and kind == AlertKind.SIGNAL:
            return False
        return kind in self.kinds and (not self.studies or study in self.studies)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingConfig:
    """The delivery file: audiences and sinks by name, and where a *link* leads.

    *secret_file* holds what an alert's id is hashed with before anybody sees it.
    """

    audiences: Mapping[str, Audience]
    sinks: Mapping[str, SinkConfig]
    secret_file: str
    link: str = ""
    escalation_targets: frozenset[str] = field(default_factory=frozenset[str])
    """Audiences to which another escalates: they hear of nothing before that."""

    @property
    def routes(self) -> Iterator[Route]:
        """Each way to each audience."""
        for audience in self.audiences.values():
            for sink in audience.sinks:
                yield Route(audience.name, sink)

    def first_audiences(self, study: str, kind: str) -> Iterator[Audience]:
        """Who is told at once."""
        for audience in self.audiences.values():
            if audience.name not in self.escalation_targets and audience.covers(study, kind):
                yield audience


def parse_routing_config(toml: str) -> RoutingConfig:
    """The delivery file *toml*; a complaint names its line and what to do."""
    try:
        return read_routing_config(parse_toml(toml))
    except PlanError as error:
        raise RoutingConfigError(f"delivery file, {error}") from None


def read_routing_config(root: TomlSection) -> RoutingConfig:
    """The whole file."""
    link = root.get("link", str, "")
    if link and (not link.startswith(("https://", "http://")) or "{ref}" not in link):
        raise root.error("link", "has no place for the report", "End it in `{ref}`.")
    secret = root.required("secret_file", str, "Name the file of a secret that nobody else has.")
    sinks = index_by_name((read_sink(section), section) for section in root.tables("sink"))
    sections = list(root.tables("audience"))
    audiences = index_by_name((read_audience(section), section) for section in sections)
    root.refuse_unknown_keys()
    if not audiences:
        raise root.error(None, "has no [[audience]]", "Name at least one, or nobody is told.")
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
    """One ``[[audience]]``."""
    name = section.identifier("name", NAME_HINT)
    if name == MISMATCH:
        raise section.error("name", "is the ledger's own word", "Give the audience another name.")
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
        message = "`signal` rests on the treatments, and they are blinded"
        raise section.error("kinds", message, "Leave it out.")
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
    """The seconds of `30m`; 0 where the file is silent."""
    text = section.optional(key, str)
    if text is None:
        return 0
    if (seconds := parse_duration(text)) is None:
        raise section.error(key, "is not a span of time", "Write it as 30m, 12h or 2d.")
    return seconds


def index_by_name(entries: Iterable[tuple[Any, TomlSection]]) -> dict[str, Any]:
    """What was read, by its name; no name twice."""
    by_name: dict[str, Any] = {}
    for entry, section in entries:
        if entry.name in by_name:
            raise section.error("name", f"`{entry.name}` is there twice", "Give each its own name.")
        by_name[entry.name] = entry
    return by_name


def check_audience(
    section: TomlSection,
    audience: Audience,
    audiences: Mapping[str, Audience],
    sinks: Mapping[str, SinkConfig],
) -> None:
    """Refuse names that nobody has, and a circle of those who call each other."""
    for name in audience.sinks:
        if name not in sinks:
            raise section.error("sinks", f"no [[sink]] is named `{name}`", "Add it, or mend it.")
    if bool(audience.escalates_to) != bool(audience.acknowledge_within):
        message = "needs both `escalates_to` and `acknowledge_within`"
        raise section.error(None, message, "Give both, or neither.")
    visited = {audience.name}
    while audience.escalates_to:
        if audience.escalates_to not in audiences:
            message = f"no [[audience]] is named `{audience.escalates_to}`"
            raise section.error("escalates_to", message, "Add it, or mend it.")
        if audience.escalates_to in visited:
            raise section.error("escalates_to", "comes round to itself", "End it at somebody.")
        visited.add(audience.escalates_to)
        audience = audiences[audience.escalates_to]


def check_blinding(
    section: TomlSection,
    audience: Audience,
    audiences: Mapping[str, Audience],
    sinks: Mapping[str, SinkConfig],
) -> None:
    """Refuse what would tell blinded people what only others may know.

    Who is called when nobody answers learns what members did; who reads another's sink learns
    that something was told there.
    """
    if not audience.is_blinded:
        return
    if audience.escalates_to or any(x.escalates_to == audience.name for x in audiences.values()):
        message = "is blinded, and who answers an alert is not"
        raise section.error("sees", message, "Let them neither escalate nor be escalated to.")
    addresses = {sinks[name].address for name in audience.sinks}
    for other in audiences.values():
        if not other.is_blinded and addresses & {sinks[name].address for name in other.sinks}:
            message = f"are those of `{other.name}` too, whose notices tell of the treatments"
            raise section.error("sinks", message, "Give the blinded sinks of their own.")
