"""A small trial whose subjects are given treatments in any way, and whose board acts on alerts."""

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
    """A random name for each treatment: it can be nothing else where it is found."""
    return [f"t{secrets.token_hex(8)}" for _ in range(count)]


def in_turns() -> list[int]:
    """The number of each subject's treatment: in turns."""
    return [at % ARMS for at in range(SUBJECTS)]


def exchange_arms(chance: Random) -> list[int]:
    """The same groups of subjects, each on another group's treatment."""
    given = chance.sample(range(ARMS), ARMS)
    return [given[arm] for arm in in_turns()]


def redraw_subjects(chance: Random) -> list[int]:
    """As many subjects on each treatment, and chance decides anew which."""
    return chance.sample(in_turns(), SUBJECTS)


def trial_log(treatments: Sequence[str], given: Sequence[int]) -> list[bytes]:
    """Subject n has the treatment *words*[*given*[n]]: clots ring, and two reports look wrong.

    Most clots are those of the first ten of every fourth subject, so that it rings where they
    have a treatment that is watched, and the more the more of them have it.
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
    """What members do about every alert of the statistics, and about every other case."""
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
    """A member's move, as the board's page sends it."""
    name = f"{alert.id}-{revision}"
    return encode_record(
        wire_record("review", name, "2020-03-01", alert=alert.id, revision=revision, move=move)
        | {"shown": "0f5a1c", "member": "ann", "reason": "Read.", "meaning": "I judge so."}
    )
