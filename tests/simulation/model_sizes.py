"""Sizes of the searched models: seconds in each test run, minutes with `--models`."""

from __future__ import annotations

from tests.simulation.model import Faults
from tests.simulation.protocol import ApplyProtocol

LAST_RECORD = frozenset({2})

SMALL_MODELS = {
    "a rollback and a dropped batch": ApplyProtocol(
        "ABA", LAST_RECORD, Faults(rollbacks=1, dropped_batches=1)
    ),
    "a late apply and a dropped batch": ApplyProtocol(
        "ABA", LAST_RECORD, Faults(late_applies=1, dropped_batches=1)
    ),
    "a rollback between two alerts": ApplyProtocol("AB", frozenset({0, 1}), Faults(rollbacks=1)),
}

LARGE_MODELS = {
    "a rollback, a late apply and a dropped batch": ApplyProtocol(
        "ABA", LAST_RECORD, Faults(rollbacks=1, late_applies=1, dropped_batches=1)
    ),
    "two rollbacks": ApplyProtocol("ABA", LAST_RECORD, Faults(rollbacks=2)),
    "four records": ApplyProtocol("ABAB", frozenset({3}), Faults(rollbacks=1, dropped_batches=1)),
    "two alerts and a late apply": ApplyProtocol(
        "AB", frozenset({0, 1}), Faults(rollbacks=1, late_applies=1)
    ),
}
