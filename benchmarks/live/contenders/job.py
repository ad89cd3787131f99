"""The job that every contender does, and where it finds its broker and its store.

Of every record of type `adverse_event` in the log, decoded from JSON, count one under its
preferred term and one under its system organ class, by study.  In Redis that is a hash
`pt:<study>` with a field for each preferred term, and a hash `soc:<study>` with a field for each
class.  The log repeats no record, so counting records is counting versions of cases, and nobody
has to remember what was seen.
"""

from __future__ import annotations

import os
from typing import Any

BROKER = os.environ.get("BENCH_BROKER", "")
STORE = os.environ.get("BENCH_STORE", "")
TOPIC = os.environ.get("BENCH_TOPIC", "")
GROUP = os.environ.get("BENCH_GROUP", "")
"""A group that nobody has used, so that the log is read from its beginning."""

Cell = tuple[str, str]
"""A hash of the store and a field in it."""


def is_counted(record: dict[str, Any]) -> bool:
    """Whether the record is one to count."""
    return record["type"] == "adverse_event"


def cells_of(record: dict[str, Any]) -> tuple[Cell, Cell]:
    """The two cells that a counted record adds one to."""
    study = record["study"]
    return (
        (f"pt:{study}", record["preferred_term"]),
        (f"soc:{study}", record["system_organ_class"]),
    )
