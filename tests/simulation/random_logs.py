"""Draws a small log of one partition: several trials, and records that must be refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from orjson import loads

from streams.kafka.partitioner import partition_of
from streams.records.encode import encode_record as encoded
from tests.alerts.board_logs import with_reviews
from tests.independent.builders import (
    event,
    iso_date,
    merge,
    plan,
    plan_text,
    retraction,
    subject,
    tick,
    toml_table,
    treatment,
    wire_record,
)

Fields = dict[str, Any]

PARTITION, PARTITIONS = 0, 2

STUDY_NAMES = [
    name for name in map("TRIAL-{}".format, range(40)) if partition_of(name, 2) == PARTITION
]
OTHER_PARTITION_STUDY = next(
    name for name in map("OTHER-{}".format, range(9)) if partition_of(name, 2)
)

STUDY_DAYS = 60
TERMS = {"DVT": "VASC", "PE": "VASC", "HEADACHE": "NERV", "RASH": "SKIN"}

WATCHES = "\n".join(
    (
        toml_table(
            "[watches]",
            id="clots-known",
            kind="reference",
            treatment="act",
            group="clots",
            source="A register",
            tier=1,
            share=0.5,
            rate_per_100_patient_years=4,
        ),
        toml_table(
            "[watches]",
            id="clots",
            kind="concurrent",
            treatment="act",
            period="first",
            analysis="as_treated",
            group="clots",
            tier=1,
            share=0.4,
        ),
        toml_table(
            "[watches]",
            id="serious",
            kind="reference",
            treatment="act",
            group="serious",
            source="A register",
            tier=1,
            share=0.1,
            rate_per_100_patient_years=10,
        ),
    )
)
GROUPS = "\n".join(
    (
        toml_table("groups.clots", preferred_terms=["DVT", "PE"]),
        toml_table("groups.serious", serious=True),
    )
)

POISON = (b"", b"{", b"\xff\xfe", b'{"schema":"trial.log/2"}', b'{"a":1,"a":2}', b"[1]")
"""Bytes that are no record: each is quarantined, and too many in a row stop the partition."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One record as it is stored in the log."""

    offset: int
    key: bytes | None
    value: bytes | None


def draw_log(random: Random) -> list[LogEntry]:
    """Draw a log of a few dozen records, with gaps as transaction markers leave them."""
    studies = random.sample(STUDY_NAMES, random.choice((2, 2, 3)))
    trials = [with_board_moves(random, list(trial_records(random, study))) for study in studies]
    pairs = list(interleaved(random, trials))
    for _ in range(random.randint(0, 6)):
        pairs.insert(random.randint(0, len(pairs)), random.choice(pairs))
    for _ in range(random.randint(0, 4)):
        pairs.insert(random.randint(0, len(pairs)), stray_record(random, studies))
    if random.random() < 0.25:
        at = random.randint(0, len(pairs))
        pairs[at:at] = [(b"noise", random.choice(POISON)) for _ in range(random.randint(2, 5))]
    return at_offsets(
        random, [*pairs, *(key_and_value(study, tick(STUDY_DAYS + 40)) for study in studies)]
    )


def with_board_moves(random: Random, records: list[Fields]) -> list[Fields]:
    """Return the records of one trial, mostly with reviews of its alerts by the board."""
    if random.random() < 0.3:
        return records
    return [loads(each) for each in with_reviews(map(encoded, records), random, share=0.15)]


