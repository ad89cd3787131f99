"""Counts contradictions and gaps in an SDTM tabulation, each with the decision of the ingest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

from streams.sources.sdtm_terms import (
    ACTION_TAKEN,
    OUTCOME,
    RELATEDNESS,
    SEVERITY,
    criteria_met,
    full_date,
    known_date_part,
)
from streams.sources.xpt import Row, Tabulation, read_tabulation


class TabulationFinding(StrEnum):
    """A question for the author of the tabulation; the text names what the ingest does for now."""

    ARM_DIFFERS = "subjects whose actual arm (ACTARM) differs from ARM: ARM is used"
    FATAL_NOT_SERIOUS = "fatal adverse events that say AESER = N: kept as they are"
    CRITERION_NOT_SERIOUS = (
        "adverse events that meet a seriousness criterion other than death and say AESER = N:"
        " the criterion is left out"
    )
    PARTIAL_ONSET = "adverse events whose onset is only a month or a year: kept as they are"
    NO_ONSET = "adverse events without an onset date: in no table"
    ONSET_AFTER_REPORT = "adverse events collected before they began: kept as they are"
    UNKNOWN_TERM = "adverse events with a word outside our code lists: that field is left out"
    DOSE_WITHOUT_START = "doses without a full start date: left out"
    DOSE_WITHOUT_END = "doses without an end date: sure of their first day only"
    LEFT_BEFORE_END = "subjects who left (DSSTDTC) before the end of follow-up: RFENDTC is used"


CODELISTS = {
    "AESEV": SEVERITY,
    "AEREL": RELATEDNESS,
    "AEOUT": OUTCOME,
    "AEACN": ACTION_TAKEN,
}
"""Code lists of the variables of an adverse event that are mapped to values of the record."""


def count_findings(directory: Path) -> dict[TabulationFinding, int]:
    """Return the number of rows by finding, for the study whose tabulation is in *directory*.

    Findings without a row are left out.  Raises `UnreadableStudy` as `read_tabulation` does.
    """
    return findings_in(read_tabulation(directory))


def findings_in(tabulation: Tabulation) -> dict[TabulationFinding, int]:
    """Return the number of rows by finding in *tabulation*, without findings that have none."""
    counts = {finding: sum(matches) for finding, matches in _evaluate_rules(tabulation)}
    return {finding: count for finding, count in counts.items() if count}


def _evaluate_rules(tabulation: Tabulation) -> Iterator[tuple[TabulationFinding, Iterator[bool]]]:
    ends = {row["USUBJID"]: row["RFENDTC"] for row in tabulation.dm}
    rules: list[tuple[TabulationFinding, Callable[[Row], bool]]] = [
        (TabulationFinding.FATAL_NOT_SERIOUS, lambda ae: _not_serious(ae) and _is_fatal(ae)),
        (
            TabulationFinding.CRITERION_NOT_SERIOUS,
            lambda ae: _not_serious(ae) and bool({*criteria_met(ae)} - {"death"}),
        ),
        (
            TabulationFinding.PARTIAL_ONSET,
            lambda ae: len(known_date_part(ae["AESTDTC"]) or "") in (4, 7),
        ),
        (TabulationFinding.NO_ONSET, lambda ae: known_date_part(ae["AESTDTC"]) is None),
        (TabulationFinding.ONSET_AFTER_REPORT, _onset_after_report),
        (TabulationFinding.UNKNOWN_TERM, _has_unknown_term),
    ]
    yield TabulationFinding.ARM_DIFFERS, (_arm_differs(row) for row in tabulation.dm)
    for finding, rule in rules:
        yield finding, map(rule, tabulation.ae)
    yield (
        TabulationFinding.DOSE_WITHOUT_START,
        (not full_date(row["EXSTDTC"]) for row in tabulation.ex),
    )
    yield (
        TabulationFinding.DOSE_WITHOUT_END,
        (not full_date(row["EXENDTC"]) for row in tabulation.ex),
    )
    yield (
        TabulationFinding.LEFT_BEFORE_END,
        (
            row["DSCAT"] == "DISPOSITION EVENT"
            and "" < row["DSSTDTC"] < ends.get(row["USUBJID"], "")
            for row in tabulation.ds
        ),
    )


def _arm_differs(dm: Row) -> bool:
    return dm.get("ACTARM", dm["ARM"]) != dm["ARM"]


def _not_serious(ae: Row) -> bool:
    return ae.get("AESER") != "Y"


def _is_fatal(ae: Row) -> bool:
    return ae.get("AEOUT") == "FATAL" or "death" in criteria_met(ae)


def _onset_after_report(ae: Row) -> bool:
    onset = known_date_part(ae["AESTDTC"])
    collected = full_date(ae.get("AEDTC", ""))
    return onset is not None and collected is not None and onset > collected[: len(onset)]


def _has_unknown_term(ae: Row) -> bool:
    values = {variable: ae.get(variable, "").upper() for variable in CODELISTS}
    return any(word and word not in CODELISTS[variable] for variable, word in values.items())
