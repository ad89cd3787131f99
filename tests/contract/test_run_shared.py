"""Several workers of one group: one is killed or frozen, and no record is lost or doubled."""

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
"""The other workers learn of a rebalance with their next heartbeat."""

SMALL_POLLS = {"POLL_RECORDS": "20"}
"""Small fetches, so that a fault falls between two fetches of one burst."""


def stop_all(*workers: CommandProcess) -> None:
    """Stop each worker, and check that it exits with 0."""
    for worker in workers:
        assert worker.stop() == 0, worker.output


def test_the_partitions_of_a_killed_worker_move_to_the_others_in_time(site: WorkerSite):
    """Each owns some of the twelve; within the session timeout the other two take over the rest."""
    traffic = Traffic(site)
    with (
        site.running(**SMALL_POLLS) as one,
        site.running(**SMALL_POLLS) as two,
        site.running(**SMALL_POLLS) as three,
    ):
        wait_until(lambda: traffic.is_shared_by([one, two, three]), "three to share")
        traffic.send(3_000)
        wait_until(lambda: traffic.lag() < 3_000, "the first folded records")
        moved_partitions = traffic.assignments()[one.health]
        one.stop(signal.SIGKILL)
        killed_at = time.monotonic()
        assert traffic.lag(moved_partitions), "the worker was killed after everything was folded"
        traffic.send(500)

        wait_until(lambda: traffic.is_shared_by([two, three]), "the others to own its partitions")
        assert time.monotonic() - killed_at < SESSION_SECONDS + JOINING_SECONDS
        wait_until(
            lambda: not traffic.lag(moved_partitions), "its partitions to be folded by the others"
        )
        traffic.wait_drained()
        stop_all(two, three)
    assert traffic.find_faults() == []


@pytest.mark.campaign
def test_a_worker_frozen_past_its_session_writes_nothing_when_it_resumes(site: WorkerSite):
    """The apply that it was preparing is refused as stale and logged; then it joins again."""
    traffic = Traffic(site)
    with site.running() as frozen, site.running() as other:
        wait_until(lambda: traffic.is_shared_by([frozen, other]), "two to share")
        its_partitions = traffic.assignments()[frozen.health]
        traffic.send(5_000)
        frozen.process.send_signal(signal.SIGSTOP)
        assert traffic.lag(its_partitions), "the worker was frozen after everything was folded"

        traffic.wait_drained()
        assert traffic.assignments() == {other.health: ALL_PARTITIONS}
        before = traffic.store_contents()
        frozen.process.send_signal(signal.SIGCONT)

        def has_rejoined() -> bool:
            # Folding again would soon overwrite a stale write, so the store is compared repeatedly.
            assert traffic.store_contents() == before, "the stale worker wrote to the store"
            return traffic.is_shared_by([frozen, other]) and frozen.readiness() == (True, [])

        wait_until(has_rejoined, "the worker to join again")
        assert "refused an apply as stale" in frozen.output

        traffic.send(500)
        traffic.wait_drained()
        stop_all(frozen, other)
    assert traffic.find_faults() == []
