"""Maps the words of code lists to values of a record, for every format alike.

Words are compared without case, and with runs of white space as one space.
"""

from __future__ import annotations

from collections.abc import Mapping

SEVERITY = {
    "mild": "mild",
    "moderate": "moderate",
    "severe": "severe",
    "life threatening": "life_threatening",
    "life-threatening": "life_threatening",
    "fatal": "fatal",
}
"""Codelist AESEV, and two values that sponsors add to it."""

GRADE = {
    f"{prefix}{number}": severity
    for prefix in ("", "grade ")
    for number, severity in enumerate(
        ("mild", "moderate", "severe", "life_threatening", "fatal"), start=1
    )
}
"""CTCAE grades of AETOXGR, as a number or as "GRADE 5"."""

RELATEDNESS = {
    "none": "not_related",
    "not related": "not_related",
    "n": "not_related",
    "no": "not_related",
    "unrelated": "not_related",
    "remote": "unlikely",
    "unlikely": "unlikely",
    "unlikely related": "unlikely",
    "possible": "possible",
    "possibly related": "possible",
    "related": "possible",
    "y": "possible",
    "yes": "possible",
    "probable": "probable",
    "probably related": "probable",
    "definite": "definite",
    "definitely related": "definite",
}
"""Values of AEREL in common use: it has no CDISC codelist.  A binary "related" is possible."""

OUTCOME = {
    "recovered/resolved": "recovered",
    "recovering/resolving": "recovering",
    "not recovered/not resolved": "not_recovered",
    "recovered/resolved with sequelae": "recovered_with_sequelae",
    "fatal": "fatal",
    "unknown": "unknown",
}
"""Codelist OUT."""

ACTION_TAKEN = {
    "drug withdrawn": "drug_withdrawn",
    "dose reduced": "dose_reduced",
    "dose increased": "dose_increased",
    "dose not changed": "dose_not_changed",
    "drug interrupted": "drug_interrupted",
    "not applicable": "not_applicable",
    "unknown": "unknown",
}
"""Codelist ACN."""

STATUS = {
    "completed": "completed",
    "withdrawal by subject": "withdrew",
    "withdrawal by parent/guardian": "withdrew",
    "withdrew consent": "withdrew",
    "lost to follow-up": "lost",
    "death": "died",
    "died": "died",
    "adverse event": "adverse_event",
    "lack of efficacy": "lack_of_efficacy",
}
"""Codelist NCOMPLT; every other reason becomes "other"."""

YES_NO = {
    "y": "yes",
    "yes": "yes",
    "true": "yes",
    "1": "yes",
    "n": "no",
    "no": "no",
    "false": "no",
    "0": "no",
}
"""Codelist NY, and the ways in which exports write it."""

CODE_LISTS: Mapping[str, Mapping[str, str]] = {
    "severity": SEVERITY,
    "grade": GRADE,
    "relatedness": RELATEDNESS,
    "outcome": OUTCOME,
    "action_taken": ACTION_TAKEN,
    "status": STATUS,
    "serious": YES_NO,
    "died_flag": YES_NO,
    "given": YES_NO,
    "treatment_emergent": YES_NO,
}
"""By field of a row: the words that are known without a mapping of the user's."""


def fold_word(text: str) -> str:
    """Return *text* in the form in which words of code lists are compared.

    >>> fold_word("  GRADE   5 ")
    'grade 5'
    """
    return " ".join(text.split()).casefold()


def find_code(field: str, text: str) -> str | None:
    """Return the record's value for *text* in *field*: "" where it is empty, None if unknown.

    >>> find_code("grade", "Grade 5"), find_code("serious", ""), find_code("outcome", "gone")
    ('fatal', '', None)
    """
    word = fold_word(text)
    return CODE_LISTS[field].get(word) if word else ""
