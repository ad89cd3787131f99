"""ProDERM's thromboembolic alert from its first record to a store that was lost, all of it real."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from alerts.blinding import ref
from alerts.ledger import Outcome, Route
from streams.services.alertmanager_server import AlertmanagerServer, find
from tests.alerts.told import wire
from tests.contract import deliverers
from tests.contract.deliverers import sited
from tests.contract.life import BUS, CALLS, HOME, Life, beside, key
from tests.contract.processes import until
from tests.contract.workers import Site
from tests.delivery.receiver import SECRET, Receiver
from tests.places import missing
from tests.streams.acted import SIGNAL
from tests.streams.lanes import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

RUNG, RISEN, FOLLOWED_UP = 100, 2330, 2551
"""So many records raise the alert, bring it to its highest level, and change a case beneath it."""

OTHER = "b52370d0c48625185249771f"
"""The alert of the second watch: it rings once, and nobody answers it."""

BEFORE = (("acknowledge", "acknowledged"), ("review", "under_review"), ("confirm", "confirmed"))
AFTER = (("review", "under_review"), ("confirm", "confirmed"), ("close", "closed"))
LAST = 9
SINKS = ("pager", "bell", "bus")

HOOKED = """
route: {{receiver: ward, group_by: [ref, page], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: ward, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""
"""The Alertmanager calls a receiver of its own, so that what it was told shows there."""


@pytest.fixture
def places(admin: Any, site: Site, tmp_path: Path) -> Iterator[tuple[Site, deliverers.Site]]:
    """Both ends of the line; what another hospital listens to is there, and goes afterwards."""
    program, reason = find()
    if program is None:
        missing(reason)
    if BUS not in admin.list_topics():
        admin.create_topics({BUS: {"num_partitions": 1, "replication_factor": 1}})
    with sited(site.broker, tmp_path) as delivery:
        yield site, delivery
    admin.delete_topics([BUS], raise_errors=False)


async def test_an_alert_lives_its_life_and_a_lost_store_tells_nobody_again(
    places: tuple[Site, deliverers.Site],
):
    """Raised, risen, reviewed, reopened, closed: each told once; Redis is lost, and all is as was.

    What comes after the second announcement on the same partition is told: it was looked at.
    """
    site, delivery = places
    async with Receiver().open() as pager, Receiver().open() as ward:
        with AlertmanagerServer(site.folder / "bell", HOOKED.format(url=ward.url)) as bell:
            life = Life(site, delivery, bell, pager, ward)
            await asyncio.to_thread(whole, life)


def whole(life: Life) -> None:
    """The whole life, the loss, and what is left of both."""
    life.delivery.describe(hook=life.pager.url, alertmanager=life.bell.url)
    deliverer = life.delivery.start()
    with life.site.running() as worker:
        life.delivery.ready(deliverer)
        live(life)
        row, shown = life.site.rows(HOME, [STUDY]), life.shown()
        assert (shown["id"], shown["state"], shown["revision"]) == (SIGNAL, "closed", LAST)
        each_was_told_once(life, 1)

        lose(life.site)
        life.site.reaches(HOME, len(PRODERM) + len(BEFORE) + len(AFTER) - 1)
        until(lambda: life.announced()[f"{SIGNAL}:{LAST}"] == 2, "it to be announced again")
        assert set(life.announced().values()) == {2}
        followed(life)

        assert life.shown() == shown
        assert life.site.rows(HOME, [STUDY]) == row
        assert (deliverer.end(), worker.end()) == (0, 0), deliverer.words + worker.words
    each_was_told_once(life, 3)
    agreed(life)


def live(life: Life) -> None:
    """From the first record to the last, and what the board did meanwhile."""
    life.produce(RUNG)
    life.hear(1)
    assert life.pager.keys.count(key("pager", 1)) == 1
    life.produce(RISEN)
    life.hear(2)
    for shown, (move, state) in enumerate(BEFORE, start=2):
        life.act(move, state, shown)
    life.produce(FOLLOWED_UP)
    life.hear(6)
    for shown, (move, state) in enumerate(AFTER, start=6):
        life.act(move, state, shown)
    last = life.produce(len(PRODERM))
    life.site.reaches(HOME, last)
    until(lambda: life.calls()[6, "resolved"] > 0, "the ward to hear of the end")


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
    life.delivery.announce(*((name, 1, wire(id=name)) for name in names))
    for name in names:
        until(lambda name=name: key("pager", 1, name) in life.pager.keys, "the next to be told")
        until(lambda name=name: key("bus", 1, name) in life.called(), "the bus to have it")
        until(lambda name=name: ref(SECRET, name) in life.ringing(), "the bell to ring for it")


def each_was_told_once(life: Life, others: int) -> None:
    """Every revision came once to every sink, beside *others*; each call began and ended once."""
    assert life.pager.forged == 0
    revisions = range(1, LAST + 1)
    for sink, told in (("pager", Counter(life.pager.keys)), ("bus", life.called())):
        assert [told[key(sink, each)] for each in revisions] == [1] * LAST, sink
        assert told[key(sink, 1, OTHER)] == 1
    assert len(life.pager.keys) == LAST + others
    assert life.calls() == {(each, how): 1 for each in CALLS for how in ("firing", "resolved")}


def agreed(life: Life) -> None:
    """The ledger has each revision as sent on each route, and nothing to wonder about."""
    standing = life.delivery.standing()
    assert standing.unreadable == 0 and standing.ledger.findings == set()
    for sink in SINKS:
        entries = standing.ledger.of(Route("board", sink), SIGNAL)
        outcomes = [entry.outcome for _, entry in sorted(entries.items())]
        assert outcomes == [Outcome.SENT] * LAST, sink
