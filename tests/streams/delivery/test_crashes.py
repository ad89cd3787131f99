"""Simulates crashes, pauses and rebalances of two deliverers: each revision is delivered once."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from tests.simulation.virtual_loop import run_virtual
from tests.streams.delivery.crash import CrashRun, Report, run_seed, run_seeds
from tests.streams.delivery.mutants import MUTANTS
from tests.streams.delivery.receivers import FakeAlertmanager

SEEDS = 200

CALLS = ("send pager", "send bell", "log", "read notification log", "read alerts")

FAULTS_EXPECTED = (
    *(f"crash {when}: {call}" for when in ("before", "after") for call in CALLS),
    *("sleep", "down", "rebalance", "late: log", "late: send pager", "lost answer: send pager"),
)
"""Faults that must occur in the 200 runs; otherwise the runs show nothing."""


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    """Run all seeds."""
    return list(run_seeds(range(SEEDS)))


def test_every_latest_revision_is_delivered_once_despite_crashes(reports: list[Report]):
    """Every sink gets the latest revision of every alert, and a sink that honours the key once.

    The notification log has an entry of each revision; exactly the open alerts fire.
    """
    assert {each.seed: each.violations for each in reports if each.violations} == {}


def test_every_expected_fault_occurs(reports: list[Report]):
    """Every run has a crash, and some runs repeat a notification."""
    counts = sum((each.counts for each in reports), Counter[str]())

    print(*(f"{count:,} {name}" for name, count in sorted(counts.items())), sep="; ")
    assert {name: counts[name] for name in FAULTS_EXPECTED if counts[name] < 3} == {}
    assert counts["repeated: pager"] > 0
    assert all(
        sum(count for name, count in each.counts.items() if "crash" in name) for each in reports
    )


def test_without_faults_nothing_is_sent_twice():
    """Delivery is at least once only where faults occur; rebalances alone repeat nothing."""
    reports = list(run_seeds(range(1000, 1030), quiet=True))

    assert {each.seed: each.violations for each in reports if each.violations} == {}
    assert (
        sum(each.counts["repeated: pager"] + each.counts["repeated: phone"] for each in reports)
        == 0
    )


@pytest.mark.parametrize("name", MUTANTS)
def test_some_seed_detects_each_mutant(name: str):
    """The defect of each mutant causes a violation, or a repetition in a quiet run."""
    classes, quiet = MUTANTS[name]
    reports = (run_seed(seed, quiet=quiet, classes=classes) for seed in range(SEEDS))
    detecting = (
        each for each in reports if each.violations or (quiet and each.counts["repeated: pager"])
    )

    detected = next(detecting, None)
    assert detected is not None, f"{name}: not detected by {SEEDS} seeds"
    print(name, detected.seed, detected.violations[:2])


def test_alerts_keep_firing_for_a_day_without_a_deliverer():
    """Ten minutes after all deliverers died, the same alerts fire; after 25 hours none does."""
    crash_run = CrashRun(Random(0), quiet=True)

    async def run() -> tuple[set[str], set[str], set[str]]:
        coordinating = asyncio.create_task(crash_run.group.coordinate())
        await crash_run.random_alerts.publish_all(list(crash_run.world.alerts))
        await asyncio.sleep(90)
        coordinating.cancel()
        for deliverer in crash_run.group.deliverers:
            deliverer.machine.kill()
        alertmanager = crash_run.world.receivers["bell"]
        assert isinstance(alertmanager, FakeAlertmanager)
        at_death = alertmanager.firing()
        await asyncio.sleep(600)
        after_ten_minutes = alertmanager.firing()
        await asyncio.sleep(25 * 3600)
        return at_death, after_ten_minutes, alertmanager.firing()

    at_death, after_ten_minutes, after_a_day = run_virtual(run())

    assert at_death == after_ten_minutes and len(after_ten_minutes) > 0
    assert after_a_day == set()


def test_a_seed_determines_its_run():
    """A failing seed can be reproduced."""
    assert list(run_seeds(range(3))) == list(run_seeds(range(3)))
