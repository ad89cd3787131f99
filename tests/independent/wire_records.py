"""Decides which wire records are refused for their form, before any study is known."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

Record = dict[str, Any]

ENVELOPE = frozenset({"schema", "type", "study", "source", "known_at"})
FIELDS: dict[str, frozenset[str]] = {
    "plan": frozenset({"toml", "sha256", "signatures"}),
    "subject": frozenset({"subject", "site", "randomised_treatment", "stratum", "date"}),
    "treatment": frozenset({"subject", "treatment", "period", "start", "end", "end_reason"}),
    "dose": frozenset(
        {"subject", "cycle", "first_date", "last_date", "amount", "unit", "rate", "batch"}
    ),
    "adverse_event": frozenset(
        {
            *("subject", "preferred_term", "system_organ_class", "verbatim", "label_group"),
            *("onset", "end", "serious", "criteria", "severity", "relatedness", "outcome"),
            *("action_taken", "adjudications"),
        }
    ),
    "disposition": frozenset({"subject", "status", "date", "period"}),
    "collection": frozenset({"kind", "term", "from"}),
    "not_at_risk": frozenset({"subject", "kind", "term", "from", "to"}),
    "assessment": frozenset({"subject", "instrument", "visit", "value", "date", "imputed"}),
    "retraction": frozenset({"target", "reason"}),
    "merge": frozenset({"what", "duplicate", "survivor"}),
    "tick": frozenset({"date"}),
}


def refusal(record: Record) -> str | None:
    """Return why *record* is refused for its form, or None if it is readable."""
    major, minor = schema_of(record)
    if major != 1:
        return "unknown major schema"
    if record["type"] not in FIELDS:
        return "unknown type"
    if minor == 0 and not set(record) <= ENVELOPE | FIELDS[record["type"]]:
        return "unknown field"
    if record["source"]["version"] < 1:
        return "version below 1"
    if record["type"] == "tick" and ordinal(record["date"]) > ordinal(record["known_at"]):
        return "a tick ahead of its own day"
    return interval_refusal(record) or exemption_refusal(record) or plan_text_refusal(record)


def known_fields(record: Record) -> Record:
    """Return the content of *record*: known fields that are not null.

    *schema* and *known_at* are not part of the content.
    """
    known = (ENVELOPE | FIELDS[record["type"]]) - {"known_at", "schema"}
    return {key: value for key, value in record.items() if key in known and value is not None}


def schema_of(record: Record) -> tuple[int, int]:
    """Return the major and minor number of the schema of *record*."""
    numbers = str(record["schema"]).removeprefix("trial.log/").split(".")
    return int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0


def interval_refusal(record: Record) -> str | None:
    """Return the refusal of an interval or a dose that ends before it starts, else None."""
    pairs = {"treatment": ("start", "end"), "dose": ("first_date", "last_date")}
    if record["type"] not in pairs:
        return None
    first, last = (record.get(name) for name in pairs[record["type"]])
    if last is not None and ordinal(last) < ordinal(first):
        return "an end before its start"
    return None


def exemption_refusal(record: Record) -> str | None:
    """Return the refusal of days not at risk in reverse, or of no term or one too many."""
    if record["type"] != "not_at_risk":
        return None
    last = record.get("to")
    if last is not None and ordinal(last) < ordinal(record["from"]):
        return "an end before its start"
    has_term = record.get("term") is not None
    return "any has no term, others have one" if has_term == (record["kind"] == "any") else None


def plan_text_refusal(record: Record) -> str | None:
    """Return the refusal of a plan whose text does not have its digest, else None."""
    if record["type"] != "plan":
        return None
    digest = hashlib.sha256(record["toml"].encode()).hexdigest()
    return None if digest == record["sha256"] else "the plan's sha256 does not match its text"


def ordinal(text: Any) -> int:
    """Return the proleptic Gregorian ordinal of a date written as YYYY-MM-DD."""
    return date.fromisoformat(str(text)[:10]).toordinal()
