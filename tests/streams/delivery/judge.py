"""Checks that published alerts, received notifications and the notification log agree."""

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
    """Yield every violation of the delivery guarantees."""
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
    """Return the state of all partitions, read from both topics."""
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
    """The latest revision arrives, and no revision is accepted twice under its key."""
    latest = revisions[max(revisions)]
    accepted = world.receivers[route.sink].accepted
    if (latest.id, latest.revision) not in accepted:
        yield f"{route.sink} never received {latest.id}:{latest.revision}"
    for revision in revisions:
        if accepted.count((latest.id, revision)) > 1:
            yield f"{route.sink} accepted {latest.id}:{revision} more than once"


def check_logged(
    state: DeliveryState, revisions: dict[int, PublishedAlert], route: Route
) -> Iterator[str]:
    """The notification log has an entry of each revision, and the latest is sent."""
    latest = revisions[max(revisions)]
    entries = state.notification_log.entries_of(route, latest.id)
    for revision, alert in revisions.items():
        if revision not in entries:
            yield f"no log entry {NotificationKey(route, latest.id, revision).encode()}"
        elif entries[revision].sha256 != alert.sha256:
            yield (
                f"other content in the log entry "
                f"{NotificationKey(route, latest.id, revision).encode()}"
            )
    if (
        latest.revision in entries
        and entries[latest.revision].outcome is not NotificationOutcome.SENT
    ):
        yield f"the latest revision of {latest.id} is logged as {entries[latest.revision].outcome}"


def check_escalated(
    world: World, state: DeliveryState, revisions: dict[int, PublishedAlert]
) -> Iterator[str]:
    """An unacknowledged alert is escalated to the chair, and only pages are.

    Where it is acknowledged later, both are right: that depends on the time.
    """
    latest = revisions[max(revisions)]
    notified = {
        revision for alert, revision in world.receivers["phone"].accepted if alert == latest.id
    }
    if latest.is_unacknowledged and latest.revision not in notified:
        yield f"{latest.id}:{latest.revision} is unacknowledged and not escalated"
    for revision in notified:
        if not revisions[revision].pages:
            yield f"{latest.id}:{revision} is escalated and pages nobody"
    if notified:
        yield from (
            f"no log entry of the escalation of {latest.id}:{revision}"
            for revision in revisions
            if revision not in state.notification_log.entries_of(CHAIR, latest.id)
        )


def check_sent_arrived(world: World, state: DeliveryState) -> Iterator[str]:
    """Each notification that is logged as sent arrived with the logged content."""
    for (route, alert), entries in state.notification_log.entries.items():
        for revision, entry in entries.items():
            if revision not in state.alerts.get(alert, {}):
                yield f"{alert}:{revision} is logged and was never published"
            elif entry.outcome is NotificationOutcome.SENT:
                arrived = world.receivers[route.sink].contents.get((alert, revision), set())
                if arrived != {entry.sha256}:
                    yield f"{route.sink}: {alert}:{revision} is logged as sent, came as {arrived}"


def check_firing(world: World, state: DeliveryState) -> Iterator[str]:
    """Exactly the last page of each open alert fires in the Alertmanager."""
    alertmanager = world.receivers["bell"]
    assert isinstance(alertmanager, FakeAlertmanager)
    expected = {
        page_pseudonym(
            SECRET, name, max(revision for revision, alert in revisions.items() if alert.pages)
        )
        for name, revisions in state.alerts.items()
        if not revisions[max(revisions)].is_closed
    }
    if alertmanager.firing() != expected:
        missing, false = (
            len(expected - alertmanager.firing()),
            len(alertmanager.firing() - expected),
        )
        yield f"Alertmanager: {missing} alerts do not fire, {false} fire without reason"
