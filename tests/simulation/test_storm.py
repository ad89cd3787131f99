"""Sends the real worker, lane and store through storms; each must end as if nothing had been."""

from __future__ import annotations

from collections import Counter
from os import cpu_count

import pytest

from tests.simulation.mutants import HARMLESS, MUTANTS
from tests.simulation.seeds import at_once
from tests.simulation.storm import Report, stormed

SEEDS = 300
"""The storm proper, `make storm`, has ten thousand."""

CALLS = ("check", "cursor", "row", "positions", "apply", "outbox", "told", "read", "ends", "send")
FATES = ("crash before", "crash after", "unsent", "lost answer")

STRUCK = {
    *(f"{fate}: {call}" for call in CALLS for fate in FATES),
    *(f"late: {call}" for call in ("apply", "told", "send")),
    *("kill", "sleep", "fall", "tear", "torn apply", "wipe", "spoil", "rewind", "rebalance"),
    *("batch lost", "batch lost in silence", "fold raised", "released", "applied: stale"),
}
"""What must have happened in three hundred storms, or they show nothing."""


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    """What came of the storms."""
    return list(at_once(range(SEEDS), cpu_count() or 1))


def test_a_storm_ends_as_if_nothing_had_been(reports: list[Report]):
    """Rows, cursor, alerts and dead letters are those of one quiet pass over the log.

    On the way every prefix of writes is looked at, for any may be all that is left of a store.
    """
    assert [str(report) for report in reports if report.wrong] == []


def test_everything_that_can_happen_has_happened(reports: list[Report]):
    """A storm that spares the workers shows nothing."""
    happened = sum((report.counts for report in reports), Counter[str]())

    print(*(f"{count:,} {name}" for name, count in sorted(happened.items())), sep="; ")
    assert {name: happened[name] for name in STRUCK if happened[name] < 5} == {}


@pytest.mark.parametrize("name", MUTANTS)
def test_storms_tell_a_mutant_from_the_product(name: str):
    """With one decision taken otherwise, some storm among the three hundred shows it."""
    storms = (stormed(seed, MUTANTS[name]) for seed in range(SEEDS))
    wrong = next((report for report in storms if report.wrong), None)

    assert wrong is not None, f"{name}: survives {SEEDS} storms"
    print(f"{name}: {wrong}"[:300])


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_lost_in_silence_is_missed(name: str):
    """A fetched batch that never comes to the agent is fetched again, and nobody was told."""
    reports = [stormed(seed, HARMLESS[name]) for seed in range(20)]

    assert [str(report) for report in reports if report.wrong] == []


def test_a_seed_is_a_storm():
    """A failing seed shows the same again, fault by fault."""
    once, again = ([stormed(seed) for seed in range(5)] for _ in range(2))

    assert once == again
