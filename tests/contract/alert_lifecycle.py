"""Steps of ProDERM's thromboembolic alert, from first record to recovery from a lost store."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import redis

from alerts.notification.blinding import pseudonym
from alerts.notification.notification_log import NotificationOutcome, Route
from tests.alerts.notification.published_alerts import alert_bytes
from tests.contract.live_system import (
    PAGED_REVISIONS,
    LiveSystem,
    idempotency_key,
    same_partition_alert,
)
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.reviewed_log import SIGNAL_ALERT_ID
from tests.streams.sinks.webhook_receiver import SECRET

RECORDS_TO_RAISE, RECORDS_TO_SIGNAL, RECORDS_TO_FOLLOW_UP = 100, 2330, 2551
"""The numbers of records that raise the alert, raise its level to signal, and change its cases."""

OTHER_ALERT_ID = "b52370d0c48625185249771f"
"""The alert of the second watch: it is raised once and never reviewed."""

MOVES_BEFORE = (
    ("acknowledge", "acknowledged"),
    ("review", "under_review"),
    ("confirm", "confirmed"),
)
MOVES_AFTER = (("review", "under_review"), ("confirm", "confirmed"), ("close", "closed"))
LAST_REVISION = 9


def review_and_close(system: LiveSystem) -> None:
    """Confirm the alert, change a case behind the decision, confirm it again and close it.

    The remaining records of the study are produced last.
    """
    for shown, (move, state) in enumerate(MOVES_BEFORE, start=2):
        system.make_move(move, state, shown)
    system.produce(RECORDS_TO_FOLLOW_UP)
    system.wait_for_revision(6)
    for shown, (move, state) in enumerate(MOVES_AFTER, start=6):
        system.make_move(move, state, shown)
    last = system.produce(len(PRODERM))
    system.site.wait_folded(system.partition, last)
    wait_until(lambda: system.page_counts()[6, "resolved"] > 0, "the page to be resolved")


def lose_store_and_recover(system: LiveSystem) -> None:
    """Empty the store and check that the worker restores it, without a second notification.

    Every revision is published a second time.  A later alert of the same partition is notified,
    which shows that the deliverer has read the repeated revisions.
    """
    row, shown = system.site.rows(system.partition, [STUDY]), system.shown_alert()
    assert (shown["id"], shown["state"], shown["revision"]) == (
        SIGNAL_ALERT_ID,
        "closed",
        LAST_REVISION,
    )
    check_notified_once(system, 1)

    empty_store(system.site)
    system.site.wait_folded(
        system.partition, len(PRODERM) + len(MOVES_BEFORE) + len(MOVES_AFTER) - 1
    )
    wait_until(
        lambda: system.published_counts()[f"{SIGNAL_ALERT_ID}:{LAST_REVISION}"] == 2,
        "the alert to be published again",
    )
    assert set(system.published_counts().values()) == {2}
    publish_next_alerts(system)

    assert system.shown_alert() == shown
    assert system.site.rows(system.partition, [STUDY]) == row


def empty_store(site: WorkerSite) -> None:
    """Delete all keys and functions of Redis while the worker runs, and load the functions."""
    client: Any = redis.Redis.from_url(site.store)
    client.flushall()
    client.function_flush()
    client.close()
    result = site.tocsin("store", "apply", "--json")
    assert (result.returncode, json.loads(result.stdout)["outcome"]) == (0, "loaded"), result.stderr


def publish_next_alerts(system: LiveSystem) -> None:
    """Publish one new alert in each used partition, and wait until every sink is notified."""
    names = [same_partition_alert(SIGNAL_ALERT_ID), same_partition_alert(OTHER_ALERT_ID)]
    system.delivery.publish(
        *((name, 1, alert_bytes(id=name, hypothetical=False)) for name in names)
    )
    for name in names:
        wait_until(
            lambda name=name: idempotency_key("pager", 1, name) in system.pager.keys,
            f"the pager to be notified of {name}",
        )
        wait_until(
            lambda name=name: (
                not system.has_bus or idempotency_key("bus", 1, name) in system.bus_counts()
            ),
            f"the bus to be notified of {name}",
        )
        wait_until(
            lambda name=name: pseudonym(SECRET, name) in system.firing(),
            f"the Alertmanager to fire for {name}",
        )


def check_notified_once(system: LiveSystem, others: int) -> None:
    """Every revision is notified once by every sink, and every page fires and resolves once.

    *others* is the number of notifications of other alerts that the pager received.
    """
    assert system.pager.forged == 0
    revisions = range(1, LAST_REVISION + 1)
    notified = {"pager": Counter(system.pager.keys)} | (
        {"bus": system.bus_counts()} if system.has_bus else {}
    )
    for sink, counts in notified.items():
        assert [counts[idempotency_key(sink, each)] for each in revisions] == [1] * LAST_REVISION, (
            sink
        )
        assert counts[idempotency_key(sink, 1, OTHER_ALERT_ID)] == 1
    assert len(system.pager.keys) == LAST_REVISION + others
    assert system.page_counts() == {
        (each, how): 1 for each in PAGED_REVISIONS for how in ("firing", "resolved")
    }


def check_notification_log(system: LiveSystem) -> None:
    """The notification log has every revision as sent on every route, and no mismatch."""
    state = system.delivery.delivery_state()
    assert state.unreadable == 0 and state.notification_log.mismatches == set()
    for sink in ("pager", "bell", "bus")[: 2 + system.has_bus]:
        entries = state.notification_log.entries_of(Route("board", sink), SIGNAL_ALERT_ID)
        outcomes = [entry.outcome for _, entry in sorted(entries.items())]
        assert outcomes == [NotificationOutcome.SENT] * LAST_REVISION, sink
