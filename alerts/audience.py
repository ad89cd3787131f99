"""Who is told of what, by which sinks, and who is called next when nobody answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from alerts.alert import Kind
from alerts.ledger import FINDING, Route
from monitor.errors import MonitorError
from monitor.plan_text import PlanError, Section, parse

KINDS = tuple(kind.value for kind in Kind)
CALLING = (Kind.SIGNAL.value, Kind.CASE.value)
"""Findings of data quality are for who asks for them."""

SPAN = re.compile(r"(\d{1,4})([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

NAMED = "Name it with 1 to 64 of letters, digits and _ . : -"


class DeliveryError(MonitorError):
    """The delivery file contradicts itself; the message names its line.  Exit code 2."""


class Sees(StrEnum):
    """What an audience may see."""

    REFERENCE = "reference"
    """That there is a report, and a link to it: no study, arm, term or number."""
    ALERT = "alert"
    """The alert itself: for the closed zone only."""


class SinkKind(StrEnum):
    """How a sink is spoken to."""

    ALERTMANAGER = "alertmanager"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    KAFKA = "kafka"


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkPlan:
    """A sink as the file describes it.  Secrets are in files of their own, named here.

    With *allow_private* a webhook may go to a private address, and without encryption.
    """

    name: str
    kind: SinkKind
    url: str = ""
    secret_file: str = ""
    allow_private: bool = False
    topic: str = ""
    partition: int = 0

    @property
    def only_calls(self) -> bool:
        """Whether it calls people, and so has no use for a revision that calls nobody."""
        return self.kind is SinkKind.APPRISE


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """People who are told together.  No *studies* means all of them.

    If nobody answers within *acknowledge_within* seconds of the first notification, the audience
    *escalates_to* is told too.
    """

    name: str
    sinks: tuple[str, ...]
    studies: tuple[str, ...] = ()
    kinds: tuple[str, ...] = CALLING
    sees: Sees = Sees.REFERENCE
    escalates_to: str = ""
    acknowledge_within: int = 0

    def concerned(self, study: str, kind: str) -> bool:
        """Whether an alert of *kind* in *study* is theirs."""
        return kind in self.kinds and (not self.studies or study in self.studies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The delivery file: audiences and sinks by name, and where a *link* leads.

    *secret_file* holds what an alert's id is hashed with before anybody sees it.
    """

    audiences: Mapping[str, Audience]
    sinks: Mapping[str, SinkPlan]
    secret_file: str
    link: str = ""
    called: frozenset[str] = field(default_factory=frozenset[str])
    """Audiences to which another escalates: they hear of nothing before that."""

    @property
    def routes(self) -> Iterator[Route]:
        """Each way to each audience."""
        for audience in self.audiences.values():
            for sink in audience.sinks:
                yield Route(audience.name, sink)

    def first(self, study: str, kind: str) -> Iterator[Audience]:
        """Who is told at once."""
        for audience in self.audiences.values():
            if audience.name not in self.called and audience.concerned(study, kind):
                yield audience


def deployment(toml: str) -> Deployment:
    """The delivery file *toml*; a complaint names its line and what to do."""
    try:
        return read(parse(toml))
    except PlanError as error:
        raise DeliveryError(f"delivery file, {error}") from None


def read(root: Section) -> Deployment:
    """The whole file."""
    link = root.get("link", str, "")
    if link and (not link.startswith(("https://", "http://")) or "{ref}" not in link):
        raise root.error("link", "has no place for the report", "End it in `{ref}`.")
    secret = root.need("secret_file", str, "Name the file of a secret that nobody else has.")
    sinks = by_name((sink_of(section), section) for section in root.tables("sink"))
    sections = list(root.tables("audience"))
    audiences = by_name((audience_of(section), section) for section in sections)
    root.close()
    if not audiences:
        raise root.error(None, "has no [[audience]]", "Name at least one, or nobody is told.")
    for section, audience in zip(sections, audiences.values(), strict=True):
        check(section, audience, audiences, sinks)
    called = frozenset(each.escalates_to for each in audiences.values()) - {""}
    return Deployment(
        audiences=audiences, sinks=sinks, secret_file=secret, link=link, called=called
    )


