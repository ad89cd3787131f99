"""Checks records of the ProDERM log against a second, independent copy of the wire contract."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

Check = Callable[[Any], bool]
ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
CRITERIA = {
    "death",
    "life_threatening",
    "hospitalisation",
    "disability",
    "congenital_anomaly",
    "medically_important",
}


def is_id(value: Any) -> bool:
    """Return whether *value* is an identifier: 1 to 64 letters, digits and ``_.:-``."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def is_text(value: Any) -> bool:
    """Return whether *value* is a string of 1 to 200 characters."""
    return isinstance(value, str) and 1 <= len(value) <= 200


def is_flag(value: Any) -> bool:
    """Return whether *value* is a boolean; 0 and 1 are not."""
    return isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Return whether *value* is an integer or a float; a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_date(value: Any) -> bool:
    """Return whether *value* is a full date; this log has no partial dates."""
    try:
        return date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False


def is_instant(value: Any) -> bool:
    """Return whether *value* is an instant in UTC, to the second, after the year 2000."""
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").year > 2000  # noqa: DTZ007
    except (TypeError, ValueError):
        return False


def one_of(*choices: str) -> Check:
    """Return a check that a value is one of *choices*."""
    return lambda value: value in choices


def is_source(value: Any) -> bool:
    """Return whether *value* has exactly a system, an id and a version."""
    has_parts = isinstance(value, dict) and set(value) == {"system", "id", "version"}
    return has_parts and is_id(value["system"]) and is_id(value["id"]) and value["version"] >= 1


ENVELOPE: dict[str, Check] = {
    "schema": one_of("trial.log/1"),
    "type": is_text,
    "study": one_of("PRODERM"),
    "source": is_source,
    "known_at": is_instant,
}
FIELDS: dict[str, dict[str, Check]] = {
    "plan": {
        "toml": lambda value: isinstance(value, str),
        "sha256": lambda value: re.fullmatch("[0-9a-f]{64}", value) is not None,
    },
    "subject": {"subject": is_id, "site?": is_id, "randomised_treatment?": is_id, "date?": is_date},
    "treatment": {
        "subject": is_id,
        "treatment": one_of("ivig", "placebo"),
        "period": one_of("first", "extension"),
        "start": is_date,
        "end?": is_date,
        "end_reason?": lambda value: is_text(value) and len(value) <= 64,
    },
    "dose": {
        "subject": is_id,
        "cycle?": lambda value: isinstance(value, int) and value >= 1,
        "first_date": is_date,
        "last_date": is_date,
        "amount?": is_number,
        "unit?": is_text,
    },
    "adverse_event": {
        "subject": is_id,
        "preferred_term": is_text,
        "system_organ_class": is_text,
        "verbatim?": is_text,
        "label_group?": is_text,
        "onset?": is_date,
        "end?": is_date,
        "serious?": is_flag,
        "criteria?": lambda value: bool(value) and set(value) <= CRITERIA,
        "severity?": one_of("mild", "moderate", "severe", "life_threatening", "fatal"),
        "relatedness?": one_of("not_related", "unlikely", "possible", "probable", "definite"),
        "outcome?": one_of(
            "recovered",
            "recovering",
            "not_recovered",
            "recovered_with_sequelae",
            "fatal",
            "unknown",
        ),
        "action_taken?": one_of(
            "drug_withdrawn",
            "dose_reduced",
            "dose_increased",
            "dose_not_changed",
            "drug_interrupted",
            "not_applicable",
            "unknown",
        ),
        "adjudications?": lambda value: (
            set(value) == {"thromboembolic"} and set(value.values()) <= {"yes", "no", "pending"}
        ),
    },
    "disposition": {
        "subject": is_id,
        "status": one_of(
            "completed",
            "withdrew",
            "lost",
            "died",
            "adverse_event",
            "lack_of_efficacy",
            "other",
        ),
        "date": is_date,
        "period?": one_of("first", "extension"),
    },
    "assessment": {
        "subject": is_id,
        "instrument": is_id,
        "visit": is_id,
        "value": is_number,
        "date?": is_date,
        "imputed?": is_flag,
    },
    "tick": {"date": is_date},
}


def invalid_fields(record: dict[str, Any]) -> list[str]:
    """Return the names of the fields of *record* that are missing, unknown or invalid."""
    rules = {**ENVELOPE, **FIELDS[record["type"]]}
    checks = {name.rstrip("?"): check for name, check in rules.items()}
    invalid = [name for name in rules if not name.endswith("?") and name not in record]
    invalid += [
        name for name, value in record.items() if name not in checks or not checks[name](value)
    ]
    for begin, end in (("start", "end"), ("onset", "end"), ("first_date", "last_date")):
        if not invalid and begin in record and end in record and record[end] < record[begin]:
            invalid.append(end)
    return invalid
