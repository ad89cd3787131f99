"""Two deliverers, one of which dies, sleeps, or loses its partitions: everybody is told, once."""

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

CALLS = ("send pager", "send bell", "note", "read ledger", "read alerts")

FAULTS_EXPECTED = (
    *(f"crash {when}: {call}" for when in ("before", "after") for call in CALLS),
    *("sleep", "down", "rebalance", "late: note", "late: send pager", "lost answer: send pager"),
)
"""What must have happened in two hundred days, or they show nothing."""


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    """What came of the days."""
    return list(run_seeds(range(SEEDS)))


def test_whoever_crashes_every_latest_revision_is_told_and_counts_once(reports: list[Report]):
    """Every sink has the latest of every alert, and one that honours the key has it once.

    The ledger says so of each revision; the Alertmanager rings for what is open and nothing else.
    """
    assert {each.seed: each.violations for each in reports if each.violations} == {}


def test_what_can_happen_has_happened(reports: list[Report]):
    """A day on which nobody crashes while sending shows nothing; nor one without a repetition."""
    happened = sum((each.counts for each in reports), Counter[str]())

    print(*(f"{count:,} {name}" for name, count in sorted(happened.items())), sep="; ")
    assert {name: happened[name] for name in FAULTS_EXPECTED if happened[name] < 3} == {}
    assert happened["again: pager"] > 0
    assert all(sum(n for name, n in each.counts.items() if "crash" in name) for each in reports)


def test_on_a_quiet_day_nothing_is_sent_twice():
    """At least once is a promise for bad days: without a fault there is one notice, not two."""
    reports = list(run_seeds(range(1000, 1030), quiet=True))

    assert {each.seed: each.violations for each in reports if each.violations} == {}
    assert sum(each.counts["again: pager"] + each.counts["again: phone"] for each in reports) == 0


@pytest.mark.parametrize("name", MUTANTS)
def test_some_day_tells_a_mutant_from_the_product(name: str):
    """With one decision taken otherwise, something is missing, told twice, or rings for nothing."""
    cast, quiet = MUTANTS[name]
    reports = (run_seed(seed, quiet=quiet, classes=cast) for seed in range(SEEDS))
    caught = (
        each for each in reports if each.violations or (quiet and each.counts["again: pager"])
    )

    found = next(caught, None)
    assert found is not None, f"{name}: survives {SEEDS} days"
    print(name, found.seed, found.violations[:2])


def test_silence_for_ten_minutes_is_no_all_clear():
    """Every deliverer is dead and none comes after: what rang rings on, for a day."""
    day = CrashRun(Random(0), quiet=True)

    async def silent() -> tuple[set[str], set[str], set[str]]:
        around = asyncio.create_task(day.group.coordinate())
        await day.random_alerts.publish_all(list(day.world.alerts))
        await asyncio.sleep(90)
        around.cancel()
        for site in day.group.deliverers:
            site.machine.kill()
        bell = day.world.receivers["bell"]
        assert isinstance(bell, FakeAlertmanager)
        before = bell.firing()
        await asyncio.sleep(600)
        after = bell.firing()
        await asyncio.sleep(25 * 3600)
        return before, after, bell.firing()

    before, after, at_last = run_virtual(silent())

    assert before == after and len(after) > 0
    assert at_last == set()


def test_a_seed_is_a_day():
    """A failing seed shows the same again."""
    assert list(run_seeds(range(3))) == list(run_seeds(range(3)))
