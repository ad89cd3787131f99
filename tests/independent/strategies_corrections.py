"""Adds corrections to a drawn trial: revisions, retractions, merges, collections and ticks."""

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
    """Add later versions of some *records*: dates move, terms are recoded, subjects change."""
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
    """Draw a later version of *old*, with one field or all fields drawn again."""
    who = old["subject"]
    # The identifier of a subject cannot be corrected, so its own record keeps it.
    if old["type"] != "subject" and draw_chance(draw, 15):
        who = draw(st.sampled_from(subjects))
    fresh = FIELD_STRATEGIES[old["type"]](draw, design, who, draw(st.integers(0, 60)))
    # A new start alone could be after the old end, so intervals get both again.
    if old["type"] not in {"treatment", "dose"} and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(fresh)))
        fresh = {**content_fields(old), name: fresh[name]}
    day = draw(st.integers(0, 150))
    return wire_record(old["type"], entity_of(old), known=day, version=version, **fresh)


def content_fields(record: Record) -> dict[str, Any]:
    """Return the fields of *record* that are not of the envelope."""
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
    """Add records about other records; with *acyclic* no merge can close a cycle."""
    add_collections(draw, records)
    add_subject_merges(draw, records, sorted(one_person), acyclic=acyclic)
    add_case_merges(draw, records, acyclic=acyclic)
    add_retractions(draw, records)
    records.extend(tick(day) for day in draw(st.lists(st.integers(20, 150), max_size=2)))


def add_collections(draw: st.DrawFn, records: list[Record]) -> None:
    """Add first days of collection for some terms, and corrections of them."""
    for kind, term in draw(st.lists(st.sampled_from(TERMS_COLLECTED), max_size=2, unique=True)):
        for version in range(1, draw(st.integers(1, 2)) + 1):
            day = draw(st.integers(0, 70))
            fields: dict[str, Any] = {"kind": kind, "term": term, "from": iso_date(day)}
            records.append(wire_record("collection", f"edc/from-{term}", version=version, **fields))


def add_subject_merges(
    draw: st.DrawFn, records: list[Record], one_person: list[str], *, acyclic: bool
) -> None:
    """Merge the subjects that are one person, each into an earlier one.

    Without *acyclic* the first may also be merged into one of them, which can close a cycle.
    """
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
    """Merge some cases into earlier ones; without *acyclic* also the reverse, for cycles."""
    cases = sorted({entity_of(record) for record in records if record["type"] == "adverse_event"})
    cases_merged = cases[: draw(st.sampled_from((0, 0, 2, 3)))]
    for index, duplicate in enumerate(cases_merged[1:], 1):
        into = draw(st.sampled_from(cases_merged[:index]))
        records.append(merge(f"twin-{index}", "case", duplicate, into))
        if not acyclic and draw_chance(draw, 25):
            records.append(merge(f"twin-{index}", "case", into, duplicate, version=2))
    if not acyclic and cases_merged and draw(st.booleans()):
        into = draw(st.sampled_from(cases_merged))
        records.append(merge("twin-circle", "case", cases_merged[0], into))


def add_retractions(draw: st.DrawFn, records: list[Record]) -> None:
    """Retract some entities, perhaps one that never comes, perhaps a retraction itself."""
    merges = {entity_of(record) for record in records if record["type"] == "merge"}
    entities = sorted({entity_of(record) for record in records} | {"edc/never"})
    for number in range(draw(st.integers(0, 3))):
        target = draw(st.sampled_from(entities))
        day = draw(st.integers(0, 150))
        records.append(retraction(f"void-{number}", target, known=day))
        # Restoring a retracted merge could close a cycle that no record was refused for.
        if target not in merges and draw_chance(draw, 25):
            records.append(retraction(f"restore-{number}", f"safety/void-{number}", known=day + 3))
