"""Records that a client of the intake sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from tests.monitor.builders import STUDY as PLAN_STUDY
from tests.monitor.small_plans import plan_of

STUDY = "TRIAL-1"


def record(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    """A record of the study from the system of the first client."""
    return {
        "schema": "trial.log/1",
        "type": kind,
        "study": STUDY,
        "source": {"system": "edc", "id": f"{kind}-{number}", "version": 1},
        "known_at": "2026-03-01T10:00:00Z",
        **fields,
    }


def encoded(fields: Mapping[str, Any]) -> bytes:
    """The bytes of a record."""
    return json.dumps(fields).encode()


def lines(*records: Mapping[str, Any]) -> bytes:
    """Several records, one a line."""
    return b"".join(encoded(each) + b"\n" for each in records)


def plan() -> dict[str, Any]:
    """The plan of the study, with the treatments `act` and `ctl`."""
    toml = plan_of().replace(PLAN_STUDY, STUDY)
    return record("plan", 1, toml=toml, sha256=sha256(toml.encode()).hexdigest())


def subject(number: int, **fields: Any) -> dict[str, Any]:
    """A subject who is screened."""
    return record("subject", number, subject=f"P-{number}", **fields)


def event(number: int, **fields: Any) -> dict[str, Any]:
    """A case of a subject."""
    terms = {"preferred_term": "Headache", "system_organ_class": "Nervous system disorders"}
    return record("adverse_event", number, subject="P-1", **terms, **fields)
