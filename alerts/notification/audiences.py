"""Who is told of what, by which sinks, and who is called next when nobody answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from alerts.alert import Kind
from alerts.notification.durations import seconds_in
from alerts.notification.notification_log import FINDING, Route
from alerts.notification.sink_config import NAMED, SinkPlan, sink_of
from monitor.errors import MonitorError
from monitor.plan.section import PlanError, Section, parse

KINDS = tuple(kind.value for kind in Kind)
CALLING = (Kind.SIGNAL.value, Kind.CASE.value)
"""Findings of data quality are for who asks for them."""


class DeliveryError(MonitorError):
    """The delivery file contradicts itself; the message names its line.  Exit code 2."""


class Sees(StrEnum):
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
    kinds: tuple[str, ...] = CALLING
    sees: Sees = Sees.REFERENCE
    escalates_to: str = ""
    acknowledge_within: int = 0

    @property
    def blinded(self) -> bool:
        """Whether they must not even learn that an alert of the statistics exists."""
        return self.sees is Sees.POOLED

    def concerned(self, study: str, kind: str) -> bool:
        """Whether an alert of *kind* in *study* is theirs."""
        if self.blinded and kind == Kind.SIGNAL:
            return False
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
    for section, audience in zip(sections, audiences.values(), strict=True):
        check_blinding(section, audience, audiences, sinks)
    called = frozenset(each.escalates_to for each in audiences.values()) - {""}
    return Deployment(
        audiences=audiences, sinks=sinks, secret_file=secret, link=link, called=called
    )


def audience_of(section: Section) -> Audience:
    """One ``[[audience]]``."""
    name = section.identifier("name", NAMED)
    if name == FINDING:
        raise section.error("name", "is the ledger's own word", "Give the audience another name.")
    sinks = section.words("sinks")
    if sinks is None:
        raise section.error(None, "has no `sinks`", "List the sinks by name.")
    sees = section.choice("sees", Sees, Sees.REFERENCE)
    kinds = section.words("kinds") or (CALLING if sees is not Sees.POOLED else (Kind.CASE.value,))
    if strange := [kind for kind in kinds if kind not in KINDS]:
        raise section.error("kinds", f"`{strange[0]}` is not known", f"Use {', '.join(KINDS)}.")
    if sees is Sees.POOLED and Kind.SIGNAL in kinds:
        says = "`signal` rests on the treatments, and they are blinded"
        raise section.error("kinds", says, "Leave it out.")
    audience = Audience(
        name=name,
        sinks=sinks,
        studies=section.words("studies") or (),
        kinds=kinds,
        sees=sees,
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
    if (seconds := seconds_in(said)) is None:
        raise section.error(key, "is not a span of time", "Write it as 30m, 12h or 2d.")
    return seconds


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


def check_blinding(
    section: Section,
    audience: Audience,
    audiences: Mapping[str, Audience],
    sinks: Mapping[str, SinkPlan],
) -> None:
    """Refuse what would tell blinded people what only others may know.

    Who is called when nobody answers learns what members did; who reads another's sink learns
    that something was told there.
    """
    if not audience.blinded:
        return
    if audience.escalates_to or any(x.escalates_to == audience.name for x in audiences.values()):
        says = "is blinded, and who answers an alert is not"
        raise section.error("sees", says, "Let them neither escalate nor be escalated to.")
    theirs = {sinks[name].address for name in audience.sinks}
    for other in audiences.values():
        if not other.blinded and theirs & {sinks[name].address for name in other.sinks}:
            says = f"are those of `{other.name}` too, whose notices tell of the treatments"
            raise section.error("sinks", says, "Give the blinded sinks of their own.")
