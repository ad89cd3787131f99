"""Walks every state of the apply protocol's model: nothing lost, nothing doubled, always an end."""

from __future__ import annotations

import pytest

from tests.simulation.model import Faults, Rules
from tests.simulation.protocol import Protocol
from tests.simulation.search import walked
from tests.simulation.sizes import SMALL

FALL = Faults(falls=1)
FALLS = Faults(falls=2)


def mutant(
    faults: Faults = FALL,
    *,
    log: str = "ABA",
    rings: int = 2,
    workers: int = 2,
    **rules: bool | str,
) -> Protocol:
    """The model with one decision of the design taken otherwise."""
    taken = Rules(**rules)  # pyright: ignore[reportArgumentType]
    return Protocol(log, frozenset({rings}), faults, taken, workers)


MUTANTS = {
    "no compare-and-set": mutant(compares="nothing"),
    "compare-and-set on the rows' positions only": mutant(compares="the rows"),
    "compare-and-set on the cursor only": mutant(compares="the cursor"),
    "the position of a skipped row is not compared": mutant(
        FALLS, compares="the cursor and what changed"
    ),
    "cursor written first": mutant(order="cursor outbox rows"),
    "rows written before the outbox": mutant(order="rows outbox cursor"),
    "a row in two writes": mutant(row_in_two=True),
    "told after the apply, without an outbox": mutant(has_outbox=False),
    "taken out of the outbox before it is told": mutant(removes_first=True),
    "a record at or below its row's position is folded": mutant(skips_folded=False),
    "a gap before a batch goes unseen": mutant(Faults(drops=1), minds_gaps=False),
    "a dropped batch is not sought again": mutant(Faults(drops=1), workers=1, seeks_again=False),
    "nobody looks at the cursor again": mutant(glances=False),
}


@pytest.mark.parametrize("name", SMALL)
def test_every_state_is_right_and_leads_to_the_right_end(name: str):
    """Two workers that know nothing of each other, every crash, a torn or emptied store."""
    fault, account = walked(SMALL[name])

    print(f"{name}: {account}")
    assert fault is None, str(fault)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_model_catches_every_other_decision(name: str):
    """Each rule of the protocol is needed: without it, a few steps lead to a loss."""
    fault, account = walked(MUTANTS[name])

    assert fault is not None, f"{name}: not caught"
    print(f"{name}, among {account}: {fault}")
