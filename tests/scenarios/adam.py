"""Builds a log from the high-dose and placebo arms of the CDISC pilot's ADaM tables."""

from __future__ import annotations

from collections.abc import Iterator

from tests.scenarios.realdata import (
    ARMS,
    WireRecord,
    day_after,
    in_order,
    plan_record,
    shared_table,
    wire_record,
)

STUDY = "CDISCPILOT01-ADAM"
ARMS_COMPARED = ("Placebo", "Xanomeline High Dose")

PLAN = f"""\
study = "{STUDY}"
title = "High dose against placebo, from ADSL and ADAE"
alpha = 0.05
q = 0.1

[treatments]
control = "placebo"
active = ["xanomeline_high_dose"]

[[periods]]
id = "randomised"
randomised = true

[at_risk]
window_days = 0

[screening]
period = "randomised"
analysis = "as_treated"
time = "study"
"""


def adam_records() -> list[WireRecord]:
    """Return the log: a plan, treatment intervals and one case per treatment-emergent row of ADAE.

    A treatment interval is ``[TRTSDT, RFENDT + 1)``.
    """
    records = in_order([*_treatments(), *_cases()])
    return [plan_record(STUDY, PLAN, records[0]["known_at"][:10]), *records]


def _treatments() -> Iterator[WireRecord]:
    """Yield two versions of each treatment interval: open at its start, closed at its end."""
    for row in shared_table("cdiscpilot01", "adsl.csv"):
        if row["SAFFL"] != "Y" or row["TRT01A"] not in ARMS_COMPARED:
            continue
        content: WireRecord = {
            "subject": row["USUBJID"],
            "treatment": ARMS[row["TRT01A"]],
            "period": "randomised",
            "start": row["TRTSDT"],
        }
        entity, last = f"{row['USUBJID']}.treatment", row["RFENDT"]
        yield wire_record("treatment", STUDY, entity, row["TRTSDT"], **content)
        yield wire_record("treatment", STUDY, entity, last, 2, end=day_after(last), **content)


def _cases() -> Iterator[WireRecord]:
    """Yield one case per row, known on its onset day because ADAE has no collection date."""
    for row in shared_table("cdiscpilot01", "adae.csv"):
        if row["TRTEMFL"] != "Y" or not row["ASTDT"] or row["TRTA"] not in ARMS_COMPARED:
            continue
        yield wire_record(
            "adverse_event",
            STUDY,
            f"{row['USUBJID']}.{row['AESEQ']}",
            row["ASTDT"],
            subject=row["USUBJID"],
            preferred_term=row["AEDECOD"],
            system_organ_class=row["AEBODSYS"],
            onset=row["ASTDT"],
        )
