"""Several workers of one group: they share, one dies or sleeps, and nothing is lost or doubled."""

from __future__ import annotations

import signal
import time

import pytest

from streams.worker.app import SECONDS
from tests.contract.processes import Worker, until
from tests.contract.traffic import ALL, Traffic
from tests.contract.workers import Site

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

SESSION = SECONDS["broker_session_timeout"]

JOINING_SECONDS = SECONDS["broker_heartbeat_interval"] + 2
"""The others learn of it with their next heartbeat."""

FEW = {"POLL_RECORDS": "20"}
"""So that what strikes a worker falls between two fetches of one burst."""


def ended(*workers: Worker) -> None:
    """End each in good order."""
    for worker in workers:
        assert worker.end() == 0, worker.words


def test_three_share_and_the_partitions_of_a_killed_one_move_in_time(site: Site):
    """Each holds some of the twelve; within the session the two that are left fold them all."""
    traffic = Traffic(site)
    with site.running(**FEW) as one, site.running(**FEW) as two, site.running(**FEW) as three:
        until(lambda: traffic.shared_by([one, two, three]), "three to share")
        traffic.send(3_000)
        until(lambda: traffic.behind() < 3_000, "something folded")
        moving = traffic.held()[one.health]
        one.end(signal.SIGKILL)
        killed = time.monotonic()
        assert traffic.behind(moving), "it was killed when all was done"
        traffic.send(500)

        until(lambda: traffic.shared_by([two, three]), "its partitions to be with the others")
        assert time.monotonic() - killed < SESSION + JOINING_SECONDS
        until(lambda: not traffic.behind(moving), "its partitions to be folded by the others")
        traffic.settles()
        ended(two, three)
    assert traffic.faults() == []


def test_one_that_slept_past_its_session_writes_nothing_when_it_wakes(site: Site):
    """What it was folding when it was frozen is of the past; it says so, and takes part again."""
    traffic = Traffic(site)
    with site.running() as sleeper, site.running() as other:
        until(lambda: traffic.shared_by([sleeper, other]), "two to share")
        taken = traffic.held()[sleeper.health]
        traffic.send(5_000)
        sleeper.process.send_signal(signal.SIGSTOP)
        assert traffic.behind(taken), "it was frozen when all was done"

        traffic.settles()
        assert traffic.held() == {other.health: ALL}
        before = traffic.kept()
        sleeper.process.send_signal(signal.SIGCONT)

        def back() -> bool:
            # What is stale would be mended soon, by folding again: hence again and again.
            assert traffic.kept() == before, "it wrote something"
            return traffic.shared_by([sleeper, other]) and sleeper.ready() == (True, [])

        until(back, "it to take part again")
        assert "refused an apply as stale" in sleeper.words

        traffic.send(500)
        traffic.settles()
        ended(sleeper, other)
    assert traffic.faults() == []
