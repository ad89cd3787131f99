"""Tangle a drawn trial as life does: corrections, retractions, merges, collections, ticks."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.independent.builders import iso_date, merge, retraction, tick, wire_record
from tests.independent.recount_entities import entity_of
from tests.independent.strategies_plan import TrialDesign
from tests.independent.strategies_records import FIELD_STRATEGIES, draw_chance
from tests.independent.wire_records import Record

TERMS_COLLECTED = (
    ("preferred_term", "HEADACHE"),
    ("system_organ_class", "VASC"),
    ("group", "clots"),
    ("group", "serious"),
)


def add_revisions(
    draw: st.DrawFn, design: TrialDesign, records: list[Record], one_person: frozenset[str]
) -> None:
    """Add higher versions of some *records*: dates move, terms are recoded, subjects change."""
    originals = [
        record
        for record in records
        if record["type"] != "subject" or record["subject"] not in one_person
    ]
    subjects = sorted({str(record["subject"]) for record in records})
    latest = {entity_of(record): 1 for record in originals}
    for _ in range(draw(st.integers(0, 8)) if originals else 0):
        old = draw(st.sampled_from(originals))
        latest[entity_of(old)] += draw(st.sampled_from((1, 1, 2)))
        records.append(draw_revision(draw, design, old, subjects, latest[entity_of(old)]))


def draw_revision(
    draw: st.DrawFn, design: TrialDesign, old: Record, subjects: list[str], version: int
) -> Record:
    """A later version of *old*: one field changed, or everything said anew."""
    who = old["subject"]
    # A subject's own record stays with the subject, as an identifier cannot be corrected.
    if old["type"] != "subject" and draw_chance(draw, 15):
        who = draw(st.sampled_from(subjects))
    fresh = FIELD_STRATEGIES[old["type"]](draw, design, who, draw(st.integers(0, 60)))
    # One end of an interval alone could be moved beyond the other: say both anew.
    if old["type"] not in {"treatment", "dose"} and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(fresh)))
        fresh = {**content_fields(old), name: fresh[name]}
    day = draw(st.integers(0, 150))
    return wire_record(old["type"], entity_of(old), known=day, version=version, **fresh)


def content_fields(record: Record) -> dict[str, Any]:
    """The fields of *record* that are not of the envelope."""
    envelope = {"schema", "type", "study", "source", "known_at"}
    return {name: value for name, value in record.items() if name not in envelope}


def add_corrections(
    draw: st.DrawFn,
    records: list[Record],
    subjects: list[str],
    one_person: frozenset[str],
    *,
    acyclic: bool,
) -> None:
    """Add what speaks of other records; *calm* leaves out merges that may close a circle."""
    add_collections(draw, records)
    add_subject_merges(draw, records, sorted(one_person), acyclic=acyclic)
    add_case_merges(draw, records, acyclic=acyclic)
    add_retractions(draw, records)
    records.extend(tick(day) for day in draw(st.lists(st.integers(20, 150), max_size=2)))


def add_collections(draw: st.DrawFn, records: list[Record]) -> None:
    """Some terms are collected only from a day on, which may be corrected."""
    for kind, term in draw(st.lists(st.sampled_from(TERMS_COLLECTED), max_size=2, unique=True)):
        for version in range(1, draw(st.integers(1, 2)) + 1):
            day = draw(st.integers(0, 70))
            fields: dict[str, Any] = {"kind": kind, "term": term, "from": iso_date(day)}
            records.append(wire_record("collection", f"edc/from-{term}", version=version, **fields))


def add_subject_merges(
    draw: st.DrawFn, records: list[Record], one_person: list[str], *, acyclic: bool
) -> None:
    """Merge the subjects that are one person, each into an earlier one or, not calm, a later."""
    for index, who in enumerate(one_person[1:], 1):
        for version in range(1, draw(st.integers(1, 2)) + 1):
            into = draw(st.sampled_from(one_person[:index]))
            records.append(merge(f"same-{who}", "subject", who, into, version=version))
        if draw_chance(draw, 25):
            into = draw(st.sampled_from(one_person[:index]))
            records.append(merge(f"also-{who}", "subject", who, into))
    if not acyclic and one_person and draw(st.booleans()):
        into = draw(st.sampled_from(one_person))
        records.append(merge("circle", "subject", one_person[0], into))


def add_case_merges(draw: st.DrawFn, records: list[Record], *, acyclic: bool) -> None:
    """Merge a few cases into others; not calm, perhaps also the last of them into the first."""
    cases = sorted({entity_of(record) for record in records if record["type"] == "adverse_event"})
    chosen = cases[: draw(st.sampled_from((0, 0, 2, 3)))]
    for index, duplicate in enumerate(chosen[1:], 1):
        into = draw(st.sampled_from(chosen[:index]))
        records.append(merge(f"twin-{index}", "case", duplicate, into))
        if not acyclic and draw_chance(draw, 25):
            records.append(merge(f"twin-{index}", "case", into, duplicate, version=2))
    if not acyclic and chosen and draw(st.booleans()):
        into = draw(st.sampled_from(chosen))
        records.append(merge("twin-circle", "case", chosen[0], into))


def add_retractions(draw: st.DrawFn, records: list[Record]) -> None:
    """Retract a few things, perhaps one that never comes, perhaps a retraction itself."""
    merges = {entity_of(record) for record in records if record["type"] == "merge"}
    entities = sorted({entity_of(record) for record in records} | {"edc/never"})
    for number in range(draw(st.integers(0, 3))):
        target = draw(st.sampled_from(entities))
        day = draw(st.integers(0, 150))
        records.append(retraction(f"void-{number}", target, known=day))
        # A merge that a second thought revived could close a circle after the event.
        if target not in merges and draw_chance(draw, 25):
            records.append(retraction(f"restore-{number}", f"safety/void-{number}", known=day + 3))
