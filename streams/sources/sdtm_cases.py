"""Converts rows of the SDTM domain AE into cases; rows of one sponsor id are versions of a case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from monitor.terms import fold_term
from streams.sources.sdtm_terms import (
    ACTION_TAKEN,
    GRADE,
    OUTCOME,
    RELATEDNESS,
    SEVERITY,
    coded_value,
    criteria_met,
    full_date,
    identifier,
    known_date_part,
)
from streams.sources.wire import JsonRecord, RecordSource, build_record
from streams.sources.xpt import Row, UnreadableStudy

YES_NO = {"Y": True, "N": False}
UNCODED = "NOT YET CODED"
"""The term of an event without a coded term: the event is counted under this text."""


def adverse_event_records(
    ae: Iterable[Row], study: str, treatment_starts: Mapping[str, str | None]
) -> Iterator[JsonRecord]:
    """Yield one record a row of *ae*.

    *treatment_starts* has the first day of treatment by USUBJID, used where a row has no full
    date of its own.  Raises `UnreadableStudy` where a row has neither.
    """
    for versions in _case_versions(ae, treatment_starts):
        for version, (known_day, row) in enumerate(versions, start=1):
            source = RecordSource("sdtm.ae", _case_id(row), version)
            yield build_record("adverse_event", study, source, known_day, _case_content(row))


def _case_versions(
    ae: Iterable[Row], treatment_starts: Mapping[str, str | None]
) -> Iterator[list[tuple[str, Row]]]:
    """Yield the rows of each case, in the order in which they became known."""
    cases: defaultdict[str, list[tuple[str, Row]]] = defaultdict(list)
    for row in ae:
        cases[_case_id(row)].append((_known_day(row, treatment_starts.get(row["USUBJID"])), row))
    for rows in cases.values():
        yield sorted(rows, key=lambda version: (version[0], int(version[1]["AESEQ"])))


def _case_id(row: Row) -> str:
    return identifier(row["USUBJID"], row.get("AESPID") or f"seq-{row['AESEQ']}")


def _known_day(row: Row, treatment_start: str | None) -> str:
    day = full_date(row.get("AEDTC", "")) or full_date(row["AESTDTC"]) or treatment_start
    if day is None:
        raise UnreadableStudy(
            f"AE: row {row['AESEQ']} of subject {row['USUBJID']} has no full date in AEDTC or"
            " AESTDTC, and no treatment start: the day on which it became known is missing; add"
            " one of these dates"
        )
    return day


def _case_content(row: Row) -> JsonRecord:
    return {
        "subject": identifier(row["USUBJID"]),
        "preferred_term": _coded(row["AEDECOD"]),
        "system_organ_class": _coded(row["AEBODSYS"]),
        "verbatim": row.get("AETERM") or None,
        "onset": known_date_part(row["AESTDTC"]),
        "end": known_date_part(row.get("AEENDTC", "")),
        "serious": YES_NO.get(row.get("AESER", "")),
        "criteria": _criteria(row),
        "severity": coded_value(row, "AESEV", SEVERITY) or coded_value(row, "AETOXGR", GRADE),
        "relatedness": coded_value(row, "AEREL", RELATEDNESS),
        "outcome": coded_value(row, "AEOUT", OUTCOME),
        "action_taken": coded_value(row, "AEACN", ACTION_TAKEN),
    }


def _coded(term: str) -> str:
    """Return *term*, or UNCODED where it has no visible character."""
    return term if fold_term(term) else UNCODED


def _criteria(row: Row) -> list[str]:
    """Return the seriousness criteria that count.

    A criterion on a row with AESER = N contradicts the flag.  Only death overrules the flag; other
    criteria are left out and counted as findings for the site to resolve.
    """
    return [name for name in criteria_met(row) if row.get("AESER") == "Y" or name == "death"]