def sink_of(section: Section) -> SinkPlan:
    """One ``[[sink]]``."""
    name = section.identifier("name", NAMED)
    kinds = ", ".join(SinkKind)
    word = section.need("kind", str, f"Use one of: {kinds}.")
    if word not in set(SinkKind):
        raise section.error("kind", f"`{word}` is not known", f"Use one of: {kinds}.")
    kind, wanted = SinkKind(word), WANTED[SinkKind(word)]
    given: dict[str, Any] = {key: section.need(key, str, why) for key, why in wanted.items()}
    if kind is SinkKind.WEBHOOK:
        given["allow_private"] = section.get("allow_private", bool, False)
    if kind is SinkKind.KAFKA:
        given["partition"] = section.whole("partition", 0, 0, 9_999)
    section.close()
    plan = SinkPlan(name=name, kind=kind, **given)
    if kind in (SinkKind.WEBHOOK, SinkKind.ALERTMANAGER):
        private = plan.allow_private or kind is SinkKind.ALERTMANAGER
        if not plan.url.startswith(("https://", "http://") if private else "https://"):
            raise section.error("url", "is no address that may be called", "Begin it https://")
    return plan


WANTED: dict[SinkKind, dict[str, str]] = {
    SinkKind.ALERTMANAGER: {"url": "Give the address of the closed Alertmanager."},
    SinkKind.WEBHOOK: {
        "url": "Give the address of the receiver.",
        "secret_file": "Name the file of the secret that both sides know.",
    },
    SinkKind.APPRISE: {"secret_file": "Name the file that holds the service's URL."},
    SinkKind.KAFKA: {"url": "Give host:port of the brokers.", "topic": "Name the topic."},
}


def audience_of(section: Section) -> Audience:
    """One ``[[audience]]``."""
    name = section.identifier("name", NAMED)
    if name == FINDING:
        raise section.error("name", "is the ledger's own word", "Give the audience another name.")
    sinks = section.words("sinks")
    if sinks is None:
        raise section.error(None, "has no `sinks`", "List the sinks by name.")
    kinds = section.words("kinds") or CALLING
    if strange := [kind for kind in kinds if kind not in KINDS]:
        raise section.error("kinds", f"`{strange[0]}` is not known", f"Use {', '.join(KINDS)}.")
    audience = Audience(
        name=name,
        sinks=sinks,
        studies=section.words("studies") or (),
        kinds=kinds,
        sees=section.choice("sees", Sees, Sees.REFERENCE),
        escalates_to=section.get("escalates_to", str, ""),
        acknowledge_within=span(section, "acknowledge_within"),
    )
    section.close()
    return audience


def span(section: Section, key: str) -> int:
    """The seconds of `30m`; 0 where the file is silent."""
    said = section.maybe(key, str)
    if said is None:
        return 0
    found = SPAN.fullmatch(said)
    if found is None or not int(found[1]):
        raise section.error(key, "is not a span of time", "Write it as 30m, 12h or 2d.")
    return int(found[1]) * SECONDS[found[2]]


def by_name(read: Iterable[tuple[Any, Section]]) -> dict[str, Any]:
    """What was read, by its name; no name twice."""
    found: dict[str, Any] = {}
    for one, section in read:
        if one.name in found:
            raise section.error("name", f"`{one.name}` is there twice", "Give each its own name.")
        found[one.name] = one
    return found


def check(
    section: Section,
    audience: Audience,
    audiences: Mapping[str, Audience],
    sinks: Mapping[str, SinkPlan],
) -> None:
    """Refuse names that nobody has, and a circle of those who call each other."""
    for name in audience.sinks:
        if name not in sinks:
            raise section.error("sinks", f"no [[sink]] is named `{name}`", "Add it, or mend it.")
    if bool(audience.escalates_to) != bool(audience.acknowledge_within):
        says = "needs both `escalates_to` and `acknowledge_within`"
        raise section.error(None, says, "Give both, or neither.")
    seen = {audience.name}
    while audience.escalates_to:
        if audience.escalates_to not in audiences:
            says = f"no [[audience]] is named `{audience.escalates_to}`"
            raise section.error("escalates_to", says, "Add it, or mend it.")
        if audience.escalates_to in seen:
            raise section.error("escalates_to", "comes round to itself", "End it at somebody.")
        seen.add(audience.escalates_to)
        audience = audiences[audience.escalates_to]
