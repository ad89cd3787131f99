"""The output of every reader of a foreign format: JSON records with a fixed order of arrival."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

JsonRecord = dict[str, Any]
"""One record, ready to be written as a line of JSON."""

SCHEMA = "trial.log/1"

TYPE_ORDER = (
    "plan", "subject", "treatment", "dose", "adverse_event", "disposition", "assessment",
    "retraction", "tick",
)  # fmt: skip
"""Order of records known at one time: an allocation precedes what happens under it."""


class RecordSource(NamedTuple):
    """The source system, the id of an entity there, and the version that a record reports."""

    system: str
    id: str
    version: int = 1


def build_record(
    kind: str, study: str, source: RecordSource, known: str, content: Mapping[str, Any]
) -> JsonRecord:
    """Return the record of *source*, without its empty fields.

    It is known on the day or at the instant *known* (YYYY-MM-DD, or the instant in UTC).
    """
    return {
        "schema": SCHEMA,
        "type": kind,
        "study": study,
        "source": source._asdict(),
        "known_at": known if "T" in known else f"{known}T00:00:00Z",
        **{field: value for field, value in content.items() if value not in (None, "", [])},
    }


def arrival_key(fields: JsonRecord) -> tuple[str, int, str, str, int]:
    """Return the sort key that gives every record one place in its log, equal on every run."""
    source = fields["source"]
    type_rank = TYPE_ORDER.index(fields["type"])
    return fields["known_at"], type_rank, source["system"], source["id"], source["version"]
