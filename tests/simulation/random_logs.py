"""Draws a small log of one partition: several trials, and everything a log must survive."""

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
"""Bytes that are no record of ours: each is set aside, and too many in a row stop all."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One record as the log holds it."""

    offset: int
    key: bytes | None
    value: bytes | None


def draw_log(random: Random) -> list[LogEntry]:
    """A log of some dozens of records; transaction markers occupy a few of its offsets."""
    studies = random.sample(STUDY_NAMES, random.choice((2, 2, 3)))
    courses = [with_board_moves(random, list(trial_records(random, study))) for study in studies]
    pairs = list(interleaved(random, courses))
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
    """One trial's records, and mostly a board that acts on what rings."""
    if random.random() < 0.3:
        return records
    return [loads(each) for each in with_reviews(map(encoded, records), random, share=0.15)]


def interleaved(random: Random, courses: list[list[Fields]]) -> Iterator[tuple[bytes, bytes]]:
    """The records of all *courses*, each trial's in its own order."""
    waiting = [course for course in courses if course]
    while waiting:
        one = random.choice(waiting)
        record = one.pop(0)
        yield key_and_value(record["study"], record)
        waiting = [course for course in waiting if course]


def key_and_value(study: str, record: Fields) -> tuple[bytes, bytes]:
    """Key and value of *record*, said of *study*."""
    return study.encode(), encoded({**record, "study": study})


def at_offsets(random: Random, pairs: list[tuple[bytes | None, bytes]]) -> list[LogEntry]:
    """The pairs at their offsets, with a gap now and then."""
    entries: list[LogEntry] = []
    offset = 0
    for key, value in pairs:
        offset += random.random() < 0.04
        entries.append(LogEntry(offset, key, value))
        offset += 1
    return entries


def stray_record(random: Random, studies: list[str]) -> tuple[bytes, bytes]:
    """A record that belongs to no row: poison, a wrong key, another partition, no plan."""
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
    """What is reported of one trial, in an order that a real log might have."""
    text = plan_text(groups=GROUPS, watches=WATCHES, jump="90").replace('"T1"', f'"{study}"')
    people = [f"S{number}" for number in range(1, random.randint(4, 7))]
    records = list(subject_records(random, people))
    cases = [draw_case(random, number, people) for number in range(random.randint(4, 10))]
    at = [random.randint(len(records) // 3, len(records)) for _ in cases]
    for index, one in sorted(zip(at, cases, strict=True), key=lambda pair: -pair[0]):
        records.insert(index, one)
    for fields in corrections(random, people, cases):
        records.insert(random.randint(len(records) // 2, len(records)), fields)
    if random.random() < 0.4:
        changed = text.replace("window_days = 0", f"window_days = {random.choice((7, 28))}")
        records.insert(random.randint(1, len(records)), plan(changed, version=2))
    first = plan(text)
    early = random.random() < 0.15
    for fields in [records[0], first, *records[1:]] if early else [first, *records]:
        yield {**fields, "study": study}


def subject_records(random: Random, people: list[str]) -> Iterator[Fields]:
    """Everybody is allocated and treated; a few are not, and their cases wait."""
    for number, who in enumerate(people):
        arm = "ctl" if number % 3 == 2 else "act"
        start = random.randint(0, 12)
        if random.random() < 0.9:
            yield subject(who, arm, known=start)
        if random.random() < 0.9:
            end = random.choice((None, None, start + 28))
            yield treatment(who, arm, start, end)
        if random.random() < 0.2:
            yield tick(random.randint(10, STUDY_DAYS))


def draw_case(random: Random, number: int, people: list[str]) -> Fields:
    """A case, more often of a clot than chance has it."""
    term = random.choice(("DVT", "DVT", "DVT", "PE", "HEADACHE", "RASH"))
    day = random.randint(2, STUDY_DAYS)
    more: Fields = {"system_organ_class": TERMS[term], "known": day}
    if random.random() < 0.3:
        more["serious"] = True
    return event(f"case-{number}", random.choice(people), day, term, **more)


def corrections(random: Random, people: list[str], cases: list[Fields]) -> Iterator[Fields]:
    """Follow-ups, conflicts, stale versions, retractions, merges, strange dates and words."""
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
    """Records that are refused for what they say, or that end somebody's follow-up."""
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
