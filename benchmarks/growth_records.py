"""Records of the study whose growth is measured, and its plan."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from monitor import records
from monitor.records import EPOCH_DAY, SECONDS_PER_DAY, Body, Record

STUDY = "GROWTH"
DAY_0 = date(2024, 1, 1).toordinal()
TERMS, DAYS = 20, 365


def record_of(body: Body, entity_id: str, version: int = 1) -> Record:
    """Return a record of the study about *entity_id*, known a year after the first day."""
    digest = int.from_bytes(sha256(repr(body).encode()).digest()[:8], "big")
    known_at = (DAY_0 + DAYS - EPOCH_DAY) * SECONDS_PER_DAY
    return Record(STUDY, entity_id, version, known_at, digest, body)


def plan_record(version: int = 1, groups: str = "", window_days: int = 28) -> Record:
    """Return version *version* of the plan: two arms, one watch of tier 1, and *groups*."""
    toml = PLAN.format(study=STUDY, groups=groups, window_days=window_days)
    body = records.PlanRecord(toml=toml, sha256=sha256(toml.encode()).hexdigest())
    return record_of(body, "office/plan", version)


def treated(subject: str, version: int = 1, treatment: str = "drug", start: int = 0) -> Record:
    """Return the treatment of *subject* from day *start* on, ongoing."""
    body = records.Treatment(
        subject=subject, treatment=treatment, period="main", start=DAY_0 + start
    )
    return record_of(body, f"edc/treated-{subject}", version)


def case(number: int, subject: str, day: int, version: int = 1, term: str = "") -> Record:
    """Return case *number* of *subject* with its onset on *day*."""
    body = records.AdverseEvent(
        subject=subject,
        preferred_term=term or f"Term {number % TERMS}",
        system_organ_class=f"Class {number % 5}",
        onset=DAY_0 + day,
    )
    return record_of(body, f"safety/case-{number:06}", version)


def merged(what: str, duplicate: str, survivor: str, number: int) -> Record:
    """Return a merge of two cases or of two subjects."""
    body = records.Merge(what=what, duplicate=duplicate, survivor=survivor)
    return record_of(body, f"edc/merge-{number}")


PLAN = """\
study = "{study}"
alpha = 0.05
q = 0.1
[treatments]
control = "placebo"
active = ["drug"]
[[periods]]
id = "main"
[at_risk]
window_days = {window_days}
[limits]
as_of_jump_days = 720
[screening]
analysis = "as_treated"
{groups}
[[watches]]
id = "first-term"
kind = "concurrent"
preferred_term = "Term 0"
analysis = "as_treated"
share = 1
"""
