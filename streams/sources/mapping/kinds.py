"""The record types that a mapping can name, and what the fields of each mean.

A mapping names fields as docs/records.md does; the rows of `streams.sources.rows` have attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streams.sources.rows import (
    AnyRow,
    AssessmentRow,
    DispositionRow,
    DoseRow,
    EventRow,
    SubjectRow,
    TreatmentRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind:
    """One record type: its row, and the attribute of the row for each field of a mapping."""

    row: type[AnyRow]
    fields: Mapping[str, str]
    required: tuple[str, ...] = ()
    """Fields without which no row can count."""


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


KINDS: Mapping[str, RecordKind] = {
    "subject": RecordKind(
        row=SubjectRow,
        fields=_same(
            "subject",
            "site",
            "stratum",
            "no_arm_reason",
            "treatment_start",
            "follow_up_end",
            "participation_end",
        )
        | {
            "randomised_treatment": "arm",
            "treatment_received": "arm_received",
            "date": "allocated",
            "death_date": "died",
            "died": "died_flag",
        },
        required=("subject",),
    ),
    "treatment": RecordKind(
        row=TreatmentRow,
        fields=_same("subject", "treatment", "period", "start", "end", "end_reason"),
        required=("subject", "start"),
    ),
    "dose": RecordKind(
        row=DoseRow,
        fields=_same(
            "subject", "treatment", "period", "amount", "unit", "rate", "batch", "cycle", "given"
        )
        | {"first_date": "first", "last_date": "last"},
        required=("subject", "first_date"),
    ),
    "adverse_event": RecordKind(
        row=EventRow,
        fields=_same(
            "subject",
            "sequence",
            "system_organ_class",
            "verbatim",
            "label_group",
            "onset",
            "end",
            "serious",
            "criteria",
            "severity",
            "grade",
            "relatedness",
            "outcome",
            "action_taken",
            "treatment_emergent",
        )
        | {"preferred_term": "term", "death_date": "died"},
        required=("subject", "preferred_term", "onset"),
    ),
    "disposition": RecordKind(
        row=DispositionRow,
        fields=_same("subject", "status", "date", "period"),
        required=("subject", "status", "date"),
    ),
    "assessment": RecordKind(
        row=AssessmentRow,
        fields=_same("subject", "instrument", "visit", "value", "date"),
        required=("subject", "instrument", "value"),
    ),
}
"""By the name that a mapping gives in `record`."""

DATES = frozenset(
    {
        "known_at",
        "date",
        "treatment_start",
        "follow_up_end",
        "participation_end",
        "death_date",
        "start",
        "end",
        "first_date",
        "last_date",
        "onset",
    }
)
"""Fields that hold dates, whichever the record type."""

ARMS = frozenset({"randomised_treatment", "treatment_received"})
"""Fields of which every word must be in [arms]."""

TREATMENTS = ARMS | {"treatment"}
"""Fields whose words [arms] translates."""
