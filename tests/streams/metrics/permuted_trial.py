"""Builds the log of a small trial with any allocation, and reviews of its alerts by the board."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from random import Random

import orjson

from alerts.alert import Alert, AlertKind
from streams.records.encode import encode_record
from tests.scenarios.commands import clot_record, plan_record, treatment_record, wire_record

STUDY = "S"
ARMS, SUBJECTS = 4, 40

RULES = """
[[rules]]
name = "clots"
when = "group"
group = "clots"
"""


def random_names(count: int = ARMS) -> list[str]:
    """Return a random name for each treatment, which cannot occur in a page by coincidence."""
    return [f"t{secrets.token_hex(8)}" for _ in range(count)]


def in_turns() -> list[int]:
    """Return the treatment number of each subject, assigned in turn."""
    return [at % ARMS for at in range(SUBJECTS)]


def exchange_arms(chance: Random) -> list[int]:
    """Return an allocation in which whole groups of subjects exchange their treatments."""
    exchanged = chance.sample(range(ARMS), ARMS)
    return [exchanged[arm] for arm in in_turns()]


def redraw_subjects(chance: Random) -> list[int]:
    """Return a random allocation with as many subjects on each treatment as before."""
    return chance.sample(in_turns(), SUBJECTS)


def trial_log(treatments: Sequence[str], given: Sequence[int]) -> list[bytes]:
    """Return a log in which subject n has the treatment *treatments*[*given*[n]].

    Most clots are in every fourth subject, so the number of alerts depends on how many of these
    have an active treatment.  One report is fatal, and one onset is before the first dose.
    """
    control, *active = treatments
    records = [plan_record()]
    toml = records[0]["toml"].replace("placebo", control).replace('"drug"', str(active)[1:-1])
    toml += RULES
    records[0] |= {"toml": toml, "sha256": hashlib.sha256(toml.encode()).hexdigest()}
    subjects = [f"P{number}" for number in range(len(given))]
    records += [
        wire_record("subject", f"s-{name}", "2020-01-01", subject=name, site=f"site-{at % 3}")
        | {"randomised_treatment": treatments[arm], "date": "2020-01-01"}
        for at, (name, arm) in enumerate(zip(subjects, given, strict=True))
    ]
    records += [
        treatment_record(name, treatments[arm]) for name, arm in zip(subjects, given, strict=True)
    ]
    records += [clot_record(name, "2020-01-20") for name in subjects[::4]]
    records += [
        clot_record(name, "2020-02-11") for name in [*subjects[1::4][:3], *subjects[2::4][:1]]
    ]
    records += [clot_record("P3", "2020-02-12", outcome="fatal")]
    records += [clot_record("P7", "2019-12-20")]
    return [orjson.dumps(line) for line in records]


def reviews_of(published: Iterable[Alert]) -> list[bytes]:
    """Return reviews by a member of every signal alert and of every second case alert."""
    latest = {alert.id: alert for alert in published if alert.tracked}
    alerts = [each for each in latest.values() if each.kind is AlertKind.SIGNAL]
    alerts += [each for each in latest.values() if each.kind is AlertKind.CASE][::2]
    moves = ("acknowledge", "begin_review", "refute", "close")
    return [
        review(alert, alert.revision + at, move)
        for alert in alerts
        for at, move in enumerate(moves)
    ]


def review(alert: Alert, revision: int, move: str) -> bytes:
    """Return a member's move as a record of the log."""
    name = f"{alert.id}-{revision}"
    return encode_record(
        wire_record("review", name, "2020-03-01", alert=alert.id, revision=revision, move=move)
        | {"shown": "0f5a1c", "member": "ann", "reason": "Read.", "meaning": "I judge so."}
    )
