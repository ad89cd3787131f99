"""Runs the real worker and processor in storms; each must end like a run without faults."""

from __future__ import annotations

from collections import Counter
from os import cpu_count

import pytest

from tests.simulation.mutants import HARMLESS, MUTANTS
from tests.simulation.seeds import run_seeds
from tests.simulation.storm import StormReport, run_storm

SEEDS = 300
"""The target `make storm` runs ten thousand."""

CALLS = ("check", "cursor", "row", "heads", "apply", "outbox", "told", "read", "ends", "send")
CALL_FAULTS = ("crash before", "crash after", "unsent", "lost answer")

FAULTS_EXPECTED = {
    *(f"{fate}: {call}" for call in CALLS for fate in CALL_FAULTS),
    *(f"late: {call}" for call in ("apply", "told", "send")),
    *("kill", "sleep", "fall", "tear", "torn apply", "wipe", "spoil", "rewind", "rebalance"),
    *("batch lost", "batch lost in silence", "fold raised", "released", "applied: stale"),
}
"""Faults that must occur in the three hundred storms, or they would show nothing."""


@pytest.fixture(scope="module")
def reports() -> list[StormReport]:
    """Return the reports of all seeds."""
    return list(run_seeds(range(SEEDS), cpu_count() or 1))


def test_a_storm_ends_like_a_run_without_faults(reports: list[StormReport]):
    """Rows, cursor, alerts and dead letters equal those of one pass over the log without faults.

    Every prefix of the writes is checked too, because a crash of the store may leave any of them.
    """
    assert [str(report) for report in reports if report.violation] == []


def test_every_expected_fault_occurs_in_the_storms(reports: list[StormReport]):
    """Storms without a kind of fault would show nothing about it."""
    counts = sum((report.counts for report in reports), Counter[str]())

    print(*(f"{count:,} {name}" for name, count in sorted(counts.items())), sep="; ")
    assert {name: counts[name] for name in FAULTS_EXPECTED if counts[name] < 5} == {}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_storms_detect_every_mutant(name: str):
    """With one decision of the product changed, at least one of the storms has a violation."""
    mutant_reports = (run_storm(seed, MUTANTS[name]) for seed in range(SEEDS))
    failed = next((report for report in mutant_reports if report.violation), None)

    assert failed is not None, f"{name}: no violation in {SEEDS} storms"
    print(f"{name}: {failed}"[:300])


@pytest.mark.parametrize("name", HARMLESS)
def test_a_batch_that_is_lost_silently_is_fetched_again(name: str):
    """A fetched batch that never reaches the agent is fetched again without any report of it."""
    reports = [run_storm(seed, HARMLESS[name]) for seed in range(20)]

    assert [str(report) for report in reports if report.violation] == []


def test_a_seed_reproduces_its_storm():
    """The same seed has the same faults and the same result, so a failure can be repeated."""
    first, second = ([run_storm(seed) for seed in range(5)] for _ in range(2))

    assert first == second