def interleaved(random: Random, trials: list[list[Fields]]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the records of all *trials* in random order; the order within each trial stays."""
    remaining = [trial for trial in trials if trial]
    while remaining:
        record = random.choice(remaining).pop(0)
        yield key_and_value(record["study"], record)
        remaining = [trial for trial in remaining if trial]


def key_and_value(study: str, record: Fields) -> tuple[bytes, bytes]:
    """Return key and value of *record* for *study*."""
    return study.encode(), encoded({**record, "study": study})


def at_offsets(random: Random, pairs: list[tuple[bytes | None, bytes]]) -> list[LogEntry]:
    """Number the pairs by offset, and leave a random offset out now and then."""
    entries: list[LogEntry] = []
    offset = 0
    for key, value in pairs:
        offset += random.random() < 0.04
        entries.append(LogEntry(offset, key, value))
        offset += 1
    return entries


def stray_record(random: Random, studies: list[str]) -> tuple[bytes, bytes]:
    """Draw a record that changes no row: not decodable, a wrong key or partition, or no plan."""
    clock = tick(random.randint(1, STUDY_DAYS))
    kind = random.choice(("poison", "poison", "key", "partition", "no plan"))
    match kind:
        case "key":
            return b"somebody", key_and_value(random.choice(studies), clock)[1]
        case "partition":
            return key_and_value(OTHER_PARTITION_STUDY, clock)
        case "no plan":
            return key_and_value(STUDY_NAMES[-1] + "x" * (STUDY_NAMES[-1] in studies), clock)
        case _:
            return random.choice(studies).encode(), random.choice(POISON)


def trial_records(random: Random, study: str) -> Iterator[Fields]:
    """Yield the records of one trial in an order that a real log could have."""
    text = plan_text(groups=GROUPS, watches=WATCHES, jump="90").replace('"T1"', f'"{study}"')
    people = [f"S{number}" for number in range(1, random.randint(4, 7))]
    records = list(subject_records(random, people))
    cases = [draw_case(random, number, people) for number in range(random.randint(4, 10))]
    places = [random.randint(len(records) // 3, len(records)) for _ in cases]
    for index, one in sorted(zip(places, cases, strict=True), key=lambda pair: -pair[0]):
        records.insert(index, one)
    for fields in corrections(random, people, cases):
        records.insert(random.randint(len(records) // 2, len(records)), fields)
    if random.random() < 0.4:
        changed = text.replace("window_days = 0", f"window_days = {random.choice((7, 28))}")
        records.insert(random.randint(1, len(records)), plan(changed, version=2))
    first = plan(text)
    subject_first = random.random() < 0.15  # A record before the plan.
    for fields in [records[0], first, *records[1:]] if subject_first else [first, *records]:
        yield {**fields, "study": study}


def subject_records(random: Random, people: list[str]) -> Iterator[Fields]:
    """Yield allocations and treatments; some subjects have none, so their cases do not count."""
    for number, subject_id in enumerate(people):
        arm = "ctl" if number % 3 == 2 else "act"
        start = random.randint(0, 12)
        if random.random() < 0.9:
            yield subject(subject_id, arm, known=start)
        if random.random() < 0.9:
            end = random.choice((None, None, start + 28))
            yield treatment(subject_id, arm, start, end)
        if random.random() < 0.2:
            yield tick(random.randint(10, STUDY_DAYS))


def draw_case(random: Random, number: int, people: list[str]) -> Fields:
    """Draw a case; every second one is DVT, a term of the group of clots."""
    term = random.choice(("DVT", "DVT", "DVT", "PE", "HEADACHE", "RASH"))
    day = random.randint(2, STUDY_DAYS)
    fields: Fields = {"system_organ_class": TERMS[term], "known": day}
    if random.random() < 0.3:
        fields["serious"] = True
    return event(f"case-{number}", random.choice(people), day, term, **fields)


def corrections(random: Random, people: list[str], cases: list[Fields]) -> Iterator[Fields]:
    """Yield follow-ups, conflicts, stale versions, nullifications, merges and refused records."""
    for number in range(random.randint(1, 8)):
        old = random.choice(cases)
        entity = f"{old['source']['system']}/{old['source']['id']}"
        match random.choice(("follow-up", "follow-up", "conflict", "void", "void", "merge", "odd")):
            case "follow-up":
                new = draw_case(random, 0, people)
                yield {**new, "source": {**old["source"], "version": random.randint(2, 4)}}
            case "conflict":
                yield {**old, "onset": iso_date(random.randint(0, STUDY_DAYS)), "severity": "mild"}
            case "void":
                yield retraction(f"void-{number}", entity, known=random.randint(20, STUDY_DAYS))
            case "merge":
                yield merge(f"same-{number}", "subject", *random.sample(people, 2))
            case _:
                yield random.choice(odd_records(number, old, people))


def odd_records(number: int, old: Fields, people: list[str]) -> list[Fields]:
    """Return records with refused contents, and one that ends the follow-up of a subject."""
    disposition: Fields = {
        "subject": people[0],
        "status": "lost",
        "date": iso_date(STUDY_DAYS - 10),
    }
    return [
        {**old, "seriuos": True},
        {
            **old,
            "known_at": f"{iso_date(900)}T10:00:00Z",
            "source": {**old["source"], "version": 9},
        },
        wire_record("disposition", f"edc/gone-{number}", known=STUDY_DAYS - 9, **disposition),
        treatment(people[0], "placebo", 3),
        wire_record(
            "dose",
            f"edc/dose-{number}",
            subject=people[-1],
            first_date=iso_date(9),
            last_date=iso_date(4),
        ),
    ]
