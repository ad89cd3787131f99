"""The job of every contender, and the settings by which it finds its broker and its store.

Each record of type `adverse_event` in the log is decoded from JSON and counted under its preferred
term and under its system organ class, by study.  In Redis that is a hash `pt:<study>` with a field
for each preferred term, and a hash `soc:<study>` with a field for each class.  The log repeats no
record, so counting records equals counting versions of cases, and no contender needs to remember
earlier records.
"""

from __future__ import annotations

import os
from typing import Any

BROKER = os.environ.get("BENCH_BROKER", "")
STORE = os.environ.get("BENCH_STORE", "")
TOPIC = os.environ.get("BENCH_TOPIC", "")
GROUP = os.environ.get("BENCH_GROUP", "")
"""An unused group, so that the log is read from its beginning."""

Cell = tuple[str, str]
"""A hash of the store and a field in it."""


def is_counted(record: dict[str, Any]) -> bool:
    """Return whether the job counts the record."""
    return record["type"] == "adverse_event"


def cells_of(record: dict[str, Any]) -> tuple[Cell, Cell]:
    """Return the two cells to which a counted record adds one."""
    study = record["study"]
    return (
        (f"pt:{study}", record["preferred_term"]),
        (f"soc:{study}", record["system_organ_class"]),
    )
