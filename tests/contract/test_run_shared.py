"""Several workers of one group: they share, one dies or sleeps, and nothing is lost or doubled."""

from __future__ import annotations

import signal
import time

import pytest

from streams.worker.app import FAUST_SECONDS
from tests.contract.processes import CommandProcess, wait_until
from tests.contract.traffic import ALL_PARTITIONS, Traffic
from tests.contract.workers import WorkerSite

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

SESSION_SECONDS = FAUST_SECONDS["broker_session_timeout"]

JOINING_SECONDS = FAUST_SECONDS["broker_heartbeat_interval"] + 2
"""The others learn of it with their next heartbeat."""

SMALL_POLLS = {"POLL_RECORDS": "20"}
"""So that what strikes a worker falls between two fetches of one burst."""


def stop_all(*workers: CommandProcess) -> None:
    """End each in good order."""
    for worker in workers:
        assert worker.stop() == 0, worker.output


def test_three_share_and_the_partitions_of_a_killed_one_move_in_time(site: WorkerSite):
    """Each holds some of the twelve; within the session the two that are left fold them all."""
    traffic = Traffic(site)
    with (
        site.running(**SMALL_POLLS) as one,
        site.running(**SMALL_POLLS) as two,
        site.running(**SMALL_POLLS) as three,
    ):
        wait_until(lambda: traffic.is_shared_by([one, two, three]), "three to share")
        traffic.send(3_000)
        wait_until(lambda: traffic.lag() < 3_000, "something folded")
        moving = traffic.assignments()[one.health]
        one.stop(signal.SIGKILL)
        killed = time.monotonic()
        assert traffic.lag(moving), "it was killed when all was done"
        traffic.send(500)

        wait_until(
            lambda: traffic.is_shared_by([two, three]), "its partitions to be with the others"
        )
        assert time.monotonic() - killed < SESSION_SECONDS + JOINING_SECONDS
        wait_until(lambda: not traffic.lag(moving), "its partitions to be folded by the others")
        traffic.wait_drained()
        stop_all(two, three)
    assert traffic.find_faults() == []


def test_one_that_slept_past_its_session_writes_nothing_when_it_wakes(site: WorkerSite):
    """What it was folding when it was frozen is of the past; it says so, and takes part again."""
    traffic = Traffic(site)
    with site.running() as sleeper, site.running() as other:
        wait_until(lambda: traffic.is_shared_by([sleeper, other]), "two to share")
        taken = traffic.assignments()[sleeper.health]
        traffic.send(5_000)
        sleeper.process.send_signal(signal.SIGSTOP)
        assert traffic.lag(taken), "it was frozen when all was done"

        traffic.wait_drained()
        assert traffic.assignments() == {other.health: ALL_PARTITIONS}
        before = traffic.store_contents()
        sleeper.process.send_signal(signal.SIGCONT)

        def back() -> bool:
            # What is stale would be mended soon, by folding again: hence again and again.
            assert traffic.store_contents() == before, "it wrote something"
            return traffic.is_shared_by([sleeper, other]) and sleeper.readiness() == (True, [])

        wait_until(back, "it to take part again")
        assert "refused an apply as stale" in sleeper.output

        traffic.send(500)
        traffic.wait_drained()
        stop_all(sleeper, other)
    assert traffic.find_faults() == []
