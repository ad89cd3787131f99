"""The course of ProDERM's thromboembolic alert, the loss of its store, and what is left of both."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import redis

from alerts.notification.blinding import ref
from alerts.notification.notification_log import Outcome, Route
from tests.alerts.notification.published_alerts import wire
from tests.contract.demo_life import CALLS, Life, beside, key
from tests.contract.processes import until
from tests.contract.workers import Site
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.reviewed_log import SIGNAL
from tests.streams.sinks.webhook_receiver import SECRET

RUNG, RISEN, FOLLOWED_UP = 100, 2330, 2551
"""So many records raise the alert, bring it to its highest level, and change a case beneath it."""

OTHER = "b52370d0c48625185249771f"
"""The alert of the second watch: it rings once, and nobody answers it."""

BEFORE = (("acknowledge", "acknowledged"), ("review", "under_review"), ("confirm", "confirmed"))
AFTER = (("review", "under_review"), ("confirm", "confirmed"), ("close", "closed"))
LAST = 9


def answered(life: Life) -> None:
    """The board decides, a case beneath the decision changes, it decides again; then the rest."""
    for shown, (move, state) in enumerate(BEFORE, start=2):
        life.act(move, state, shown)
    life.produce(FOLLOWED_UP)
    life.hear(6)
    for shown, (move, state) in enumerate(AFTER, start=6):
        life.act(move, state, shown)
    last = life.produce(len(PRODERM))
    life.site.reaches(life.home, last)
    until(lambda: life.calls()[6, "resolved"] > 0, "the ward to hear of the end")


def lost(life: Life) -> None:
    """The store is emptied; it is as it was, all was announced again, and nobody was told again.

    What comes after the second announcement on the same partition is told: it was looked at.
    """
    row, shown = life.site.rows(life.home, [STUDY]), life.shown()
    assert (shown["id"], shown["state"], shown["revision"]) == (SIGNAL, "closed", LAST)
    each_was_told_once(life, 1)

    lose(life.site)
    life.site.reaches(life.home, len(PRODERM) + len(BEFORE) + len(AFTER) - 1)
    until(lambda: life.announced()[f"{SIGNAL}:{LAST}"] == 2, "it to be announced again")
    assert set(life.announced().values()) == {2}
    followed(life)

    assert life.shown() == shown
    assert life.site.rows(life.home, [STUDY]) == row


def lose(site: Site) -> None:
    """Empty Redis, functions and all, under the worker's feet, and prepare it as a new one is."""
    client: Any = redis.Redis.from_url(site.store)
    client.flushall()
    client.function_flush()
    client.close()
    done = site.tocsin("store", "apply", "--json")
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "loaded"), done.stderr


def followed(life: Life) -> None:
    """Behind what was announced again another alert comes, in each partition, and is told."""
    names = [beside(SIGNAL), beside(OTHER)]
    life.delivery.announce(*((name, 1, wire(id=name, hypothetical=False)) for name in names))
    for name in names:
        until(lambda name=name: key("pager", 1, name) in life.pager.keys, "the next to be told")
        until(lambda name=name: not life.bus or key("bus", 1, name) in life.called(), "the bus")
        until(lambda name=name: ref(SECRET, name) in life.ringing(), "the bell to ring for it")


def each_was_told_once(life: Life, others: int) -> None:
    """Every revision came once to every sink, beside *others*; each call began and ended once."""
    assert life.pager.forged == 0
    revisions = range(1, LAST + 1)
    heard = {"pager": Counter(life.pager.keys)} | ({"bus": life.called()} if life.bus else {})
    for sink, told in heard.items():
        assert [told[key(sink, each)] for each in revisions] == [1] * LAST, sink
        assert told[key(sink, 1, OTHER)] == 1
    assert len(life.pager.keys) == LAST + others
    assert life.calls() == {(each, how): 1 for each in CALLS for how in ("firing", "resolved")}


def agreed(life: Life) -> None:
    """The ledger has each revision as sent on each route, and nothing to wonder about."""
    standing = life.delivery.standing()
    assert standing.unreadable == 0 and standing.ledger.findings == set()
    for sink in ("pager", "bell", "bus")[: 2 + life.bus]:
        entries = standing.ledger.of(Route("board", sink), SIGNAL)
        outcomes = [entry.outcome for _, entry in sorted(entries.items())]
        assert outcomes == [Outcome.SENT] * LAST, sink
