"""What an SDTM tabulation says that contradicts itself, or that an ingest had to decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

from streams.sources.sdtm_terms import (
    ACTION_TAKEN,
    OUTCOME,
    RELATEDNESS,
    SEVERITY,
    full_date,
    known_part,
    met,
)
from streams.sources.xpt import Row, Tabulation, read_tabulation


class Finding(StrEnum):
    """A question for whoever made the tabulation; the text says what the ingest did meanwhile."""

    ARM_DIFFERS = "subjects whose actual arm (ACTARM) differs from ARM: ARM is used"
    FATAL_NOT_SERIOUS = "fatal adverse events that say AESER = N: kept as they are"
    CRITERION_NOT_SERIOUS = (
        "adverse events that meet a seriousness criterion other than death and say AESER = N:"
        " the criterion is left out"
    )
    PARTIAL_ONSET = "adverse events whose onset is only a month or a year: kept as they are"
    NO_ONSET = "adverse events without an onset date: in no table"
    ONSET_AFTER_REPORT = "adverse events collected before they began: kept as they are"
    UNKNOWN_WORD = "adverse events with a word outside our code lists: that field is left out"
    DOSE_WITHOUT_START = "doses without a full start date: left out"
    DOSE_WITHOUT_END = "doses without an end date: sure of their first day only"
    LEFT_BEFORE_END = "subjects who left (DSSTDTC) before the end of follow-up: RFENDTC is used"


CODED = {
    "AESEV": SEVERITY,
    "AEREL": RELATEDNESS,
    "AEOUT": OUTCOME,
    "AEACN": ACTION_TAKEN,
}
"""Variables of an adverse event that become one of our words."""


def findings(directory: Path) -> dict[Finding, int]:
    """How many rows each finding holds for, in the study whose tabulation is in *directory*.

    A finding that holds for none is not one.
    """
    counts = {finding: sum(told) for finding, told in _judged(read_tabulation(directory))}
    return {finding: count for finding, count in counts.items() if count}


def _judged(tabulation: Tabulation) -> Iterator[tuple[Finding, Iterator[bool]]]:
    ends = {row["USUBJID"]: row["RFENDTC"] for row in tabulation.dm}
    rules: list[tuple[Finding, Callable[[Row], bool]]] = [
        (Finding.FATAL_NOT_SERIOUS, lambda ae: _denied(ae) and _fatal(ae)),
        (Finding.CRITERION_NOT_SERIOUS, lambda ae: _denied(ae) and bool({*met(ae)} - {"death"})),
        (Finding.PARTIAL_ONSET, lambda ae: len(known_part(ae["AESTDTC"]) or "") in (4, 7)),
        (Finding.NO_ONSET, lambda ae: known_part(ae["AESTDTC"]) is None),
        (Finding.ONSET_AFTER_REPORT, _after_report),
        (Finding.UNKNOWN_WORD, _unknown_word),
    ]
    yield Finding.ARM_DIFFERS, (_arm_differs(row) for row in tabulation.dm)
    for finding, holds in rules:
        yield finding, map(holds, tabulation.ae)
    yield Finding.DOSE_WITHOUT_START, (not full_date(row["EXSTDTC"]) for row in tabulation.ex)
    yield Finding.DOSE_WITHOUT_END, (not full_date(row["EXENDTC"]) for row in tabulation.ex)
    yield (
        Finding.LEFT_BEFORE_END,
        (
            row["DSCAT"] == "DISPOSITION EVENT"
            and "" < row["DSSTDTC"] < ends.get(row["USUBJID"], "")
            for row in tabulation.ds
        ),
    )


def _arm_differs(dm: Row) -> bool:
    return dm.get("ACTARM", dm["ARM"]) != dm["ARM"]


def _denied(ae: Row) -> bool:
    return ae.get("AESER") != "Y"


def _fatal(ae: Row) -> bool:
    return ae.get("AEOUT") == "FATAL" or "death" in met(ae)


def _after_report(ae: Row) -> bool:
    onset = known_part(ae["AESTDTC"])
    collected = full_date(ae.get("AEDTC", ""))
    return onset is not None and collected is not None and onset > collected[: len(onset)]


def _unknown_word(ae: Row) -> bool:
    words = {variable: ae.get(variable, "").upper() for variable in CODED}
    return any(word and word not in CODED[variable] for variable, word in words.items())
