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


def an_id(value: Any) -> bool:
    """Letters, digits and four signs, at most 64."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def a_text(value: Any) -> bool:
    """A string that says something."""
    return isinstance(value, str) and 1 <= len(value) <= 200


def a_flag(value: Any) -> bool:
    """True or false, and not one or zero."""
    return isinstance(value, bool)


def a_number(value: Any) -> bool:
    """Whole or not, but no flag."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def a_date(value: Any) -> bool:
    """A full date; this log has no partial ones."""
    try:
        return date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False


def an_instant(value: Any) -> bool:
    """UTC to the second."""
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").year > 2000  # noqa: DTZ007
    except (TypeError, ValueError):
        return False


def one_of(*choices: str) -> Check:
    """A value of an enumeration."""
    return lambda value: value in choices


def a_source(value: Any) -> bool:
    """System, id and version, and nothing else."""
    known = isinstance(value, dict) and set(value) == {"system", "id", "version"}
    return known and an_id(value["system"]) and an_id(value["id"]) and value["version"] >= 1


ENVELOPE: dict[str, Check] = {
    "schema": one_of("trial.log/1"),
    "type": a_text,
    "study": one_of("PRODERM"),
    "source": a_source,
    "known_at": an_instant,
}
FIELDS: dict[str, dict[str, Check]] = {
    "plan": {
        "toml": lambda value: isinstance(value, str),
        "sha256": lambda value: re.fullmatch("[0-9a-f]{64}", value) is not None,
    },
    "subject": {"subject": an_id, "site?": an_id, "randomised_treatment?": an_id, "date?": a_date},
    "treatment": {
        "subject": an_id,
        "treatment": one_of("ivig", "placebo"),
        "period": one_of("first", "extension"),
        "start": a_date,
        "end?": a_date,
        "end_reason?": lambda value: a_text(value) and len(value) <= 64,
    },
    "dose": {
        "subject": an_id,
        "cycle?": lambda value: isinstance(value, int) and value >= 1,
        "first_date": a_date,
        "last_date": a_date,
        "amount?": a_number,
        "unit?": a_text,
    },
    "adverse_event": {
        "subject": an_id,
        "preferred_term": a_text,
        "system_organ_class": a_text,
        "verbatim?": a_text,
        "label_group?": a_text,
        "onset?": a_date,
        "end?": a_date,
        "serious?": a_flag,
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
        "subject": an_id,
        "status": one_of(
            "completed",
            "withdrew",
            "lost",
            "died",
            "adverse_event",
            "lack_of_efficacy",
            "other",
        ),
        "date": a_date,
        "period?": one_of("first", "extension"),
    },
    "assessment": {
        "subject": an_id,
        "instrument": an_id,
        "visit": an_id,
        "value": a_number,
        "date?": a_date,
        "imputed?": a_flag,
    },
    "tick": {"date": a_date},
}


def faults(record: dict[str, Any]) -> list[str]:
    """The fields of *record* that are missing, unknown or wrong."""
    rules = {**ENVELOPE, **FIELDS[record["type"]]}
    known = {name.rstrip("?"): check for name, check in rules.items()}
    wrong = [name for name in rules if not name.endswith("?") and name not in record]
    wrong += [name for name, value in record.items() if name not in known or not known[name](value)]
    for begin, end in (("start", "end"), ("onset", "end"), ("first_date", "last_date")):
        if not wrong and begin in record and end in record and record[end] < record[begin]:
            wrong.append(end)
    return wrong
