"""The wire contract of the records that the ProDERM log has, written down a second time."""

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
    """Letters, digits and four signs, at most 64."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def is_text(value: Any) -> bool:
    """A string that says something."""
    return isinstance(value, str) and 1 <= len(value) <= 200


def is_flag(value: Any) -> bool:
    """True or false, and not one or zero."""
    return isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whole or not, but no flag."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_date(value: Any) -> bool:
    """A full date; this log has no partial ones."""
    try:
        return date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False


def is_instant(value: Any) -> bool:
    """UTC to the second."""
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").year > 2000  # noqa: DTZ007
    except (TypeError, ValueError):
        return False


def one_of(*choices: str) -> Check:
    """A value of an enumeration."""
    return lambda value: value in choices


def is_source(value: Any) -> bool:
    """System, id and version, and nothing else."""
    known = isinstance(value, dict) and set(value) == {"system", "id", "version"}
    return known and is_id(value["system"]) and is_id(value["id"]) and value["version"] >= 1


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
    """The fields of *record* that are missing, unknown or wrong."""
    rules = {**ENVELOPE, **FIELDS[record["type"]]}
    known = {name.rstrip("?"): check for name, check in rules.items()}
    wrong = [name for name in rules if not name.endswith("?") and name not in record]
    wrong += [name for name, value in record.items() if name not in known or not known[name](value)]
    for begin, end in (("start", "end"), ("onset", "end"), ("first_date", "last_date")):
        if not wrong and begin in record and end in record and record[end] < record[begin]:
            wrong.append(end)
    return wrong
