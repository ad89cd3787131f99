"""Writes a small log of made-up records that follows a plan."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from monitor.plan.plan import Plan
from streams.sources.wire import JsonRecord, RecordSource, arrival_key, build_record

SYSTEM = "sample"
PLAN_DAY, FIRST_DAY, EVENT_DAY = "2026-01-02", "2026-01-05", "2026-01-19"
SERIOUS_DAY, DEATH_DAY, LAST_DAY = "2026-02-02", "2026-02-16", "2026-02-20"
SUBJECTS_PER_ARM = 2


def sample_log(plan: Plan, serious_term: str | None = None) -> list[JsonRecord]:
    """Return the records in order of arrival: two subjects of each arm, three cases, one death.

    *serious_term* is the term of the serious case that is not fatal.
    """
    toml = {"toml": plan.toml, "sha256": sha256(plan.toml.encode()).hexdigest()}
    records = [
        _record(plan, "plan", "plan", PLAN_DAY, toml),
        *_subjects(plan),
        *_cases(plan, serious_term),
    ]
    records.append(_record(plan, "tick", "tick", LAST_DAY, {"date": LAST_DAY}))
    return sorted(records, key=arrival_key)


def _subjects(plan: Plan) -> Iterator[JsonRecord]:
    for treatment in plan.treatments:
        for number in range(1, SUBJECTS_PER_ARM + 1):
            subject = _subject(treatment, number)
            arm = {"site": "S-1", "randomised_treatment": treatment, "date": FIRST_DAY}
            received = {"treatment": treatment, "period": plan.periods[0].id, "start": FIRST_DAY}
            for kind, content in (("subject", arm), ("treatment", received)):
                fields = {"subject": subject, **content}
                yield _record(plan, kind, f"{kind}-{subject}", FIRST_DAY, fields)


def _cases(plan: Plan, serious_term: str | None) -> Iterator[JsonRecord]:
    """Yield a mild case on control, and on the first active arm a serious and a fatal one."""
    active = plan.active_treatments[0]
    organ_class = "Infections and infestations" if serious_term is None else "Not classified"
    mild: dict[str, Any] = {"severity": "mild", "serious": False, "relatedness": "unlikely"}
    serious: dict[str, Any] = {"serious": True, "criteria": ["hospitalisation"]}
    fatal: dict[str, Any] = {"serious": True, "criteria": ["death"], "outcome": "fatal"}
    cases = (
        (_subject(plan.control, 1), "Headache", "Nervous system disorders", EVENT_DAY, mild),
        (_subject(active, 1), serious_term or "Pneumonia", organ_class, SERIOUS_DAY, serious),
        (_subject(active, 2), "Cardiac arrest", "Cardiac disorders", DEATH_DAY, fatal),
    )
    for number, (subject, term, group, day, content) in enumerate(cases, start=1):
        names = {"preferred_term": term, "system_organ_class": group}
        fields = {"subject": subject, **names, "onset": day, **content}
        yield _record(plan, "adverse_event", f"ae-{number}", day, fields)
    died = {"subject": _subject(active, 2), "status": "died", "date": DEATH_DAY}
    yield _record(plan, "disposition", "ds-1", DEATH_DAY, died)


def _subject(treatment: str, number: int) -> str:
    return f"{treatment[:40]}-{number}"


def _record(plan: Plan, kind: str, name: str, day: str, content: dict[str, Any]) -> JsonRecord:
    return build_record(kind, plan.study, RecordSource(SYSTEM, name), day, content)
