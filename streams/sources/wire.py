"""What every reader of a foreign format hands on: records as JSON has them, in order of arrival."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Wire = dict[str, Any]
"""One record, ready to be written as a line of JSON."""

SCHEMA = "trial.log/1"

ORDER = ("plan", "subject", "treatment", "dose", "adverse_event", "disposition")
"""Of records that are known on one day: an allocation before what happens under it."""


class Thing(NamedTuple):
    """What a record speaks about, and which of its versions the record is."""

    system: str
    id: str
    version: int = 1


def record(kind: str, study: str, thing: Thing, day: str, content: Mapping[str, Any]) -> Wire:
    """The record of *thing* that became known on *day*; a field without a value is left out."""
    return {
        "schema": SCHEMA,
        "type": kind,
        "study": study,
        "source": thing._asdict(),
        "known_at": f"{day}T00:00:00Z",
        **{field: value for field, value in content.items() if value not in (None, [])},
    }


def arrival(said: Wire) -> tuple[str, int, str, str, int]:
    """The place of a record in its log, the same on every run."""
    source = said["source"]
    place = ORDER.index(said["type"])
    return said["known_at"], place, source["system"], source["id"], source["version"]
