"""Compares what was announced with what was told and what the ledger says: all three must agree."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.notification.blinding import page_ref
from alerts.notification.due import Standing
from alerts.notification.notification_log import Key, Outcome, Route
from alerts.notification.published import Announced
from tests.streams.delivery.deliverer_group import World
from tests.streams.delivery.receivers import SECRET, Bell

BOARD = (Route("board", "pager"), Route("board", "bell"))
CHAIR = Route("chair", "phone")


def faults(world: World) -> Iterator[str]:
    """All that is not as it must be."""
    standing = read(world)
    for revisions in standing.alerts.values():
        for route in BOARD:
            yield from told(world, standing, revisions, route)
            yield from written(standing, revisions, route)
        yield from escalated(world, standing, revisions)
    yield from invented(world, standing)
    yield from rung(world, standing)
    yield from (fault for each in world.receivers.values() for fault in each.broken)


def read(world: World) -> Standing:
    """Both topics, read from the first record to the last by nobody who was there."""
    standing = Standing()
    for alerts, ledger in zip(world.alerts, world.ledgers, strict=True):
        for entry in alerts.entries:
            standing.announce(entry.value)
        for entry in ledger.entries:
            standing.note(entry.key, entry.value)
    return standing


def told(
    world: World, standing: Standing, revisions: dict[int, Announced], route: Route
) -> Iterator[str]:
    """The latest revision came, and no revision counts twice for who honours the key."""
    latest = revisions[max(revisions)]
    seen = world.receivers[route.sink].seen
    if (latest.id, latest.revision) not in seen:
        yield f"{route.sink} was never told of {latest.id}:{latest.revision}"
    for revision in revisions:
        if seen.count((latest.id, revision)) > 1:
            yield f"{route.sink} took {latest.id}:{revision} for several"


def written(standing: Standing, revisions: dict[int, Announced], route: Route) -> Iterator[str]:
    """The ledger says of each revision what became of it, and that the latest was sent."""
    latest = revisions[max(revisions)]
    entries = standing.ledger.of(route, latest.id)
    for revision, alert in revisions.items():
        if revision not in entries:
            yield f"the ledger does not know {Key(route, latest.id, revision).wire()}"
        elif entries[revision].sha256 != alert.sha256:
            yield f"the ledger has other content of {Key(route, latest.id, revision).wire()}"
    if latest.revision in entries and entries[latest.revision].outcome is not Outcome.SENT:
        yield f"the latest of {latest.id} is noted as {entries[latest.revision].outcome}"


def escalated(world: World, standing: Standing, revisions: dict[int, Announced]) -> Iterator[str]:
    """An alert that nobody answered has come to the chair; what is answered from the start never.

    In between it depends on the hour at which the answer came.
    """
    latest = revisions[max(revisions)]
    heard = {revision for alert, revision in world.receivers["phone"].seen if alert == latest.id}
    if latest.unanswered and latest.revision not in heard:
        yield f"nobody answered {latest.id}:{latest.revision}, and the chair was not called"
    for revision in heard:
        if not revisions[revision].pages:
            yield f"the chair was called for {latest.id}:{revision}, which calls nobody"
    if heard:
        yield from (
            f"the ledger does not know what the chair heard of {latest.id}:{revision}"
            for revision in revisions
            if revision not in standing.ledger.of(CHAIR, latest.id)
        )


def invented(world: World, standing: Standing) -> Iterator[str]:
    """What the ledger calls sent has arrived, with the content that it names."""
    for (route, alert), entries in standing.ledger.entries.items():
        for revision, entry in entries.items():
            if revision not in standing.alerts.get(alert, {}):
                yield f"the ledger knows {alert}:{revision}, which was never announced"
            elif entry.outcome is Outcome.SENT:
                came = world.receivers[route.sink].contents.get((alert, revision), set())
                if came != {entry.sha256}:
                    yield f"{route.sink}: {alert}:{revision} is noted as sent and came as {came}"


def rung(world: World, standing: Standing) -> Iterator[str]:
    """The Alertmanager rings for the last call of each alert that is open, and for no other."""
    bell = world.receivers["bell"]
    assert isinstance(bell, Bell)
    wanted = {
        page_ref(SECRET, name, max(one for one, alert in revisions.items() if alert.pages))
        for name, revisions in standing.alerts.items()
        if not revisions[max(revisions)].over
    }
    if bell.ringing() != wanted:
        missing, false = len(wanted - bell.ringing()), len(bell.ringing() - wanted)
        yield f"the bell: {missing} that should ring do not, {false} ring for nothing"
