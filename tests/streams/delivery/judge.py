"""Compares what was announced with what was told and what the ledger says: all three must agree."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.notification.blinding import page_pseudonym
from alerts.notification.due import DeliveryState
from alerts.notification.notification_log import NotificationKey, NotificationOutcome, Route
from alerts.notification.published import PublishedAlert
from tests.streams.delivery.deliverer_group import World
from tests.streams.delivery.receivers import SECRET, FakeAlertmanager

BOARD = (Route("board", "pager"), Route("board", "bell"))
CHAIR = Route("chair", "phone")


def find_faults(world: World) -> Iterator[str]:
    """All that is not as it must be."""
    state = read_state(world)
    for revisions in state.alerts.values():
        for route in BOARD:
            yield from check_received(world, state, revisions, route)
            yield from check_logged(state, revisions, route)
        yield from check_escalated(world, state, revisions)
    yield from check_sent_arrived(world, state)
    yield from check_firing(world, state)
    yield from (fault for each in world.receivers.values() for fault in each.violations)


def read_state(world: World) -> DeliveryState:
    """Both topics, read from the first record to the last by nobody who was there."""
    state = DeliveryState()
    for alerts, notification_log in zip(world.alerts, world.notification_logs, strict=True):
        for entry in alerts.entries:
            state.add_published(entry.value)
        for entry in notification_log.entries:
            state.add_log_record(entry.key, entry.value)
    return state


def check_received(
    world: World, state: DeliveryState, revisions: dict[int, PublishedAlert], route: Route
) -> Iterator[str]:
    """The latest revision came, and no revision counts twice for who honours the key."""
    latest = revisions[max(revisions)]
    seen = world.receivers[route.sink].accepted
    if (latest.id, latest.revision) not in seen:
        yield f"{route.sink} was never told of {latest.id}:{latest.revision}"
    for revision in revisions:
        if seen.count((latest.id, revision)) > 1:
            yield f"{route.sink} took {latest.id}:{revision} for several"


def check_logged(
    state: DeliveryState, revisions: dict[int, PublishedAlert], route: Route
) -> Iterator[str]:
    """The ledger says of each revision what became of it, and that the latest was sent."""
    latest = revisions[max(revisions)]
    entries = state.notification_log.entries_of(route, latest.id)
    for revision, alert in revisions.items():
        if revision not in entries:
            yield f"the ledger does not know {NotificationKey(route, latest.id, revision).encode()}"
        elif entries[revision].sha256 != alert.sha256:
            yield (
                f"the ledger has other content of "
                f"{NotificationKey(route, latest.id, revision).encode()}"
            )
    if (
        latest.revision in entries
        and entries[latest.revision].outcome is not NotificationOutcome.SENT
    ):
        yield f"the latest of {latest.id} is noted as {entries[latest.revision].outcome}"


def check_escalated(
    world: World, state: DeliveryState, revisions: dict[int, PublishedAlert]
) -> Iterator[str]:
    """An alert that nobody answered has come to the chair; what is answered from the start never.

    In between it depends on the hour at which the answer came.
    """
    latest = revisions[max(revisions)]
    notified = {
        revision for alert, revision in world.receivers["phone"].accepted if alert == latest.id
    }
    if latest.is_unacknowledged and latest.revision not in notified:
        yield f"nobody answered {latest.id}:{latest.revision}, and the chair was not called"
    for revision in notified:
        if not revisions[revision].pages:
            yield f"the chair was called for {latest.id}:{revision}, which calls nobody"
    if notified:
        yield from (
            f"the ledger does not know what the chair heard of {latest.id}:{revision}"
            for revision in revisions
            if revision not in state.notification_log.entries_of(CHAIR, latest.id)
        )


def check_sent_arrived(world: World, state: DeliveryState) -> Iterator[str]:
    """What the ledger calls sent has arrived, with the content that it names."""
    for (route, alert), entries in state.notification_log.entries.items():
        for revision, entry in entries.items():
            if revision not in state.alerts.get(alert, {}):
                yield f"the ledger knows {alert}:{revision}, which was never announced"
            elif entry.outcome is NotificationOutcome.SENT:
                came = world.receivers[route.sink].contents.get((alert, revision), set())
                if came != {entry.sha256}:
                    yield f"{route.sink}: {alert}:{revision} is noted as sent and came as {came}"


def check_firing(world: World, state: DeliveryState) -> Iterator[str]:
    """The Alertmanager rings for the last call of each alert that is open, and for no other."""
    alertmanager = world.receivers["bell"]
    assert isinstance(alertmanager, FakeAlertmanager)
    expected = {
        page_pseudonym(SECRET, name, max(one for one, alert in revisions.items() if alert.pages))
        for name, revisions in state.alerts.items()
        if not revisions[max(revisions)].is_closed
    }
    if alertmanager.firing() != expected:
        missing, false = (
            len(expected - alertmanager.firing()),
            len(alertmanager.firing() - expected),
        )
        yield f"the bell: {missing} that should ring do not, {false} ring for nothing"
