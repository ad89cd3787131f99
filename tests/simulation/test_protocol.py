"""Walks every state of the apply protocol's model: nothing lost, nothing doubled, always an end."""

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
    """The model with one decision of the design taken otherwise."""
    taken = Rules(**rules)  # pyright: ignore[reportArgumentType]
    return ApplyProtocol(log, frozenset({alert_offset}), faults, taken, workers)


MUTANTS = {
    "no compare-and-set": mutant(compares="nothing"),
    "compare-and-set on the rows' positions only": mutant(compares="the rows"),
    "compare-and-set on the cursor only": mutant(compares="the cursor"),
    "the position of a skipped row is not compared": mutant(
        TWO_ROLLBACKS, compares="the cursor and what changed"
    ),
    "cursor written first": mutant(order="cursor outbox rows"),
    "rows written before the outbox": mutant(order="rows outbox cursor"),
    "a row in two writes": mutant(row_in_two=True),
    "told after the apply, without an outbox": mutant(has_outbox=False),
    "taken out of the outbox before it is told": mutant(removes_first=True),
    "a record at or below its row's position is folded": mutant(skips_folded=False),
    "a gap before a batch goes unseen": mutant(Faults(dropped_batches=1), minds_gaps=False),
    "a dropped batch is not sought again": mutant(
        Faults(dropped_batches=1), workers=1, seeks_again=False
    ),
    "nobody looks at the cursor again": mutant(glances=False),
}


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_every_state_is_right_and_leads_to_the_right_end(name: str):
    """Two workers that know nothing of each other, every crash, a torn or emptied store."""
    fault, account = check_model(SMALL_MODELS[name])

    print(f"{name}: {account}")
    assert fault is None, str(fault)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_model_catches_every_other_decision(name: str):
    """Each rule of the protocol is needed: without it, a few steps lead to a loss."""
    fault, account = check_model(MUTANTS[name])

    assert fault is not None, f"{name}: not caught"
    print(f"{name}, among {account}: {fault}")
