"""The course of ProDERM's thromboembolic alert, the loss of its store, and what is left of both."""

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
"""So many records raise the alert, bring it to its highest level, and change a case beneath it."""

OTHER_ALERT_ID = "b52370d0c48625185249771f"
"""The alert of the second watch: it rings once, and nobody answers it."""

MOVES_BEFORE = (
    ("acknowledge", "acknowledged"),
    ("review", "under_review"),
    ("confirm", "confirmed"),
)
MOVES_AFTER = (("review", "under_review"), ("confirm", "confirmed"), ("close", "closed"))
LAST_REVISION = 9


def review_and_close(system: LiveSystem) -> None:
    """The board decides, a case beneath the decision changes, it decides again; then the rest."""
    for shown, (move, state) in enumerate(MOVES_BEFORE, start=2):
        system.make_move(move, state, shown)
    system.produce(RECORDS_TO_FOLLOW_UP)
    system.wait_for_revision(6)
    for shown, (move, state) in enumerate(MOVES_AFTER, start=6):
        system.make_move(move, state, shown)
    last = system.produce(len(PRODERM))
    system.site.wait_folded(system.partition, last)
    wait_until(lambda: system.page_counts()[6, "resolved"] > 0, "the ward to hear of the end")


def lose_store_and_recover(system: LiveSystem) -> None:
    """The store is emptied; it is as it was, all was announced again, and nobody was told again.

    What comes after the second announcement on the same partition is told: it was looked at.
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
        "it to be announced again",
    )
    assert set(system.published_counts().values()) == {2}
    publish_next_alerts(system)

    assert system.shown_alert() == shown
    assert system.site.rows(system.partition, [STUDY]) == row


def empty_store(site: WorkerSite) -> None:
    """Empty Redis, functions and all, under the worker's feet, and prepare it as a new one is."""
    client: Any = redis.Redis.from_url(site.store)
    client.flushall()
    client.function_flush()
    client.close()
    done = site.tocsin("store", "apply", "--json")
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "loaded"), done.stderr


def publish_next_alerts(system: LiveSystem) -> None:
    """Behind what was announced again another alert comes, in each partition, and is told."""
    names = [same_partition_alert(SIGNAL_ALERT_ID), same_partition_alert(OTHER_ALERT_ID)]
    system.delivery.publish(
        *((name, 1, alert_bytes(id=name, hypothetical=False)) for name in names)
    )
    for name in names:
        wait_until(
            lambda name=name: idempotency_key("pager", 1, name) in system.pager.keys,
            "the next to be told",
        )
        wait_until(
            lambda name=name: (
                not system.has_bus or idempotency_key("bus", 1, name) in system.bus_counts()
            ),
            "the bus",
        )
        wait_until(
            lambda name=name: pseudonym(SECRET, name) in system.firing(), "the bell to ring for it"
        )


def check_notified_once(system: LiveSystem, others: int) -> None:
    """Every revision came once to every sink, beside *others*; each call began and ended once."""
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
    """The ledger has each revision as sent on each route, and nothing to wonder about."""
    state = system.delivery.delivery_state()
    assert state.unreadable == 0 and state.notification_log.mismatches == set()
    for sink in ("pager", "bell", "bus")[: 2 + system.has_bus]:
        entries = state.notification_log.entries_of(Route("board", sink), SIGNAL_ALERT_ID)
        outcomes = [entry.outcome for _, entry in sorted(entries.items())]
        assert outcomes == [NotificationOutcome.SENT] * LAST_REVISION, sink
