"""Maps CDISC controlled terms, dates and names to values of a record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from hashlib import blake2b

from streams.sources.xpt import Row

SEVERITY = {
    "MILD": "mild",
    "MODERATE": "moderate",
    "SEVERE": "severe",
    "LIFE THREATENING": "life_threatening",
    "FATAL": "fatal",
}
"""Codelist AESEV, and two values that sponsors add to it."""

GRADE = dict(zip("12345", SEVERITY.values(), strict=True))
"""CTCAE grades of AETOXGR, for studies that have them instead of AESEV."""

RELATEDNESS = {
    "NONE": "not_related",
    "NOT RELATED": "not_related",
    "N": "not_related",
    "REMOTE": "unlikely",
    "UNLIKELY": "unlikely",
    "UNLIKELY RELATED": "unlikely",
    "POSSIBLE": "possible",
    "POSSIBLY RELATED": "possible",
    "PROBABLE": "probable",
    "PROBABLY RELATED": "probable",
    "DEFINITE": "definite",
    "RELATED": "definite",
    "Y": "definite",
}
"""AEREL has no CDISC codelist: these are the values in common use."""

OUTCOME = {
    "RECOVERED/RESOLVED": "recovered",
    "RECOVERING/RESOLVING": "recovering",
    "NOT RECOVERED/NOT RESOLVED": "not_recovered",
    "RECOVERED/RESOLVED WITH SEQUELAE": "recovered_with_sequelae",
    "FATAL": "fatal",
    "UNKNOWN": "unknown",
}
"""Codelist OUT."""

ACTION_TAKEN = {
    "DRUG WITHDRAWN": "drug_withdrawn",
    "DOSE REDUCED": "dose_reduced",
    "DOSE INCREASED": "dose_increased",
    "DOSE NOT CHANGED": "dose_not_changed",
    "DRUG INTERRUPTED": "drug_interrupted",
    "NOT APPLICABLE": "not_applicable",
    "UNKNOWN": "unknown",
}
"""Codelist ACN."""

STATUS = {
    "COMPLETED": "completed",
    "WITHDRAWAL BY SUBJECT": "withdrew",
    "WITHDRAWAL BY PARENT/GUARDIAN": "withdrew",
    "LOST TO FOLLOW-UP": "lost",
    "DEATH": "died",
    "ADVERSE EVENT": "adverse_event",
    "LACK OF EFFICACY": "lack_of_efficacy",
}
"""Codelist NCOMPLT; every other reason becomes ``other``."""

CRITERIA = {
    "AESDTH": "death",
    "AESLIFE": "life_threatening",
    "AESHOSP": "hospitalisation",
    "AESDISAB": "disability",
    "AESCONG": "congenital_anomaly",
    "AESMIE": "medically_important",
}
"""The seriousness criteria of ICH E2A, which do not include AESCAN and AESOD."""

NOT_AN_ARM = frozenset({"", "SCREEN FAILURE", "NOT ASSIGNED", "NOT TREATED", "UNPLANNED TREATMENT"})
"""Values of ARM that name no treatment."""

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def criteria_met(row: Row) -> list[str]:
    """Return every seriousness criterion that *row* of AE marks with Y."""
    return [name for variable, name in CRITERIA.items() if row.get(variable) == "Y"]


def coded_value(row: Row, variable: str, codes: Mapping[str, str]) -> str | None:
    """Return the record's value for *variable*, or None where it is empty or not in *codes*."""
    return codes.get(row.get(variable, "").upper())


def known_date_part(text: str) -> str | None:
    """Return the known part of an ISO 8601 date from the year down, without its time of day.

    None where the year is unknown or the date is in no calendar.

    >>> (
    ...     known_date_part("2014-01-16T10:15"),
    ...     known_date_part("2014-01"),
    ...     known_date_part("2014---16"),
    ... )
    ('2014-01-16', '2014-01', '2014')
    >>> known_date_part("--01-16") is None
    True
    """
    match = _DATE.match(text)
    return match.group() if match and _is_calendar_date(match.group()) else None


def full_date(text: str) -> str | None:
    """Return the day that *text* names as YYYY-MM-DD, or None if its month or day is unknown."""
    day = known_date_part(text)
    return day if day and len(day) == 10 else None


def _is_calendar_date(day: str) -> bool:
    try:
        date.fromisoformat(day + "-01-01"[len(day) - 4 :])
    except ValueError:
        return False
    return True


def treatment_id(arm: str) -> str | None:
    """Return the treatment id of *arm*; None for a screen failure and other values of no treatment.

    >>> treatment_id("Xanomeline High Dose"), treatment_id("Screen Failure")
    ('xanomeline_high_dose', None)
    """
    if arm.upper() in NOT_AN_ARM:
        return None
    words = re.sub(r"[^a-z0-9]+", "_", arm.lower()).strip("_")
    return words if 0 < len(words) <= 48 else f"arm_{_hash(arm)}"


def identifier(*parts: str) -> str:
    """Join *parts* to one id; a hash keeps ids distinct where characters had to be replaced.

    >>> identifier("01-701-1015", "E07")
    '01-701-1015.E07'
    >>> identifier("site 3/1")
    'site_3_1.21f967b486a1'
    """
    text = ".".join(parts)
    if _ID.fullmatch(text):
        return text
    return f"{re.sub('[^A-Za-z0-9_.:-]', '_', text)[:48]}.{_hash(text)}"


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=6).hexdigest()
