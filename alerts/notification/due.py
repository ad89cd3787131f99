"""Decides what is to be sent next: from the alerts, the ledger and the hour, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from alerts.alert import Kind
from alerts.notification.audiences import Audience, Deployment
from alerts.notification.blinding import Revisions, heard
from alerts.notification.notification_log import Entry, Finding, Key, Ledger, Outcome, Route, read
from alerts.notification.published import Announced, NotAnAlert, announced

FIRING_HOURS = 24
"""How long an Alertmanager rings by itself if nobody repeats it: a deliverer that is silent must
never become an all-clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The latest revision of an alert, for one route.

    *page* is the last revision that called somebody, *since* when that was first told here;
    *ended* are the calls before it, which an Alertmanager must end.
    """

    route: Route
    audience: Audience
    alert: Announced
    page: Announced
    since: float
    ended: tuple[Announced, ...] = ()

    @property
    def key(self) -> Key:
        """Its key in the ledger."""
        return Key(self.route, self.alert.id, self.alert.revision)

    def ends(self, hour: float) -> float:
        """Until when an Alertmanager that is told at *hour* rings by itself.

        For the blinded that is a day: when members close the alert is not theirs to learn.
        """
        if self.alert.over:
            return hour
        return (self.since if self.audience.blinded else hour) + 3600 * FIRING_HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one route has to do: *send*, and *note* what needs no sending."""

    send: tuple[Notice, ...]
    note: tuple[tuple[Key, Entry], ...]


@dataclass(slots=True)
class Standing:
    """All alerts and the ledger of one partition, as far as they were read."""

    alerts: dict[str, dict[int, Announced]] = field(default_factory=dict[str, dict[int, Announced]])
    ledger: Ledger = field(default_factory=Ledger)
    unreadable: int = 0
    fresh: list[Announced] = field(default_factory=list[Announced])

    def announce(self, value: bytes | None) -> None:
        """Take in what was announced; of one revision the first content is kept."""
        try:
            alert = announced(value)
        except NotAnAlert:
            self.unreadable += 1
            return
        self.alerts.setdefault(alert.id, {}).setdefault(alert.revision, alert)
        self.fresh.append(alert)

    def compare(self) -> Iterator[Finding]:
        """What was announced since the last comparison with other content than was told.

        The ledger must have been read after the alerts; each finding is made once.
        """
        fresh, self.fresh = self.fresh, []
        for alert in fresh:
            first = self.alerts[alert.id][alert.revision].sha256
            told = self.ledger.contents.get((alert.id, alert.revision), first)
            finding = Finding(alert.id, alert.revision, told, alert.sha256)
            if alert.sha256 != told and finding not in self.ledger.findings:
                yield finding

    def note(self, key: bytes | None, value: bytes | None) -> None:
        """Take in a record of the ledger."""
        found = read(key, value)
        if found is None:
            self.unreadable += 1
        elif isinstance(found, Finding):
            self.ledger.findings.add(found)
        else:
            self.ledger.note(*found)


def due(standing: Standing, deployment: Deployment, route: Route, hour: float) -> Work:
    """What *route* has to do at *hour*: of each alert the latest revision, if it is not noted.

    Older revisions that were never told are superseded, so that a backlog, or a store that was
    built anew, calls nobody twice.
    """
    send: list[Notice] = []
    note: list[tuple[Key, Entry]] = []
    for revisions in heard_on(standing, deployment, route):
        latest = revisions[max(revisions)]
        done = standing.ledger.of(route, latest.id)
        if revisions.keys() <= done.keys():
            continue
        if not reached(standing.ledger, deployment, revisions, route, hour):
            continue
        for revision, alert in sorted(revisions.items()):
            if revision in done:
                continue
            key = Key(route, alert.id, revision)
            if alert is not latest:
                note.append((key, entry(Outcome.SUPERSEDED, alert, hour)))
            elif deployment.sinks[route.sink].only_calls and not alert.pages:
                note.append((key, entry(Outcome.QUIET, alert, hour)))
            else:
                send.append(notice(standing.ledger, deployment, revisions, route, hour))
    return Work(send=tuple(send), note=tuple(note))


