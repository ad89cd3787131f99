"""Sends the real worker, lane and store through storms; each must end as if nothing had been."""

from __future__ import annotations

from collections import Counter
from os import cpu_count

import pytest

from tests.simulation.mutants import HARMLESS, MUTANTS
from tests.simulation.seeds import run_seeds
from tests.simulation.storm import StormReport, run_storm

SEEDS = 300
"""The storm proper, `make storm`, has ten thousand."""

CALLS = ("check", "cursor", "row", "positions", "apply", "outbox", "told", "read", "ends", "send")
CALL_FAULTS = ("crash before", "crash after", "unsent", "lost answer")

FAULTS_EXPECTED = {
    *(f"{fate}: {call}" for call in CALLS for fate in CALL_FAULTS),
    *(f"late: {call}" for call in ("apply", "told", "send")),
    *("kill", "sleep", "fall", "tear", "torn apply", "wipe", "spoil", "rewind", "rebalance"),
    *("batch lost", "batch lost in silence", "fold raised", "released", "applied: stale"),
}
"""What must have happened in three hundred storms, or they show nothing."""


@pytest.fixture(scope="module")
def reports() -> list[StormReport]:
    """What came of the storms."""
    return list(run_seeds(range(SEEDS), cpu_count() or 1))


def test_a_storm_ends_as_if_nothing_had_been(reports: list[StormReport]):
    """Rows, cursor, alerts and dead letters are those of one quiet pass over the log.

    On the way every prefix of writes is looked at, for any may be all that is left of a store.
    """
    assert [str(report) for report in reports if report.violation] == []


def test_everything_that_can_happen_has_happened(reports: list[StormReport]):
    """A storm that spares the workers shows nothing."""
    happened = sum((report.counts for report in reports), Counter[str]())

    print(*(f"{count:,} {name}" for name, count in sorted(happened.items())), sep="; ")
    assert {name: happened[name] for name in FAULTS_EXPECTED if happened[name] < 5} == {}


@pytest.mark.parametrize("name", MUTANTS)
def test_storms_tell_a_mutant_from_the_product(name: str):
    """With one decision taken otherwise, some storm among the three hundred shows it."""
    storms = (run_storm(seed, MUTANTS[name]) for seed in range(SEEDS))
    wrong = next((report for report in storms if report.violation), None)

    assert wrong is not None, f"{name}: survives {SEEDS} storms"
    print(f"{name}: {wrong}"[:300])


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_lost_in_silence_is_missed(name: str):
    """A fetched batch that never comes to the agent is fetched again, and nobody was told."""
    reports = [run_storm(seed, HARMLESS[name]) for seed in range(20)]

    assert [str(report) for report in reports if report.violation] == []


def test_a_seed_is_a_storm():
    """A failing seed shows the same again, fault by fault."""
    once, again = ([run_storm(seed) for seed in range(5)] for _ in range(2))

    assert once == again
