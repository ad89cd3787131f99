"""Searches all states of the apply protocol's model: no loss, no duplicate, always an end."""

from __future__ import annotations

import pytest

from tests.simulation.model import Faults, Rules
from tests.simulation.model_sizes import SMALL_MODELS
from tests.simulation.protocol import ApplyProtocol
from tests.simulation.search import check_model

ONE_ROLLBACK = Faults(rollbacks=1)
TWO_ROLLBACKS = Faults(rollbacks=2)


def mutant(
    faults: Faults = ONE_ROLLBACK,
    *,
    log: str = "ABA",
    alert_offset: int = 2,
    workers: int = 2,
    **rules: bool | str,
) -> ApplyProtocol:
    """Return the model with one decision of the design changed."""
    changed = Rules(**rules)  # pyright: ignore[reportArgumentType]
    return ApplyProtocol(log, frozenset({alert_offset}), faults, changed, workers)


MUTANTS = {
    "no compare-and-set": mutant(compares="nothing"),
    "compare-and-set on the rows' positions only": mutant(compares="the rows"),
    "compare-and-set on the cursor only": mutant(compares="the cursor"),
    "the position of a skipped row is not compared": mutant(
        TWO_ROLLBACKS, compares="the cursor and what changed"
    ),
    "cursor written first": mutant(order="cursor outbox rows"),
    "rows written before the outbox": mutant(order="rows outbox cursor"),
    "a row in two writes": mutant(row_in_two_writes=True),
    "published after the apply, without an outbox": mutant(has_outbox=False),
    "removed from the outbox before publication": mutant(removes_before_publishing=True),
    "a record at or below its row's position is folded": mutant(skips_folded=False),
    "a gap before a batch is not detected": mutant(Faults(dropped_batches=1), detects_gaps=False),
    "no seek after a dropped batch": mutant(
        Faults(dropped_batches=1), workers=1, seeks_after_gap=False
    ),
    "the cursor is not checked between applies": mutant(checks_cursor=False),
}


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_every_state_keeps_the_invariants_and_can_reach_the_end(name: str):
    """Two uncoordinated workers lose nothing under any crash, rollback or wipe of the store."""
    violation, size = check_model(SMALL_MODELS[name])

    print(f"{name}: {size}")
    assert violation is None, str(violation)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_search_detects_every_mutant_of_the_protocol(name: str):
    """Each rule of the protocol is necessary: without it, a few steps violate an invariant."""
    violation, size = check_model(MUTANTS[name])

    assert violation is not None, f"{name}: no violation found"
    print(f"{name}, among {size}: {violation}")
