"""What every reader of a foreign format hands on: records as JSON has them, in order of arrival."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

JsonRecord = dict[str, Any]
"""One record, ready to be written as a line of JSON."""

SCHEMA = "trial.log/1"

TYPE_ORDER = ("plan", "subject", "treatment", "dose", "adverse_event", "disposition")
"""Of records that are known on one day: an allocation before what happens under it."""


class RecordSource(NamedTuple):
    """What a record speaks about, and which of its versions the record is."""

    system: str
    id: str
    version: int = 1


def build_record(
    kind: str, study: str, source: RecordSource, day: str, content: Mapping[str, Any]
) -> JsonRecord:
    """The record of *thing* that became known on *day*; a field without a value is left out."""
    return {
        "schema": SCHEMA,
        "type": kind,
        "study": study,
        "source": source._asdict(),
        "known_at": f"{day}T00:00:00Z",
        **{field: value for field, value in content.items() if value not in (None, [])},
    }


def arrival_key(fields: JsonRecord) -> tuple[str, int, str, str, int]:
    """The place of a record in its log, the same on every run."""
    source = fields["source"]
    type_rank = TYPE_ORDER.index(fields["type"])
    return fields["known_at"], type_rank, source["system"], source["id"], source["version"]
