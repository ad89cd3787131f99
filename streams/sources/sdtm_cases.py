"""Rows of the SDTM domain AE as cases: the rows of one sponsor id are versions of one case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from streams.sources.sdtm_terms import (
    ACTION_TAKEN,
    GRADE,
    OUTCOME,
    RELATEDNESS,
    SEVERITY,
    coded,
    full_date,
    identifier,
    known_part,
    met,
)
from streams.sources.wire import Thing, Wire, record
from streams.sources.xpt import Row, UnreadableStudy

YES_NO = {"Y": True, "N": False}
UNCODED = "NOT YET CODED"
"""The term of an event that the dictionary has not reached: it still counts as an event."""


def adverse_events(
    ae: Iterable[Row], study: str, starts: Mapping[str, str | None]
) -> Iterator[Wire]:
    """A record of each row of *ae*; *starts* are the days on which subjects began treatment."""
    for versions in _cases(ae, starts):
        for version, (known, row) in enumerate(versions, start=1):
            thing = Thing("sdtm.ae", _case(row), version)
            yield record("adverse_event", study, thing, known, _said(row))


def _cases(ae: Iterable[Row], starts: Mapping[str, str | None]) -> Iterator[list[tuple[str, Row]]]:
    """The rows by the case they tell of, each case's in the order they became known."""
    cases: defaultdict[str, list[tuple[str, Row]]] = defaultdict(list)
    for row in ae:
        cases[_case(row)].append((_known(row, starts.get(row["USUBJID"])), row))
    for rows in cases.values():
        yield sorted(rows, key=lambda version: (version[0], int(version[1]["AESEQ"])))


def _case(row: Row) -> str:
    return identifier(row["USUBJID"], row.get("AESPID") or f"seq-{row['AESEQ']}")


def _known(row: Row, start: str | None) -> str:
    day = full_date(row.get("AEDTC", "")) or full_date(row["AESTDTC"]) or start
    if day is None:
        raise UnreadableStudy(
            f"AE: row {row['AESEQ']} of subject {row['USUBJID']} has no full date in AEDTC or"
            " AESTDTC, and no treatment start: nothing says when it became known; give it one"
        )
    return day


def _said(row: Row) -> Wire:
    return {
        "subject": identifier(row["USUBJID"]),
        "preferred_term": row["AEDECOD"] or UNCODED,
        "system_organ_class": row["AEBODSYS"] or UNCODED,
        "verbatim": row.get("AETERM") or None,
        "onset": known_part(row["AESTDTC"]),
        "end": known_part(row.get("AEENDTC", "")),
        "serious": YES_NO.get(row.get("AESER", "")),
        "criteria": _criteria(row),
        "severity": coded(row, "AESEV", SEVERITY) or coded(row, "AETOXGR", GRADE),
        "relatedness": coded(row, "AEREL", RELATEDNESS),
        "outcome": coded(row, "AEOUT", OUTCOME),
        "action_taken": coded(row, "AEACN", ACTION_TAKEN),
    }


def _criteria(row: Row) -> list[str]:
    """Why the site called it serious.  A death stands even where the site did not.

    A criterion on a row with AESER = N contradicts it.  Only a death overrules the flag; the
    others are left out, and counted among the findings for the site to answer.
    """
    return [name for name in met(row) if row.get("AESER") == "Y" or name == "death"]
