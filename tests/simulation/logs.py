"""Draws a small log of one partition: several trials, and everything a log must survive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from orjson import loads

from streams.kafka.partitioner import partition_of
from streams.records.encode import wire as encoded
from tests.alerts.board_logs import boarded
from tests.independent.builders import (
    event,
    merge,
    on,
    plan,
    plan_text,
    retraction,
    subject,
    table,
    tick,
    treatment,
    wire,
)

Said = dict[str, Any]

PARTITION, PARTITIONS = 0, 2

NAMES = [name for name in map("TRIAL-{}".format, range(40)) if partition_of(name, 2) == PARTITION]
ELSEWHERE = next(name for name in map("OTHER-{}".format, range(9)) if partition_of(name, 2))

DAYS = 60
TERMS = {"DVT": "VASC", "PE": "VASC", "HEADACHE": "NERV", "RASH": "SKIN"}

WATCHES = "\n".join(
    (
        table(
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
        table(
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
        table(
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
        table("groups.clots", preferred_terms=["DVT", "PE"]),
        table("groups.serious", serious=True),
    )
)

POISON = (b"", b"{", b"\xff\xfe", b'{"schema":"trial.log/2"}', b'{"a":1,"a":2}', b"[1]")
"""Bytes that are no record of ours: each is set aside, and too many in a row stop all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as the log holds it."""

    offset: int
    key: bytes | None
    value: bytes | None


def drawn(random: Random) -> list[Entry]:
    """A log of some dozens of records; transaction markers occupy a few of its offsets."""
    studies = random.sample(NAMES, random.choice((2, 2, 3)))
    courses = [acted(random, list(course(random, study))) for study in studies]
    pairs = list(shuffled(random, courses))
    for _ in range(random.randint(0, 6)):
        pairs.insert(random.randint(0, len(pairs)), random.choice(pairs))
    for _ in range(random.randint(0, 4)):
        pairs.insert(random.randint(0, len(pairs)), stray(random, studies))
    if random.random() < 0.25:
        at = random.randint(0, len(pairs))
        pairs[at:at] = [(b"noise", random.choice(POISON)) for _ in range(random.randint(2, 5))]
    return laid_out(random, [*pairs, *(sent(study, tick(DAYS + 40)) for study in studies)])


def acted(random: Random, records: list[Said]) -> list[Said]:
    """One trial's records, and mostly a board that acts on what rings."""
    if random.random() < 0.3:
        return records
    return [loads(each) for each in boarded(map(encoded, records), random, share=0.15)]


def shuffled(random: Random, courses: list[list[Said]]) -> Iterator[tuple[bytes, bytes]]:
    """The records of all *courses*, each trial's in its own order."""
    waiting = [course for course in courses if course]
    while waiting:
        one = random.choice(waiting)
        record = one.pop(0)
        yield sent(record["study"], record)
        waiting = [course for course in waiting if course]


def sent(study: str, record: Said) -> tuple[bytes, bytes]:
    """Key and value of *record*, said of *study*."""
    return study.encode(), encoded({**record, "study": study})


def laid_out(random: Random, pairs: list[tuple[bytes | None, bytes]]) -> list[Entry]:
    """The pairs at their offsets, with a gap now and then."""
    entries: list[Entry] = []
    offset = 0
    for key, value in pairs:
        offset += random.random() < 0.04
        entries.append(Entry(offset, key, value))
        offset += 1
    return entries


def stray(random: Random, studies: list[str]) -> tuple[bytes, bytes]:
    """A record that belongs to no row: poison, a wrong key, another partition, no plan."""
    clock = tick(random.randint(1, DAYS))
    kind = random.choice(("poison", "poison", "key", "partition", "no plan"))
    match kind:
        case "key":
            return b"somebody", sent(random.choice(studies), clock)[1]
        case "partition":
            return sent(ELSEWHERE, clock)
        case "no plan":
            return sent(NAMES[-1] + "x" * (NAMES[-1] in studies), clock)
        case _:
            return random.choice(studies).encode(), random.choice(POISON)


def course(random: Random, study: str) -> Iterator[Said]:
    """What is reported of one trial, in an order that a real log might have."""
    text = plan_text(groups=GROUPS, watches=WATCHES, jump="90").replace('"T1"', f'"{study}"')
    people = [f"S{number}" for number in range(1, random.randint(4, 7))]
    records = list(arrivals(random, people))
    cases = [case(random, number, people) for number in range(random.randint(4, 10))]
    at = [random.randint(len(records) // 3, len(records)) for _ in cases]
    for place, one in sorted(zip(at, cases, strict=True), key=lambda pair: -pair[0]):
        records.insert(place, one)
    for said in corrections(random, people, cases):
        records.insert(random.randint(len(records) // 2, len(records)), said)
    if random.random() < 0.4:
        changed = text.replace("window_days = 0", f"window_days = {random.choice((7, 28))}")
        records.insert(random.randint(1, len(records)), plan(changed, version=2))
    first = plan(text)
    early = random.random() < 0.15
    for said in [records[0], first, *records[1:]] if early else [first, *records]:
        yield {**said, "study": study}


def arrivals(random: Random, people: list[str]) -> Iterator[Said]:
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
            yield tick(random.randint(10, DAYS))


def case(random: Random, number: int, people: list[str]) -> Said:
    """A case, more often of a clot than chance has it."""
    term = random.choice(("DVT", "DVT", "DVT", "PE", "HEADACHE", "RASH"))
    day = random.randint(2, DAYS)
    more: Said = {"system_organ_class": TERMS[term], "known": day}
    if random.random() < 0.3:
        more["serious"] = True
    return event(f"case-{number}", random.choice(people), day, term, **more)


def corrections(random: Random, people: list[str], cases: list[Said]) -> Iterator[Said]:
    """Follow-ups, conflicts, stale versions, retractions, merges, strange dates and words."""
    for number in range(random.randint(1, 8)):
        old = random.choice(cases)
        thing = f"{old['source']['system']}/{old['source']['id']}"
        match random.choice(("follow-up", "follow-up", "conflict", "void", "void", "merge", "odd")):
            case "follow-up":
                new = case(random, 0, people)
                yield {**new, "source": {**old["source"], "version": random.randint(2, 4)}}
            case "conflict":
                yield {**old, "onset": on(random.randint(0, DAYS)), "severity": "mild"}
            case "void":
                yield retraction(f"void-{number}", thing, known=random.randint(20, DAYS))
            case "merge":
                yield merge(f"same-{number}", "subject", *random.sample(people, 2))
            case _:
                yield random.choice(odd(number, old, people))


def odd(number: int, old: Said, people: list[str]) -> list[Said]:
    """Records that are refused for what they say, or that end somebody's follow-up."""
    gone: Said = {"subject": people[0], "status": "lost", "date": on(DAYS - 10)}
    return [
        {**old, "seriuos": True},
        {**old, "known_at": f"{on(900)}T10:00:00Z", "source": {**old["source"], "version": 9}},
        wire("disposition", f"edc/gone-{number}", known=DAYS - 9, **gone),
        treatment(people[0], "placebo", 3),
        wire("dose", f"edc/dose-{number}", subject=people[-1], first_date=on(9), last_date=on(4)),
    ]
