"""Which fields of a record may be left out where they are invalid, so that the record counts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from monitor.records import Criterion, Outcome, Severity
from streams.records.parse import Fields

NOT_NEEDED: dict[str, frozenset[str]] = {
    "subject": frozenset({"stratum", "date"}),
    "treatment": frozenset({"end_reason"}),
    "dose": frozenset({"cycle", "amount", "unit", "rate", "batch"}),
    "adverse_event": frozenset({"verbatim", "end"}),
    "assessment": frozenset({"date"}),
}
"""By record type, the fields that no count and no single-case rule reads."""

OF_A_FATAL_CASE = frozenset(
    {"label_group", "onset", "serious", "criteria", "severity", "relatedness", "outcome"}
    | {"action_taken", "adjudications"}
)
"""What may also be left out of a case that is fatal without it: a death is never refused."""


def may_be_left_out(kind: str, fields: Fields, invalid: Collection[str]) -> bool:
    """Whether a record of type *kind* counts without all its *invalid* fields.

    A severity is not needed beside seriousness criteria, and of a fatal case only the subject and
    the terms are needed.  *fields* are those of the record as it was sent.
    """
    needed = set(invalid) - NOT_NEEDED.get(kind, frozenset())
    if kind != "adverse_event" or not needed:
        return not needed
    valid = {name: value for name, value in fields.items() if name not in invalid}
    if needed <= OF_A_FATAL_CASE and _is_fatal(valid):
        return True
    return needed == {"severity"} and bool(valid.get("criteria"))


def _is_fatal(valid: dict[str, Any]) -> bool:
    return (
        valid.get("outcome") == Outcome.FATAL
        or valid.get("severity") == Severity.FATAL
        or Criterion.DEATH in (valid.get("criteria") or ())
    )
