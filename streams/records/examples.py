"""One complete record of every type, for the JSON Schema and the tests."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

_TOML = 'study = "PRODERM"\nalpha = 0.05\n'


def example(kind: str, /, **fields: Any) -> dict[str, Any]:
    """Return a valid record of type *kind*, with *fields* added or replaced."""
    return EXAMPLES[kind] | fields


def _example_record(kind: str, /, **fields: Any) -> dict[str, Any]:
    return {
        "schema": "trial.log/1",
        "type": kind,
        "study": "PRODERM",
        "source": {"system": "edc", "id": f"{kind}-000123", "version": 2},
        "known_at": "2017-03-05T10:00:00Z",
        **fields,
    }


EXAMPLES: dict[str, dict[str, Any]] = {
    "plan": _example_record(
        "plan",
        toml=_TOML,
        sha256=sha256(_TOML.encode()).hexdigest(),
        signatures=[{"key": "sponsor-2017", "signature": "mFh0cmlhbC1sb2c="}],
    ),
    "subject": _example_record(
        "subject",
        subject="S-0042",
        site="US-07",
        randomised_treatment="ivig",
        stratum="mild",
        date="2017-02-20",
    ),
    "treatment": _example_record(
        "treatment",
        subject="S-0042",
        treatment="ivig",
        period="first",
        start="2017-02-20",
        end="2017-06-12",
        end_reason="completed",
    ),
    "dose": _example_record(
        "dose",
        subject="S-0042",
        cycle=2,
        first_date="2017-03-20",
        last_date="2017-03-22",
        amount=140.5,
        unit="g",
        rate=0.08,
        batch="B-17.3",
    ),
    "adverse_event": _example_record(
        "adverse_event",
        subject="S-0042",
        preferred_term="Deep vein thrombosis",
        system_organ_class="Vascular disorders",
        verbatim="DVT of the left leg, seen by ultrasound",
        label_group="Thromboembolic events",
        onset="2017-02-27",
        end="2017-03",
        serious=True,
        criteria=["hospitalisation", "medically_important"],
        severity="severe",
        relatedness="possible",
        outcome="recovering",
        action_taken="drug_withdrawn",
        adjudications={"thromboembolic": "yes"},
    ),
    "disposition": _example_record(
        "disposition", subject="S-0042", status="withdrew", date="2017-06-11", period="first"
    ),
    "collection": _example_record(
        "collection", kind="group", term="thromboembolic", **{"from": "2017-01-01"}
    ),
    "not_at_risk": _example_record(
        "not_at_risk",
        subject="S-0042",
        kind="preferred_term",
        term="Appendicitis",
        **{"from": "2017-03-01", "to": "2017-06-12"},
    ),
    "assessment": _example_record(
        "assessment",
        subject="S-0042",
        instrument="TIS",
        visit="week-16",
        value=42.5,
        date="2017-06-12",
        imputed=False,
    ),
    "retraction": _example_record(
        "retraction",
        target={"system": "edc", "id": "adverse_event-000123"},
        reason="Entered for another subject.",
    ),
    "merge": _example_record(
        "merge", what="case", duplicate="safety/AE-9", survivor="edc/AE-000123"
    ),
    "review": _example_record(
        "review",
        alert="a1b2c3d4e5f6",
        revision=1,
        move="acknowledge",
        shown="0f5a1c",
        member="board-2",
        reason="Seen; the cases are being read.",
        meaning="I have seen this alert.",
        signatures=[{"key": "board-2", "signature": "mFh0cmlhbC1sb2c="}],
    ),
    "tick": _example_record("tick", date="2017-03-05"),
}