def firing(
    standing: Standing, deployment: Deployment, route: Route, hour: float
) -> Iterator[Notice]:
    """What an Alertmanager must be reminded of at *hour*, whether it knows it already or not.

    Alerts that were closed long ago are left out: it has forgotten them by itself.
    """
    for revisions in heard_on(standing, deployment, route):
        latest = revisions[max(revisions)]
        if not latest.tracked:
            continue
        if not reached(standing.ledger, deployment, revisions, route, hour):
            continue
        if latest.over and ended_before(standing.ledger, route, latest, hour):
            continue
        reminder = notice(standing.ledger, deployment, revisions, route, hour)
        if reminder.ends(hour) > hour or latest.over:
            yield reminder


def heard_on(standing: Standing, deployment: Deployment, route: Route) -> Iterator[Revisions]:
    """Of each alert what the audience of *route* may hear of, if it may hear of it."""
    audience = deployment.audiences[route.audience]
    for revisions in standing.alerts.values():
        if told := heard(audience, revisions):
            yield told


def delivered(standing: Standing, deployment: Deployment) -> Counter[str]:
    """By study the alerts, findings apart, whose latest call is with every sink told at once.

    A call that a later revision replaced counts: that revision was told.  A study that has no
    audience, or none but the blinded, has no delivered signal, and so is noticed.
    """
    counts: Counter[str] = Counter()
    for revisions in standing.alerts.values():
        latest = revisions[max(revisions)]
        page = max((one for one, alert in revisions.items() if alert.pages), default=0)
        routes = [
            Route(audience.name, sink)
            for audience in deployment.first(latest.study, latest.kind)
            if not audience.blinded
            for sink in audience.sinks
        ]
        done = (page in standing.ledger.of(route, latest.id) for route in routes)
        counts[latest.study] += latest.kind != Kind.FINDING and bool(routes) and all(done)
    return counts


def ended_before(ledger: Ledger, route: Route, latest: Announced, hour: float) -> bool:
    """Whether it was told so long ago that *latest* is closed that nothing can still ring."""
    told = dict(ledger.sent(route, latest.id)).get(latest.revision)
    return told is not None and hour - told > 3600 * (FIRING_HOURS + 1)


def notice(
    ledger: Ledger, deployment: Deployment, revisions: Revisions, route: Route, hour: float
) -> Notice:
    """The latest of *revisions* as it is told on *route* at *hour*."""
    latest = revisions[max(revisions)]
    pages = [alert for _, alert in sorted(revisions.items()) if alert.pages]
    *ended, page = pages or [latest]
    told = [at for revision, at in ledger.sent(route, latest.id) if revision >= page.revision]
    return Notice(
        route=route,
        audience=deployment.audiences[route.audience],
        alert=latest,
        page=page,
        since=min(told, default=hour),
        ended=tuple(ended),
    )


def entry(outcome: Outcome, alert: Announced, hour: float) -> Entry:
    """The entry that says so of *alert*."""
    return Entry(outcome=outcome, at=hour, sha256=alert.sha256)


def reached(
    ledger: Ledger, deployment: Deployment, revisions: Revisions, route: Route, hour: float
) -> bool:
    """Whether the alert of *revisions* has come to the audience of *route* by *hour*."""
    latest = revisions[max(revisions)]
    return any(
        route.audience == audience.name
        for first in deployment.first(latest.study, latest.kind)
        for audience in called(ledger, deployment, revisions, first, hour)
    )


def called(
    ledger: Ledger, deployment: Deployment, revisions: Revisions, first: Audience, hour: float
) -> Iterator[Audience]:
    """*first*, and who was called after it, or must be by *hour*, because nobody answered.

    Whoever was called stays in the picture: later revisions come to them too.
    """
    latest, audience = revisions[max(revisions)], first
    yield audience
    while audience.escalates_to:
        following = deployment.audiences[audience.escalates_to]
        heard = any(
            True for sink in following.sinks
            for _ in ledger.sent(Route(following.name, sink), latest.id)
        )  # fmt: skip
        since = unanswered_since(ledger, revisions, audience)
        late = since is not None and hour >= since + audience.acknowledge_within
        if not (heard or late):
            return
        audience = following
        yield audience


def unanswered_since(ledger: Ledger, revisions: Revisions, audience: Audience) -> float | None:
    """The hour of the first notification that nobody has answered; None if all is answered.

    An answer cancels what was told before it: a report that is opened again is a new call.
    """
    if not revisions[max(revisions)].unanswered:
        return None
    answered = max((one for one, alert in revisions.items() if not alert.unanswered), default=0)
    alert = revisions[max(revisions)].id
    hours = [
        at
        for sink in audience.sinks
        for revision, at in ledger.sent(Route(audience.name, sink), alert)
        if revision > answered
    ]
    return min(hours, default=None)
